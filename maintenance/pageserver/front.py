"""The parent's internal listener: what all its workers say, as one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Protocol

from maintenance.pageserver import exposition
from maintenance.pageserver.exposition import family
from maintenance.pageserver.internal import JSON, PROMETHEUS, TEXT, answer
from maintenance.pageserver.line import Reply
from maintenance.pageserver.request import Answer
from maintenance.pageserver.totals import Totals

# For a client to ask, and for all workers to answer.
_CLIENT_SECONDS = 10.0
_END = b"\r\n\r\n"
_SILENT = "no answer\n"


class Worker(Protocol):
    """What is asked of a worker here."""

    number: int
    starts: int
    is_up: bool

    async def ask(self, target: str) -> Reply | None: ...


class Front:
    """Answers to probes, scrapers and operators, for all workers."""

    def __init__(self, workers: Sequence[Worker], stop: asyncio.Event) -> None:
        self.totals = Totals()
        self._workers = workers
        self._stop = stop

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one request of one client."""
        try:
            async with asyncio.timeout(_CLIENT_SECONDS):
                head = await reader.readuntil(_END)
                target = head.split(b" ", 2)[1].decode("latin-1")
                head, body = await self.respond(target)
                writer.write(b"%bConnection: close\r\n\r\n%b" % (head, body))
                await writer.drain()
        except (
            OSError,
            IndexError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            # Who sends something else, nothing, or goes away gets no answer.
            return
        finally:
            writer.close()

    async def respond(self, target: str) -> Answer:
        """Return the answer to a request."""
        match target.partition("?")[0]:
            case "/livez":
                return await self._health("/livez", "alive\n", skips_starting=True)
            case "/readyz" if self._stop.is_set():
                return answer(503, TEXT, "stopping\n")
            case "/readyz":
                return await self._health("/readyz", "ready\n", skips_starting=False)
            case "/metrics":
                return answer(200, PROMETHEUS, await self._metrics())
            case "/snapshot":
                return answer(200, JSON, json.dumps(await self._snapshot()) + "\n")
        return answer(404, TEXT, "There is nothing here.\n")

    async def _health(
        self, target: str, healthy: str, *, skips_starting: bool
    ) -> Answer:
        """Return whether all workers are well, and if not, who is not."""
        asked = [w for w in self._workers if w.is_up or not skips_starting]
        replies = await self._ask(target, asked)
        ill = [
            f"worker {worker.number}: {reply.text if reply else _SILENT}"
            for worker, reply in zip(asked, replies, strict=True)
            if reply is None or reply.status != 200
        ]
        return answer(503, TEXT, "".join(ill)) if ill else answer(200, TEXT, healthy)

    async def _metrics(self) -> str:
        starts = [worker.starts for worker in self._workers]
        replies = await self._ask("/metrics", self._workers)
        for worker, start, reply in zip(self._workers, starts, replies, strict=True):
            # One that has ended meanwhile was counted already, as it was before.
            if reply and worker.is_up and worker.starts == start:
                self.totals.note(worker.number, reply.text)
        return self.totals.text("".join(exposition.process_families()), self._own())

    def _own(self) -> str:
        up = sum(worker.is_up for worker in self._workers)
        restarts = sum(max(0, worker.starts - 1) for worker in self._workers)
        return family(
            "entracte_workers", "gauge", "Workers that serve.", [("", up)]
        ) + family(
            "entracte_worker_restarts_total",
            "counter",
            "Workers that ended by themselves and were started again.",
            [("", restarts)],
        )

    async def _snapshot(self) -> dict[str, Any]:
        """Return what the worker serves that is furthest behind, and each one."""
        replies = await self._ask("/snapshot", self._workers)
        each = [json.loads(reply.text) if reply else None for reply in replies]
        known = [found for found in each if found]
        behind: dict[str, Any] = min(
            known, key=lambda found: found["version"], default={}
        )
        return {**behind, "workers": each}

    async def _ask(self, target: str, workers: Sequence[Worker]) -> list[Reply | None]:
        return await asyncio.gather(*(worker.ask(target) for worker in workers))
