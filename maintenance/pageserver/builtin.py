"""The pages before anything was published, or where nothing can be read."""

from __future__ import annotations

import logging
from pathlib import Path

from maintenance.domain import snapshot as snapshots
from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.kind import Kind, State
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import (
    BUILTIN_REASON,
    Language,
    Reason,
    Snapshot,
    Text,
    Theme,
)
from maintenance.pageserver.published import Published, Source, decode_checked

logger = logging.getLogger(__name__)

FILE = Path(__file__).with_name("builtin.json.gz")

_TITLE = "This service is not available at the moment"
_DETAIL = "Please come back later."
_HTML = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>',
    "title",
    "</title><h1>",
    "title",
    "</h1>",
    "body",
    "<p>",
    "code",
    "</p></html>\n",
)


def read_builtin(file: Path = FILE) -> Published:
    """Return the built-in pages; in English and plain if their file is missing."""
    try:
        data = file.read_bytes()
        snapshot = decode_checked(data)
    except (OSError, SnapshotFormatError) as exc:
        logger.warning("The built-in pages are plain ones: %s", exc)
        snapshot = _plainest()
        data = snapshots.encode(snapshot)
    return Published(
        snapshot=snapshot,
        table=RoutingTable(snapshot),
        version=0,
        digest=snapshots.digest(data),
        published_at=None,
        source=Source.BUILT_IN,
        assets={},
    )


def _plainest() -> Snapshot:
    text = Text(_TITLE, f"<p>{_DETAIL}</p>", _DETAIL)
    theme = Theme(
        style="",
        script="",
        content_security_policy="default-src 'none'; frame-ancestors 'none'",
        pages={"en": {state.value: _HTML for state in State}},
    )
    plain = ("", "title", ".\n", "body", "\n")
    language = Language(
        direction="ltr",
        months=tuple(f"{{year}}-{month:02}-{{day}}" for month in range(1, 13)),
        moment="{date} {time} UTC",
        kinds={kind: kind.value.title() for kind in Kind},
        errors={"4xx": text, "5xx": text},
        plain={state.value: plain for state in State},
    )
    reason = Reason(
        id=BUILTIN_REASON,
        slug="built-in",
        kind=Kind.INCIDENT,
        status=503,
        language="en",
        texts={"en": text},
    )
    return Snapshot(
        default_language="en",
        default_reason=BUILTIN_REASON,
        theme="plainest",
        reasons=(reason,),
        languages={"en": language},
        themes={"plainest": theme},
    )
