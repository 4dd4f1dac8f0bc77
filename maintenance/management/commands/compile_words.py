"""manage.py compile_words: write the .mo file beside each catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Compile the catalogues of visitors' words. Needs no gettext tools."
    # One of the checks fails until this command has run.
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        catalogues = [
            path
            for folder in settings.LOCALE_PATHS
            for path in sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))
        ]
        for path in catalogues:
            _compile(path)
        if options["verbosity"]:
            self.stdout.write(f"Compiled {len(catalogues)} catalogues.")


def _compile(path: Path) -> None:
    try:
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
    except (OSError, ValueError) as exc:
        raise CommandError(f"Cannot compile {path}: {exc}") from exc
