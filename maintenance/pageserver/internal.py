"""The internal listener: health, metrics, and which snapshot is served."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from maintenance.domain.codec import instant
from maintenance.pageserver import heads, metrics
from maintenance.pageserver.connections import Connections
from maintenance.pageserver.metrics import Refreshes
from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import LivePages
from maintenance.pageserver.scrape import Scrape, age_seconds
from maintenance.pageserver.shapes import Known

# A replica without the storage is better than none, but only once the storage
# had its time to answer.
_PATIENCE_SECONDS = 5.0

TEXT = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Internal:
    """Answers to probes, scrapers and operators. Visitors must not reach it."""

    pages: LivePages
    public: Connections
    refreshes: Refreshes
    scrape: Scrape
    started: float
    """`clock()` at the start."""
    clock: Callable[[], float] = monotonic

    def respond(self, request: Request) -> Answer:
        """Return the answer to a request on the internal listener."""
        match request.target.partition("?")[0]:
            case "/livez":
                return answer(200, TEXT, "alive\n")
            case "/readyz":
                return self._readiness()
            case "/metrics":
                return answer(200, PROMETHEUS, self.scrape.text())
            case "/snapshot":
                return answer(200, JSON, json.dumps(self._snapshot()) + "\n")
        return answer(404, TEXT, "There is nothing here.\n")

    def respond_known(self, known: Known) -> Answer:
        """Return the answer to a request whose head has a known shape."""
        shape, found = known
        return self.respond(shape.request(found))

    def _readiness(self) -> Answer:
        if self.public.is_draining:
            return answer(503, TEXT, "stopping\n")
        if self.refreshes.succeeded_at is not None:
            return answer(200, TEXT, "ready\n")
        if self.clock() - self.started < _PATIENCE_SECONDS:
            return answer(503, TEXT, "starting\n")
        source = self.pages.published.source.value
        return answer(200, TEXT, f"ready, with the {source} pages\n")

    def _snapshot(self) -> dict[str, object]:
        published = self.pages.published
        at = published.published_at
        checked_at = self.refreshes.succeeded_at
        return {
            "version": published.version,
            "digest": published.digest,
            "age_seconds": age_seconds(published),
            "published_at": instant(at) if at else None,
            "source": published.source.value,
            "checked_seconds_ago": (
                None if checked_at is None else round(metrics.now() - checked_at, 3)
            ),
            "problem": self.refreshes.cause or None,
        }


def answer(status: int, content_type: str, text: str) -> Answer:
    """Return an answer on the internal listener."""
    body = text.encode()
    head = heads.head(
        status,
        content_type=content_type,
        content_length=len(body),
        cache_control="no-store",
    )
    return head, body
