"""Publish what is saved, once or for as long as the process lives."""

from __future__ import annotations

import logging
import signal
import threading
from time import monotonic
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from maintenance.management import shell
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
# How long to wait after a failure; the storage's own time limits come on top.
RETRY_SECONDS = 1.0


class Command(BaseCommand):
    help = "Publish what is saved. With --watch, go on doing so until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "[options]")
        parser.add_argument("--watch", action="store_true", help="until SIGTERM")
        shell.add_actor(parser)

    def handle(self, **options: Any) -> None:
        if options["watch"]:
            Watcher(current_store()).run()
            return
        try:
            made = publish(
                current_store(), at=timezone.now(), author=shell.author_from(options)
            )
        except PublishError as exc:
            raise CommandError(
                f"Not published: {exc}", returncode=shell.EXIT_NOT_PUBLISHED
            ) from exc
        self.stdout.write(f"Visitors see publication {made.version}.")


class Watcher:
    """Publishes what is pending, and what the storage has lost."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._stop = threading.Event()
        self._verified_at: float | None = None
        self._failure = ""

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self._stop.is_set():
            self._stop.wait(self.turn())

    def turn(self) -> float:
        """Look once and publish if need be; return seconds until the next look."""
        try:
            self._publish_if_needed()
        except (PublishError, DatabaseError) as exc:
            self._note_failure(str(exc))
            # A broken connection would stay broken.
            connection.close()
            return RETRY_SECONDS
        self._note_failure("")
        return LOOK_SECONDS

    def _publish_if_needed(self) -> None:
        # Reading the whole snapshot back is not for every look.
        now = monotonic()
        due = self._verified_at is None or now - self._verified_at >= VERIFY_SECONDS
        if not due and not has_pending():
            return
        made = publish_pending(self._store, at=timezone.now())
        self._verified_at = now
        if made:
            logger.info("Published publication %d.", made.version)

    def _note_failure(self, failure: str) -> None:
        # Once when it begins and once when it ends, not four times a second.
        if failure and failure != self._failure:
            logger.error("Not published: %s", failure)
        elif self._failure and not failure:
            logger.info("Publishing works again.")
        self._failure = failure

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
