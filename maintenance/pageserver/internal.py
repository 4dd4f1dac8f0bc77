"""The internal listener: health, metrics, and which snapshot is served."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

from maintenance.domain.codec import instant
from maintenance.pageserver import heads, metrics
from maintenance.pageserver.connections import Connections
from maintenance.pageserver.metrics import Refreshes, Responses, family
from maintenance.pageserver.published import Published
from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import LivePages
from maintenance.pageserver.shapes import Shape

# A replica without the storage is better than none, but only once the storage
# had its time to answer.
_PATIENCE_SECONDS = 5.0

_TEXT = "text/plain; charset=utf-8"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Internal:
    """Answers to probes, scrapers and operators. Visitors must not reach it."""

    pages: LivePages
    public: Connections
    responses: Responses
    refreshes: Refreshes
    started: float
    """`clock()` at the start."""
    clock: Callable[[], float] = monotonic

    def respond(self, request: Request) -> Answer:
        """Return the answer to a request on the internal listener."""
        match request.target.partition("?")[0]:
            case "/livez":
                return _answer(200, _TEXT, "alive\n")
            case "/readyz":
                return self._readiness()
            case "/metrics":
                return _answer(200, _PROMETHEUS, "".join(self._families()))
            case "/snapshot":
                return _answer(200, _JSON, json.dumps(self._snapshot()) + "\n")
        return _answer(404, _TEXT, "There is nothing here.\n")

    def respond_known(self, shape: Shape, found: re.Match[bytes]) -> Answer:
        """Return the answer to a request whose head has a known shape."""
        return self.respond(shape.request(found))

    def _readiness(self) -> Answer:
        if self.public.is_draining:
            return _answer(503, _TEXT, "stopping\n")
        if self.refreshes.succeeded_at is not None:
            return _answer(200, _TEXT, "ready\n")
        if self.clock() - self.started < _PATIENCE_SECONDS:
            return _answer(503, _TEXT, "starting\n")
        source = self.pages.published.source.value
        return _answer(200, _TEXT, f"ready, with the {source} pages\n")

    def _snapshot(self) -> dict[str, object]:
        published = self.pages.published
        at = published.published_at
        checked_at = self.refreshes.succeeded_at
        return {
            "version": published.version,
            "digest": published.digest,
            "age_seconds": _age_seconds(published),
            "published_at": instant(at) if at else None,
            "source": published.source.value,
            "checked_seconds_ago": (
                None if checked_at is None else round(metrics.now() - checked_at, 3)
            ),
            "problem": self.refreshes.cause or None,
        }

    def _families(self) -> Iterator[str]:
        public, published = self.public.traffic, self.pages.published
        yield family(
            "entracte_responses_total",
            "counter",
            "Answers by address, format, status and flow.",
            self.responses.samples(),
        )
        yield metrics.histogram(
            "entracte_response_seconds", "From parsed to handed over.", public
        )
        for name, kind, about, value in (
            ("connections", "gauge", "Open connections.", public.connections),
            ("connections_total", "counter", "Accepted so far.", public.accepted),
            ("snapshot_version", "gauge", "Served publication.", published.version),
            ("snapshot_age_seconds", "gauge", "Its age.", _age_seconds(published)),
            ("snapshot_swaps_total", "counter", "Taken over.", self.refreshes.swaps),
            (
                "refresh_succeeded_timestamp_seconds",
                "gauge",
                "When the storage was last found in order.",
                self.refreshes.succeeded_at,
            ),
        ):
            samples = [] if value is None else [("", value)]
            yield family(f"entracte_{name}", kind, about, samples)
        for name, about, counter in (
            ("rejected_total", "Clients turned away.", public.rejected),
            ("refresh_failures_total", "Failed looks.", self.refreshes.failures),
        ):
            samples = metrics.counted(counter)
            yield family(f"entracte_{name}", "counter", about, samples)
        yield from metrics.process_families()


def _age_seconds(published: Published) -> float | None:
    if published.published_at is None:
        return None
    return round(metrics.now() - published.published_at.timestamp(), 3)


def _answer(status: int, content_type: str, text: str) -> Answer:
    body = text.encode()
    head = heads.head(
        status,
        content_type=content_type,
        content_length=len(body),
        cache_control="no-store",
    )
    return head, body
