"""Commands that go on until they are stopped, whatever fails meanwhile."""

from __future__ import annotations

import logging
import signal
import threading
from abc import ABC, abstractmethod
from types import FrameType

from django.db import Error as DatabaseError
from django.db import connection

# How long to wait after a failure.
RETRY_SECONDS = 1.0


class Watcher(ABC):
    """Looks again and again. What a look does is for those who derive from it."""

    every_seconds: float
    failures: tuple[type[Exception], ...] = (DatabaseError,)
    failed = "Failed: %s"
    mended = "It works again."

    def __init__(self, logger: logging.Logger) -> None:
        self.logger = logger
        self._stop = threading.Event()
        self._failure = ""

    @abstractmethod
    def look(self) -> None:
        """Do what is due, if anything is."""

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self._stop.is_set():
            self._stop.wait(self.turn())

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
