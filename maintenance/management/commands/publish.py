"""Publish what is saved, once or for as long as the process lives."""

from __future__ import annotations

import logging
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from maintenance.management import shell
from maintenance.management.printing import Printer, add_json
from maintenance.management.watching import HeartbeatError, Watcher
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import (
    PublishError,
    has_pending,
    publish,
    publish_pending,
)
from maintenance.publishing.store import SnapshotStore

logger = logging.getLogger(__name__)

# How often the database is asked for changes: two small queries.
LOOK_SECONDS = 0.25
# How often the storage is read to see that it still holds what was published.
VERIFY_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Publish what is saved. With --watch, go on doing so until stopped. "
        "Exit status: 0 published, 1 or 2 not understood, 3 not published."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "[options]")
        parser.add_argument("--watch", action="store_true", help="until SIGTERM")
        parser.add_argument(
            "--heartbeat",
            type=Path,
            metavar="FILE",
            help="touched by --watch after each look, for a probe that asks its age",
        )
        shell.add_actor(parser)
        add_json(parser)

    def handle(self, **options: Any) -> None:
        heartbeat: Path | None = options["heartbeat"]
        if options["watch"]:
            self._watch(heartbeat)
            return
        if heartbeat:
            raise CommandError("--heartbeat needs --watch.", returncode=2)
        try:
            made = publish(
                current_store(), at=timezone.now(), author=shell.author_from(options)
            )
        except PublishError as exc:
            raise CommandError(
                f"Not published: {exc}", returncode=shell.EXIT_NOT_PUBLISHED
            ) from exc
        printer = Printer(self, as_json=options["json"])
        printer.say(f"Visitors see publication {made.version}.")
        printer.result({"publication": made.version, "digest": made.digest})

    def _watch(self, heartbeat: Path | None) -> None:
        try:
            PublishingWatcher(current_store(), heartbeat).run()
        except HeartbeatError as exc:
            raise CommandError(f"--heartbeat {exc}", returncode=2) from exc


class PublishingWatcher(Watcher):
    """Publishes what is pending, and what the storage has lost."""

    every_seconds = LOOK_SECONDS
    failures = (PublishError, DatabaseError)
    failed = "Not published: %s"
    mended = "Publishing works again."

    def __init__(self, store: SnapshotStore, heartbeat: Path | None = None) -> None:
        super().__init__(logger, heartbeat)
        self._store = store
        self._verified_at: float | None = None

    def look(self) -> None:
        """Publish if need be."""
        # Reading the whole snapshot back is not for every look.
        now = monotonic()
        due = self._verified_at is None or now - self._verified_at >= VERIFY_SECONDS
        if not due and not has_pending():
            return
        made = publish_pending(self._store, at=timezone.now())
        self._verified_at = now
        if made:
            self.logger.info("Published publication %d.", made.version)
