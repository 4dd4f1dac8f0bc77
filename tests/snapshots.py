"""Snapshots with fixed values, for every test that needs one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from maintenance.domain import snapshot as snapshots
from maintenance.domain.kind import Kind, State
from maintenance.domain.snapshot import (
    Language,
    Pointer,
    Reason,
    Schedule,
    Service,
    Snapshot,
    Text,
    Theme,
)
from maintenance.domain.window import Window

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

POLICY = "default-src 'none'; style-src 'sha256-abc'"


def make_text(words: str) -> Text:
    return Text(title=words, html=f"<p>{words}, in detail</p>", plain=f"{words}: more")


def make_reason(**changes: Any) -> Reason:
    reason = Reason(
        id=1,
        slug="upgrade",
        kind=Kind.PLANNED,
        status=503,
        language="en",
        texts={"en": make_text("Upgrade"), "fr": make_text("Mise à jour")},
        revision=7,
    )
    return replace(reason, **changes)


def make_schedule(**changes: Any) -> Schedule:
    schedule = Schedule(
        id=1, reason=1, window=Window(NOON, NOON + HOUR), everywhere=True, revision=3
    )
    return replace(schedule, **changes)


def make_service(**changes: Any) -> Service:
    service = Service(slug="shop", name="Shop & Co", hosts=("shop.example.com",))
    return replace(service, **changes)


def make_language(tag: str) -> Language:
    return Language(
        direction="ltr",
        months=tuple(f"{{day}}.{month}.{{year}}" for month in range(1, 13)),
        moment="{date} {time} UTC",
        kinds={kind: f"{kind.value.lower()} ({tag})" for kind in Kind},
        errors={
            code: make_text(f"Error {code} ({tag})") for code in ("404", "4xx", "5xx")
        },
        plain={
            state.value: (f"[{state.value} {tag}] ", "title", "\n", "body", "\n")
            for state in State
        },
    )


def make_theme(languages: tuple[str, ...], name: str) -> Theme:
    """Return a theme whose pages are long enough for compression to help."""
    padding = "<!-- " + " ".join(f"word{number % 40}" for number in range(400)) + " -->"
    pages = {
        tag: {
            state.value: (
                f'<!doctype html><html lang="{tag}" class="{name}"><title>',
                "title",
                "</title><style>",
                "style",
                "</style><main>",
                "body",
                f"</main><p>{state.value}</p><time>",
                "closes_at",
                "</time>",
                "service",
                f"{padding}</html>",
            )
            for state in State
        }
        for tag in languages
    }
    return Theme("p{}", "", POLICY, pages)


def make_snapshot(**changes: Any) -> Snapshot:
    """Return a snapshot: a built-in reason, "upgrade", and one service, "shop"."""
    languages = ("en", "fr")
    built_in = make_reason(
        id=0,
        slug="built-in",
        texts={tag: make_text(f"Away ({tag})") for tag in languages},
        revision=0,
    )
    snapshot = Snapshot(
        default_language="en",
        default_reason=0,
        theme="calm",
        reasons=(built_in, make_reason()),
        languages={tag: make_language(tag) for tag in languages},
        themes={"calm": make_theme(languages, "calm")},
        services=(make_service(),),
    )
    return replace(snapshot, **changes)


def make_stored(snapshot: Snapshot, *, version: int = 1) -> tuple[bytes, bytes, str]:
    """Return pointer, blob and digest as they lie in the storage."""
    blob = snapshots.encode(snapshot)
    digest = snapshots.digest(blob)
    return snapshots.encode_pointer(Pointer(version, digest, NOON)), blob, digest
