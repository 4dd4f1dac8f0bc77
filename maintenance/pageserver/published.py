"""A publication as a page server holds it: decoded, checked, ready for look-ups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import product

from maintenance.domain import snapshot as snapshots
from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.kind import Kind, State
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import SLOTS, Asset, Document, Language, Snapshot

# Answers with these have no body (RFC 9110, section 6.4.1).
_WITHOUT_BODY = frozenset({204, 205, 304})


class Source(Enum):
    """Where a publication was read."""

    STORAGE = "storage"
    DISK = "disk"
    BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot with its table, and which publication it is."""

    snapshot: Snapshot
    table: RoutingTable
    version: int
    digest: str
    published_at: datetime | None
    source: Source
    assets: Mapping[str, tuple[Asset, bytes]]
    """By "<digest>/<name>"; those that fit into memory."""


def decode_checked(data: bytes) -> Snapshot:
    """Return the snapshot in stored bytes, of which every page can be made.

    Raises:
        SnapshotFormatError: it cannot be decoded, or a part of it is missing.
    """
    snapshot = snapshots.decode(data)
    for problem in _problems(snapshot):
        raise SnapshotFormatError(f"The snapshot {problem}.")
    return snapshot


def _problems(snapshot: Snapshot) -> Iterator[str]:
    for reason in snapshot.reasons:
        if not 200 <= reason.status <= 599 or reason.status in _WITHOUT_BODY:
            yield f"has a reason with the status {reason.status}"
    for tag, language in snapshot.languages.items():
        for problem in _language_problems(language):
            yield f"{problem} in the language {tag!r}"
    for theme, shells in snapshot.shells.items():
        for tag, state in product(snapshot.languages, State):
            shell = shells.get(tag, {}).get(state.value)
            if shell is None or not _is_usable(shell.document):
                yield f"has no usable page {state.value!r} of {theme!r} in {tag!r}"


def _language_problems(language: Language) -> Iterator[str]:
    if len(language.months) != 12:
        yield "names not 12 months"
    if not {"4xx", "5xx"} <= language.errors.keys():
        yield "lacks the words for errors"
    if not set(Kind) <= language.kinds.keys():
        yield "lacks the name of a kind"
    for state in State:
        if not _is_usable(language.plain.get(state.value, ())):
            yield f"lacks the plain text for {state.value!r}"


def _is_usable(document: Document) -> bool:
    return len(document) % 2 == 1 and SLOTS.issuperset(document[1::2])
