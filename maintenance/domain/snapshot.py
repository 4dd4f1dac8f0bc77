"""The published format: all that a page server needs, as values, bytes and a digest.

A snapshot holds finished parts. Documents are lists of strings in which every
second one names a slot; the page server joins them and never parses a template.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping  # the codec reads hints at run time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from maintenance.domain.codec import SnapshotFormatError, from_plain, to_plain
from maintenance.domain.kind import Kind
from maintenance.domain.site import Site
from maintenance.domain.soundness import DIGEST, check
from maintenance.domain.window import Window

FORMAT = 1
# What a reader unpacks at most: a small file may hold a very large one.
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
# What every reader of JSON takes exactly (RFC 8259, section 6), and databases too.
MAX_VERSION = 2**53 - 1
# So many publications nobody makes between two looks.
_MAX_STEP = 10**9


BUILTIN_REASON = 0
"""The id of the reason that speaks when the operators named none."""

Document: TypeAlias = tuple[str, ...]
"""Literal text and names of slots in turn, beginning and ending with a literal."""


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a reason in one language, finished."""

    title: str
    html: str
    plain: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why visitors see a page."""

    id: int
    slug: str
    kind: Kind
    status: int
    language: str
    texts: Mapping[str, Text]
    revision: int = 0
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a reason applies, and to which services; to all if everywhere."""

    id: int
    reason: int
    window: Window
    everywhere: bool = False
    services: tuple[str, ...] = ()
    keep_until_ended: bool = False
    revision: int = 0
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What visitors know by a name, and the selectors that find it.

    Any value of a selector may match; all selectors that have values must.
    """

    slug: str
    name: str
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    ingresses: tuple[str, ...] = ()
    kubernetes_services: tuple[str, ...] = ()
    reason: int | None = None
    theme: str = ""
    allows_cors: bool = False
    """Scripts of other origins may read its page."""


@dataclass(frozen=True, slots=True)
class Language:
    """The fixed words that a page server needs in one language."""

    direction: str
    months: tuple[str, ...]
    """Twelve dates with the places {day} and {year}: "{day} décembre {year}"."""
    moment: str
    """A date and a time: "{date} à {time} UTC"; the time is HH:MM."""
    kinds: Mapping[Kind, str]
    errors: Mapping[str, Text]
    """By status ("404") or class ("4xx"); both classes are there."""
    plain: Mapping[str, Document]
    """The plain text of a page, by state."""


@dataclass(frozen=True, slots=True)
class Theme:
    """How pages look: what all pages have in common, once, and the pages."""

    style: str
    script: str
    content_security_policy: str
    pages: Mapping[str, Mapping[str, Document]]
    """By language and state, with slots for the rest. No language is missing."""
    site: Site | None = None
    """Stands in place of the pages, but for those of errors."""


@dataclass(frozen=True, slots=True)
class Asset:
    """An uploaded file, stored under assets/<digest>/<name>."""

    digest: str
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the page server needs. Equal snapshots have equal bytes."""

    default_language: str
    default_reason: int
    theme: str
    reasons: tuple[Reason, ...]
    languages: Mapping[str, Language]
    themes: Mapping[str, Theme]
    """By slug; the built-in one has none."""
    services: tuple[Service, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    assets: tuple[Asset, ...] = ()
    portal: str = ""
    """Tells one portal's schedules from another's in the calendars of visitors."""
    format: int = field(default=FORMAT)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is live: the number of a publication and the digest of its snapshot."""

    version: int
    digest: str
    published_at: datetime
    format: int = field(default=FORMAT)

    def can_follow(self, version: int) -> bool:
        """Return whether a publisher can have numbered this after a version.

        If not, somebody else wrote it: with the highest number that there is, say,
        after which nobody could publish any more.
        """
        return self.version <= version + _MAX_STEP


def encode(snapshot: Snapshot) -> bytes:
    """Return the bytes to store. The same snapshot always gives the same bytes."""
    # A date inside the gzip header would make equal snapshots differ.
    return gzip.compress(_dump(to_plain(snapshot)), compresslevel=6, mtime=0)


def digest(data: bytes) -> str:
    """Return the SHA-256 of stored bytes in hex. It is the snapshot's name."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes) -> Snapshot:
    """Return the snapshot in stored bytes.

    Raises:
        SnapshotFormatError: it is cut short, damaged, too large, or of an
            unknown format.
    """
    # The last four bytes tell the unpacked size (RFC 1952, section 2.3.1): no
    # memory is spent on what says that it is too large, nor on what lies.
    size = int.from_bytes(data[-4:], "little")
    if size > MAX_UNPACKED_BYTES:
        raise SnapshotFormatError("The snapshot is damaged or too large.")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(data, size + 1)
    except zlib.error as exc:
        raise SnapshotFormatError(f"The snapshot is damaged: {exc}.") from exc
    if not unpacker.eof or unpacker.unused_data:
        raise SnapshotFormatError("The snapshot has not the length that it tells.")
    value = _load(plain, "snapshot")
    snapshot = from_plain(Snapshot, value)
    check(snapshot)
    return snapshot


def encode_pointer(pointer: Pointer) -> bytes:
    return _dump(to_plain(pointer))


def decode_pointer(data: bytes) -> Pointer:
    """Return the pointer in stored bytes.

    Raises:
        SnapshotFormatError: it is cut short, damaged, or of an unknown format.
    """
    pointer = from_plain(Pointer, _load(data, "pointer"))
    # It becomes part of a file's name.
    if not DIGEST.fullmatch(pointer.digest):
        raise SnapshotFormatError(f"The pointer's digest is {pointer.digest!r:.80}.")
    if not 0 < pointer.version <= MAX_VERSION:
        raise SnapshotFormatError(f"The pointer's version is {pointer.version!r:.80}.")
    return pointer


def _dump(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _load(data: bytes, what: str) -> Any:
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise SnapshotFormatError(f"The {what} is not JSON: {exc}.") from exc
    found = value.get("format") if isinstance(value, dict) else None
    if found != FORMAT:
        raise SnapshotFormatError(f"The {what} has format {found!r}, not {FORMAT}.")
    return value
