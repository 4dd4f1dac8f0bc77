#!/usr/bin/env python
"""Django's command line. A setting that cannot be used is one sentence, no trace."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line
from django.db import Error as DatabaseError

from maintenance.management import database
from portal.env import SettingError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingError as exc:
        sys.exit(f"manage.py: {exc}")
    except DatabaseError as exc:
        sys.exit(f"manage.py: {database.sentence(exc)}")
    except KeyboardInterrupt:
        # As shells tell an end by Ctrl-C: 128 and the signal's number.
        sys.exit(130)


if __name__ == "__main__":
    main()
