"""What a change through the API does next: publish, in the background.

A large portal takes most of a second to publish, and a program that sets a
reason should not wait for it. A small one is done before the answer is sent.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from maintenance.api.outages import briefly
from maintenance.models import Publication
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, publish_pending

logger = logging.getLogger(__name__)

# How long an answer waits for its publication, and for that of ?wait=true.
PROMPT_SECONDS = 0.1
WAIT_SECONDS = 20.0


class Queue:
    """One publication at a time, and at most one that waits for its turn.

    What waits when the portal is told to stop is still done, and what fails is
    left to the watcher.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish")
        self._lock = Lock()
        self._last: Future[Publication | None] | None = None

    def add(self) -> tuple[Future[Publication | None], bool]:
        """Return the publication that will show what is saved by now.

        And whether another one has to end before.
        """
        with self._lock:
            last = self._last
            is_behind = last is not None and not last.done()
            if last is None or last.running() or last.done():
                last = self._last = self._thread.submit(_publish)
            return last, is_behind


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether visitors see a change, in which publication, and if not, why."""

    publication: int | None = None
    note: str = "It is saved, and published in a moment."

    @property
    def is_published(self) -> bool:
        return self.publication is not None


_QUEUE = Queue()


def publish_soon(*, wait: bool) -> Outcome:
    """Publish what is saved, in the background; call it after the change.

    Waits for a tenth of a second, or for twenty seconds if told to wait, but not
    behind another publication.
    """
    queued: list[tuple[Future[Publication | None], bool]] = []
    transaction.on_commit(lambda: queued.append(_QUEUE.add()))
    if not queued:
        return Outcome()
    future, is_behind = queued[0]
    prompt = 0.0 if is_behind else PROMPT_SECONDS
    try:
        live = future.result(WAIT_SECONDS if wait else prompt)
    except TimeoutError:
        return Outcome()
    except (PublishError, DatabaseError) as exc:
        return Outcome(note=f"It is saved, but not published yet: {briefly(exc)}")
    return _outcome(live)


def _outcome(live: Publication | None) -> Outcome:
    if live is None:
        return Outcome()
    if live.rolled_back_to:
        return Outcome(
            note="Nothing is different from what was saved before: visitors go on "
            f"seeing publication {live.rolled_back_to} again."
        )
    return Outcome(publication=live.version, note="")


def _publish() -> Publication | None:
    try:
        publish_pending(current_store(), at=timezone.now())
        return Publication.objects.live()
    except PublishError as exc:
        logger.error("Not published: %s", exc)  # noqa: TRY400  a sentence, no trace
        raise
    finally:
        # The thread is not a request: nothing else would close it.
        connection.close()
