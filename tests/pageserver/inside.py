"""An internal listener's parts, which tests put into any state."""

from __future__ import annotations

from dataclasses import dataclass, field

from maintenance.pageserver.builtin import read_builtin
from maintenance.pageserver.connections import Connections, Limits
from maintenance.pageserver.internal import Internal
from maintenance.pageserver.metrics import Refreshes, Responses, Traffic
from maintenance.pageserver.request import Request
from maintenance.pageserver.responses import LivePages
from maintenance.pageserver.scrape import Scrape
from tests.pageserver.running import Hands


@dataclass
class Inside:
    """An internal listener without its socket."""

    responses: Responses = field(default_factory=Responses)
    refreshes: Refreshes = field(default_factory=Refreshes)
    hands: Hands = field(default_factory=Hands)
    seconds: float = 100.0

    def __post_init__(self) -> None:
        self.public = Connections(Limits(), Traffic())
        self.pages = LivePages(
            read_builtin(), clock=self.hands, responses=self.responses
        )
        scrape = Scrape(
            self.pages, self.public.traffic, self.responses, self.refreshes, self.hands
        )
        self.internal = Internal(
            self.pages,
            self.public,
            self.refreshes,
            scrape,
            started=100.0,
            clock=lambda: self.seconds,
        )

    def ask(self, target: str) -> tuple[int, str]:
        head, body = self.internal.respond(Request(b"GET", target, {}))
        return int(head.split(b" ")[1]), body.decode()

    def visit(self, target: str = "/", **headers: str) -> None:
        """Ask for a page, with header names written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages.respond(Request(b"GET", target, named))

    def samples(self, name: str) -> dict[str, float]:
        """Return the samples of a metric, by their labels as they are written."""
        found: dict[str, float] = {}
        for line in self.ask("/metrics")[1].splitlines():
            full, _, value = line.rpartition(" ")
            family, _, labels = full.partition("{")
            if family == name:
                found[labels.removesuffix("}")] = float(value)
        return found
