"""Random snapshots and requests, small enough for matches and ties to be common."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from maintenance.domain.asked import Asked
from maintenance.domain.kind import Kind, State
from maintenance.domain.snapshot import (
    Reason,
    Schedule,
    Service,
    Snapshot,
    Text,
    Theme,
)
from maintenance.domain.window import Window
from tests.snapshots import HOUR, NOON, POLICY, make_language, make_snapshot, make_text

LANGUAGES = ("en", "fr", "pt-BR")
SLUGS = ("s1", "s2", "s3", "s4", "s5")
HOSTS = (
    "a.test",
    "x.a.test",
    "y.x.a.test",
    "b.test",
    "*.a.test",
    "*.x.a.test",
    "*.test",
)
PATHS = ("/", "/a", "/a/", "/a/b", "/ab", "/a/b/c")
NAMES = ("n1", "n2")

_CONTENT = {
    "languages": {tag: make_language(tag) for tag in LANGUAGES},
    "themes": {
        name: Theme(
            style=f"{name} {{}}",
            script="",
            content_security_policy=POLICY,
            pages={
                tag: {
                    state.value: (f"<{name} {tag}>", "title", "</>") for state in State
                }
                for tag in LANGUAGES
            },
        )
        for name in ("calm", "dark")
    },
}


def instants() -> st.SearchStrategy[datetime]:
    """Return instants of which many are equal or a microsecond apart."""
    return st.builds(
        lambda hours, microseconds: (
            NOON + hours * HOUR + timedelta(microseconds=microseconds)
        ),
        st.integers(-3, 3),
        st.sampled_from((0, 0, 0, -1, 1)),
    )


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens_at, closes_at = draw(instants()), draw(st.none() | instants())
    if closes_at is None or closes_at == opens_at:
        return Window(opens_at)
    return Window(min(opens_at, closes_at), max(opens_at, closes_at))


def texts() -> st.SearchStrategy[Text]:
    return st.builds(Text, title=st.text(), html=st.text(), plain=st.text())


@st.composite
def reasons(draw: st.DrawFn, key: int, words: st.SearchStrategy[Text]) -> Reason:
    written = draw(
        st.dictionaries(st.sampled_from(LANGUAGES), words, min_size=1, max_size=3)
    )
    return Reason(
        id=key,
        slug=f"r{key}",
        kind=draw(st.sampled_from(Kind)),
        status=draw(st.sampled_from((410, 500, 503))),
        language=draw(st.sampled_from(sorted(written))),
        texts=written,
        revision=draw(st.integers(0, 99)),
        changed_at=draw(st.none() | instants()),
    )


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return none of the values more often than not, else one or two."""
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
    return st.one_of(st.just(()), st.just(()), chosen.map(tuple))


def services(slug: str, keys: list[int]) -> st.SearchStrategy[Service]:
    return st.builds(
        Service,
        slug=st.just(slug),
        name=st.text(max_size=5),
        hosts=some(HOSTS),
        paths=some(PATHS),
        namespaces=some(NAMES),
        ingresses=some(NAMES),
        kubernetes_services=some(NAMES),
        reason=st.none() | st.sampled_from(keys),
        theme=st.sampled_from(("", "dark")),
        allows_cors=st.booleans(),
    )


def schedules(keys: list[int]) -> st.SearchStrategy[Schedule]:
    return st.builds(
        Schedule,
        id=st.integers(1, 99),
        reason=st.sampled_from(keys),
        window=windows(),
        everywhere=st.booleans(),
        services=some((*SLUGS, "unknown")),
        keep_until_ended=st.booleans(),
        revision=st.integers(0, 99),
        changed_at=st.none() | instants(),
    )


def routable() -> st.SearchStrategy[Snapshot]:
    """Return snapshots of which nobody reads the words."""
    return snapshots(st.just(make_text("Upgrade")))


@st.composite
def snapshots(draw: st.DrawFn, words: st.SearchStrategy[Text]) -> Snapshot:
    keys = list(range(draw(st.integers(1, 4))))
    slugs = draw(st.lists(st.sampled_from(SLUGS), unique=True, max_size=5))
    changes: dict[str, Any] = {
        "default_language": draw(st.sampled_from((*LANGUAGES, "nl"))),
        "default_reason": draw(st.sampled_from(keys)),
        "portal": draw(st.sampled_from(("", "2026-12-01T12:00:00Z"))),
        "reasons": tuple(draw(reasons(key, words)) for key in keys),
        "services": tuple(draw(services(slug, keys)) for slug in slugs),
        "schedules": tuple(
            draw(st.lists(schedules(keys), max_size=6, unique_by=lambda s: s.id))
        ),
    }
    return make_snapshot(**_CONTENT | changes)


def asked() -> st.SearchStrategy[Asked]:
    names = st.sampled_from(("", "", *NAMES, "n3"))
    hosts = st.sampled_from(
        (
            "a.test",
            "x.a.test",
            "y.x.a.test",
            "z.y.x.a.test",
            "b.test",
            "test",
            "other",
            "",
        )
    )
    return st.builds(
        Asked,
        host=hosts,
        path=st.sampled_from(
            ("/", "/a", "/a/b", "/ab", "/a/b/c/d", "/b", "//a", "/a//b")
        ),
        namespace=names,
        ingress=names,
        kubernetes_service=names,
        forwarded_host=st.just("") | hosts,
        slug=st.sampled_from(("", "", "", "", "s1", "s2", "unknown")),
        code=st.none()
        | st.sampled_from((400, 404, 499, 500, 501, 502, 503, 504, 505, 599)),
    )
