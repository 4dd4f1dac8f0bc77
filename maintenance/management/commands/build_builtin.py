"""Write the snapshot that page servers show before they have read anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from maintenance import pageserver
from maintenance.domain import snapshot as snapshots
from maintenance.publishing.builder import builtin_snapshot

BUILTIN = Path(pageserver.__path__[0]) / "builtin.json.gz"


class Command(BaseCommand):
    help = "Write the page server's built-in pages. `make` calls it."

    def handle(self, **options: Any) -> None:
        BUILTIN.write_bytes(snapshots.encode(builtin_snapshot()))
        if options["verbosity"]:
            self.stdout.write(f"Wrote {BUILTIN.name}.")
