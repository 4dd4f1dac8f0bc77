"""A plugin that pytest loads first: settings that touch nothing of the machine's."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

for name in tuple(os.environ):
    if name.startswith(("AWS_", "PORTAL_", "PAGE_", "SNAPSHOT_")):
        del os.environ[name]

_folder = tempfile.mkdtemp(prefix="entracte-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ |= {
    "PORTAL_DATA_DIR": _folder,
    "PORTAL_SECRET_KEY": "a key for tests that signs nothing of value",
    "PORTAL_HTTPS": "false",
}
