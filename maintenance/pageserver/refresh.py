"""Following what is published, in a thread of its own.

Nothing here may hold up the event loop, and no failure changes what is served:
a publication is read, checked and prepared as a whole before it is handed over.
"""

from __future__ import annotations

import gc
import logging
import random
import threading
from collections.abc import Callable

from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.snapshot import Pointer, decode_pointer
from maintenance.pageserver.last_good import LastGood
from maintenance.pageserver.loading import Loader
from maintenance.pageserver.metrics import Refreshes, now
from maintenance.pageserver.published import Published, Source
from maintenance.publishing.store import MissingError, SnapshotStore, StoreError

logger = logging.getLogger(__name__)

# Replicas that started together would otherwise ask together for ever.
_JITTER = 0.1

Deliver = Callable[[Published], None]


class RefusedError(Exception):
    """What the storage has cannot replace what is served, which stays."""

    def __init__(self, cause: str, sentence: str) -> None:
        super().__init__(sentence)
        self.cause = cause


class Refresher:
    """Looks at the storage again and again, and hands over what is newer.

    `open_store` is called in the thread, because it imports the storage's SDK.
    `deliver` is called there too.
    """

    def __init__(
        self,
        open_store: Callable[[], SnapshotStore],
        deliver: Deliver,
        *,
        loader: Loader,
        last_good: LastGood,
        state: Refreshes,
    ) -> None:
        self._open_store = open_store
        self._deliver = deliver
        self._loader = loader
        self._last_good = last_good
        self._state = state
        self._store: SnapshotStore | None = None
        # What is served: nothing published has the version 0.
        self._version, self._digest = 0, ""
        self._served: Published | None = None
        # The pointer's tag when it was last dealt with, and what was wrong.
        self._tag: str | None = None
        self._refused: RefusedError | None = None
        self._is_stopping = self._is_reloading = False
        self._awake = threading.Event()
        self.has_begun = threading.Event()
        """Set once the last good publication was looked for."""

    def start(self, interval_seconds: float) -> None:
        """Begin to look at the storage, at once and then at an interval."""
        threading.Thread(
            target=self._run, args=(interval_seconds,), name="refresh", daemon=True
        ).start()

    def stop(self) -> None:
        """Look no more. A look that has begun may still end."""
        self._is_stopping = True
        self._awake.set()

    def reload(self) -> None:
        """Open the storage anew, with its keys as they are now, and look at once.

        The old one stays in use if that fails.
        """
        self._is_reloading = True
        self._awake.set()

    def _run(self, interval_seconds: float) -> None:
        self.restore()
        self.has_begun.set()
        while not self._is_stopping:
            self._awake.clear()
            self.turn()
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  no secret
            self._awake.wait(interval_seconds * jitter)

    def restore(self) -> None:
        """Serve the last good publication from the disk, if there is one."""
        try:
            if (data := self._last_good.read_pointer()) is None:
                return
            pointer = decode_pointer(data)
            blob = self._last_good.read_blob(pointer.digest)
            self._hand_over(pointer, blob, self._last_good, Source.DISK)
        except (OSError, SnapshotFormatError) as exc:
            logger.warning("The last good pages on the disk cannot be used: %s", exc)

    def turn(self) -> None:
        """Look once. Whatever happens, visitors get the old pages or the new ones."""
        try:
            self._look()
        except RefusedError as exc:
            self._note(exc.cause, exc)
        except MissingError as exc:
            self._note("missing", exc)
        except StoreError as exc:
            self._note("storage", exc)
        except Exception as exc:  # noqa: BLE001  the thread must outlive any surprise
            self._note("unexpected", exc)
        else:
            self._note("", None)

    def _look(self) -> None:
        if self._store is None or self._is_reloading:
            self._is_reloading = False
            self._store = self._open_store()
            self._tag = self._refused = None
            _free_what_was_replaced()
        found = self._store.read_pointer(self._tag)
        if found is None:
            if self._refused:
                raise self._refused
            return
        data, tag = found
        try:
            self._follow(data, self._store)
        except RefusedError as exc:
            # The same bytes will be refused again: wait until they change.
            self._tag, self._refused = tag, exc
            raise
        self._tag, self._refused = tag, None

    def _follow(self, data: bytes, store: SnapshotStore) -> None:
        try:
            pointer = decode_pointer(data)
        except SnapshotFormatError as exc:
            raise RefusedError("format", str(exc)) from exc
        if (pointer.version, pointer.digest) == (self._version, self._digest):
            return
        if pointer.version <= self._version:
            raise RefusedError(
                "older",
                f"The storage has publication {pointer.version}, "
                f"but {self._version} is served already.",
            )
        # Without a publication of its own it has to take any.
        if self._version and not pointer.can_follow(self._version):
            raise RefusedError(
                "format",
                f"The storage has publication {pointer.version}, which cannot come "
                f"after {self._version}: no publisher wrote it.",
            )
        blob = store.read_blob(pointer.digest)
        try:
            published = self._hand_over(pointer, blob, store, Source.STORAGE)
        except SnapshotFormatError as exc:
            raise RefusedError("format", str(exc)) from exc
        self._keep(data, blob, published)

    def _hand_over(
        self,
        pointer: Pointer,
        blob: bytes,
        reader: SnapshotStore | LastGood,
        source: Source,
    ) -> Published:
        published = self._loader.load(pointer, blob, reader, source, self._served)
        self._served = published
        self._version, self._digest = pointer.version, pointer.digest
        self._deliver(published)
        self._state.swaps += 1
        # A publication lives long and has no cycles: the collector need not
        # look at its objects again and again. What is replaced is still freed.
        gc.freeze()
        logger.info(
            "Serving publication %d (%.12s) from %s.",
            published.version,
            published.digest,
            source.value,
        )
        return published

    def _keep(self, pointer: bytes, blob: bytes, published: Published) -> None:
        try:
            self._last_good.write(pointer, published.digest, blob, published.files())
        except OSError as exc:
            self._state.failures["disk"] += 1
            logger.warning("The last good pages cannot be kept on the disk: %s", exc)

    def _note(self, cause: str, exc: Exception | None) -> None:
        """Count every failure, but log only where one begins or ends."""
        before, self._state.cause = self._state.cause, cause
        if exc is None:
            self._state.succeeded_at = now()
            if before:
                logger.info("The storage can be followed again.")
            return
        self._state.failures[cause] += 1
        if cause != before:
            logger.log(
                # Before the first publication that is how things are.
                logging.WARNING if cause == "missing" else logging.ERROR,
                "Still serving publication %d: %s",
                self._version,
                exc,
                exc_info=exc if cause == "unexpected" else None,
            )


def _free_what_was_replaced() -> None:
    """Collect what is unreachable, also of what was frozen with a publication.

    An SDK's client is full of cycles and takes 12 MiB (measured 2026-11, boto3
    1.44). The event loop waits for this, so it is for rare occasions.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
