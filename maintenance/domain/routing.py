"""Which reason speaks for a request at an instant: the one place with that rule.

Of the schedules whose window is open and whose services match, the most specific
selection wins (host with path > exact host > wildcard host > ingress or service
> namespace > everywhere), then the graver kind, then the later start, then the
higher id. If none is open: the service's own default reason, then the portal's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from operator import le
from urllib.parse import quote

from maintenance.domain.agenda import Agendas, Planned
from maintenance.domain.asked import Asked
from maintenance.domain.kind import State
from maintenance.domain.snapshot import Reason, Schedule, Service, Snapshot
from maintenance.domain.timeline import Claim, Timeline, claim

# 502 to 504 say that the service is away, which is what a reason explains; any
# other code is the service's own answer and keeps its meaning.
_AWAY = frozenset({502, 503, 504})

Key = tuple[str, str, str, str, str]
"""Host, path, namespace, ingress, Kubernetes service; empty matches anything."""
Shape = tuple[bool, bool, bool, bool, bool]
"""Which parts of a key are not empty."""
Specificity = tuple[int, bool, int, int, int]
"""Class as in the rule, exact host, labels of the host, length of the path, parts."""

_ANYTHING = ("",)
_SENT_AS_IT_IS = "/%:@!$&'()*+,;=~|{}^`"
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Decision:
    """Who speaks, for which service, and what can be said about time."""

    reason: Reason
    state: State
    service: Service | None = None
    schedule: Schedule | None = None
    code: int | None = None
    """The code of an error page, or None where a reason speaks."""
    is_away: bool = False
    """Nothing is scheduled, but the ingress says that the service does not answer."""
    upcoming: tuple[Planned, ...] = ()
    """The next windows, where a representation tells them: see domain/plan.py."""


@dataclass(frozen=True, slots=True)
class _Match:
    specificity: Specificity
    service: Service
    timeline: Timeline


class RoutingTable:
    """The rule above over one snapshot, prepared so that an answer is look-ups.

    Its cost depends on how many kinds of selection are in use (at most 48),
    not on how many services, schedules or reasons there are.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.reasons = {reason.id: reason for reason in snapshot.reasons}
        self.default = self.reasons[snapshot.default_reason]
        self._everywhere, timelines = self._timelines(snapshot.schedules)
        self.agendas = Agendas(snapshot.schedules, self.reasons)
        self._entries: dict[Key, list[_Match]] = defaultdict(list)
        self._by_slug: dict[str, _Match] = {}
        for service in snapshot.services:
            timeline = timelines.get(service.slug, Timeline(()))
            self._by_slug[service.slug] = _Match((9, True, 0, 0, 0), service, timeline)
            for key in _keys(service):
                match = _Match(_specificity(key), service, timeline)
                self._entries[key].append(match)
        self._hosts = _names(key[0] for key in self._entries)
        self._shapes = sorted({_shape(key) for key in self._entries}, reverse=True)
        self._paths = _names(key[1] for key in self._entries)
        self._edges = _edges(snapshot.schedules)
        self._depths = _depths(key[1] for key in self._entries)
        self._labels = _wildcard_labels(self._hosts)

    def resolve(self, asked: Asked, at: datetime) -> Decision:
        """Return who speaks for a request at an aware datetime."""
        matches = self._matches(asked)
        service = matches[0].service if matches else None
        if winner := self._winner(matches, at):
            schedule = winner.schedule
            reason = self.reasons[schedule.reason]
            return Decision(reason, _state(schedule, at), service, schedule)
        reason = self._default_reason(matches)
        if asked.code is None or asked.code in _AWAY:
            is_away = asked.code is not None
            return Decision(reason, State.IDLE, service, is_away=is_away)
        return Decision(reason, State.ERROR, service, code=asked.code)

    def services(self, asked: Asked) -> list[Service]:
        """Return the services that a request matches, the most specific first."""
        return [match.service for match in self._matches(asked)]

    def unchanged_between(self, at: datetime) -> tuple[datetime, datetime]:
        """Return the span of time around an instant in which nothing changes.

        Within it, start in and end out, equal requests have equal decisions.
        """
        place = bisect_right(self._edges, at)
        return self._edges[place - 1], self._edges[place]

    @property
    def reads_paths(self) -> bool:
        """Return whether any path decides."""
        return bool(self._depths)

    def longest_prefix(self, path: str) -> str:
        """Return the part of a path that decides, which mostly is none of it.

        The longest prefix in use that covers it says which shorter ones do.
        """
        if not self._depths:
            return ""
        covering = (name for name in self._prefixes(path) if name in self._paths)
        return next(covering, "")

    def knows_host(self, host: str) -> bool:
        """Return whether any service is selected by this host."""
        return bool(self._known_hosts(host))

    def _timelines(
        self, schedules: Iterable[Schedule]
    ) -> tuple[Timeline, dict[str, Timeline]]:
        everywhere: list[Claim] = []
        by_service: dict[str, list[Claim]] = defaultdict(list)
        for schedule in schedules:
            each = claim(schedule, self.reasons[schedule.reason].kind)
            if schedule.everywhere:
                everywhere.append(each)
            for slug in dict.fromkeys(schedule.services):
                by_service[slug].append(each)
        return Timeline(everywhere), {
            slug: Timeline(claims) for slug, claims in by_service.items()
        }

    def _winner(self, matches: list[_Match], at: datetime) -> Claim | None:
        best: tuple[Specificity, Claim] | None = None
        for match in matches:
            if best is not None and match.specificity < best[0]:
                break
            found = match.timeline.winner(at)
            if found and (best is None or found.rank > best[1].rank):
                best = (match.specificity, found)
        return best[1] if best else self._everywhere.winner(at)

    def _default_reason(self, matches: list[_Match]) -> Reason:
        for match in matches:
            if match.service.reason is not None:
                return self.reasons[match.service.reason]
        return self.default

    def _matches(self, asked: Asked) -> list[_Match]:
        """Return the services that match, the most specific first."""
        if asked.slug:
            named = self._by_slug.get(asked.slug)
            return [named] if named else []
        host = asked.host
        if asked.forwarded_host and not self.knows_host(host):
            host = asked.forwarded_host
        hosts = self._known_hosts(host)
        said = (
            bool(hosts),
            True,
            bool(asked.namespace),
            bool(asked.ingress),
            bool(asked.kubernetes_service),
        )
        found = [
            match
            for shape in self._shapes
            # What was not said matches no key that says something: with many
            # kinds of selection in use, most end here.
            if all(map(le, shape, said))
            for key in self._candidates(shape, hosts, asked)
            for match in self._entries.get(key, ())
        ]
        if len(found) > 1:
            found.sort(key=lambda m: (m.specificity, m.service.slug), reverse=True)
        return found

    def _candidates(
        self, shape: Shape, hosts: list[str], asked: Asked
    ) -> Iterable[Key]:
        has_host, has_path, has_namespace, has_ingress, has_service = shape
        return product(
            hosts if has_host else _ANYTHING,
            self._prefixes(asked.path) if has_path else _ANYTHING,
            (asked.namespace,) if has_namespace else _ANYTHING,
            (asked.ingress,) if has_ingress else _ANYTHING,
            (asked.kubernetes_service,) if has_service else _ANYTHING,
        )

    def _known_hosts(self, host: str) -> list[str]:
        """Return the host and the wildcards that cover it, as far as they are in use."""
        known = [host] if host in self._hosts else []
        if self._labels:
            known += [name for name in self._wildcards(host) if name in self._hosts]
        return known

    def _wildcards(self, host: str) -> Iterator[str]:
        """Yield the wildcards in use that could cover a host."""
        labels = host.rsplit(".", max(self._labels, default=0))
        for count in self._labels:
            # A wildcard stands for at least one label (RFC 9525, section 6.3,
            # allows one; Gateway API's hostnames allow more, as is done here).
            if len(labels) > count:
                yield "*." + ".".join(labels[-count:])

    def _prefixes(self, path: str) -> list[str]:
        """Return the prefixes in use that could cover a path, whole elements only."""
        elements = path.split("/", max(self._depths, default=0) + 1)[1:]
        return [
            "/" + "/".join(elements[:depth])
            for depth in self._depths
            if depth <= len(elements)
        ]


