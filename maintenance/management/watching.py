"""Commands that go on until they are stopped, whatever fails meanwhile."""

from __future__ import annotations

import logging
import signal
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from types import FrameType

from django.db import Error as DatabaseError
from django.db import connection

# How long to wait after a failure.
RETRY_SECONDS = 1.0


class HeartbeatError(Exception):
    """The heartbeat's file cannot be touched."""


class Watcher(ABC):
    """Looks again and again. What a look does is for those who derive from it."""

    every_seconds: float
    failures: tuple[type[Exception], ...] = (DatabaseError,)
    failed = "Failed: %s"
    mended = "It works again."

    def __init__(self, logger: logging.Logger, heartbeat: Path | None = None) -> None:
        self.logger = logger
        self._heartbeat = heartbeat
        self._stop = threading.Event()
        self._failure = ""

    @abstractmethod
    def look(self) -> None:
        """Do what is due, if anything is."""

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT.

        Raises:
            HeartbeatError: its file cannot be touched.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        # A file from before a restart would look like a watcher that hangs.
        self.beat()
        while not self._stop.is_set():
            seconds = self.turn()
            # After failures too: a new process would not mend what failed.
            self.beat()
            self._stop.wait(seconds)

    def beat(self) -> None:
        """Touch the file that shows a probe that this goes on, if there is one."""
        if self._heartbeat is None:
            return
        try:
            self._heartbeat.touch()
        except OSError as exc:
            raise HeartbeatError(f"{self._heartbeat}: {exc.strerror}.") from exc

    def turn(self) -> float:
        """Look once; return seconds until the next look."""
        try:
            self.look()
        except self.failures as exc:
            self._note_failure(str(exc))
            # A broken connection would stay broken.
            connection.close()
            return RETRY_SECONDS
        self._note_failure("")
        return self.every_seconds

    def _note_failure(self, failure: str) -> None:
        # Once when it begins and once when it ends, not at every look.
        if failure and failure != self._failure:
            self.logger.error(self.failed, failure)
        elif self._failure and not failure:
            self.logger.info(self.mended)
        self._failure = failure

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