def _keys(service: Service) -> Iterator[Key]:
    selectors = (
        service.hosts,
        service.paths,
        service.namespaces,
        service.ingresses,
        service.kubernetes_services,
    )
    if any(selectors):
        for host, path, namespace, ingress, name in product(
            *(values or ("",) for values in selectors)
        ):
            # Paths arrive as clients send them (RFC 3986, section 2).
            path = quote(path, safe=_SENT_AS_IT_IS)
            yield (host.lower(), path.rstrip("/") or path, namespace, ingress, name)


def _shape(key: Key) -> Shape:
    host, path, namespace, ingress, service = map(bool, key)
    return (host, path, namespace, ingress, service)


def _specificity(key: Key) -> Specificity:
    host, path, namespace, ingress, service = key
    exact = bool(host) and not host.startswith("*.")
    if host and path:
        rank = 6
    elif host:
        rank = 5 if exact else 4
    elif ingress or service:
        rank = 3
    else:
        # A path alone says less than the rule's classes, yet more than nothing.
        rank = 2 if namespace else 1
    labels = host.count(".") if host else 0
    return (rank, exact, labels, len(path), sum(map(bool, key)))


def _state(schedule: Schedule, at: datetime) -> State:
    closes_at = schedule.window.closes_at
    if closes_at is None:
        return State.OPEN
    return State.UNTIL if at < closes_at else State.OVERRUN


def _edges(schedules: Iterable[Schedule]) -> list[datetime]:
    edges = {_BEGINNING, _END}
    for schedule in schedules:
        edges.add(schedule.window.opens_at)
        if schedule.window.closes_at is not None:
            edges.add(schedule.window.closes_at)
    return sorted(edges)


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if name)


def _depths(paths: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({_depth(path) for path in paths if path}, reverse=True))


def _depth(path: str) -> int:
    return 0 if path == "/" else path.count("/")


def _wildcard_labels(hosts: Iterable[str]) -> tuple[int, ...]:
    counts = {host.count(".") for host in hosts if host.startswith("*.")}
    return tuple(sorted(counts, reverse=True))
