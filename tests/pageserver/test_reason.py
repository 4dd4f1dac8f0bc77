from __future__ import annotations

import json

import pytest

from tests.pageserver.client import ask
from tests.pageserver.running import serving
from tests.snapshots import make_schedule, make_snapshot


def test_reason_is_a_fragment_with_status_200(port: int) -> None:
    reply = ask(port, "/reason")

    assert (reply.status, reply.text) == (200, "<p>Away (en), in detail</p>")
    assert reply["content-type"] == "text/html; charset=utf-8"
    assert reply["cache-control"] == "no-cache"
    assert reply["access-control-allow-origin"] == "*"
    assert "retry-after" not in reply


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json", "application/json"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
    ],
)
def test_reason_comes_in_the_format_asked_for(
    port: int, accept: str, expected: str
) -> None:
    reply = ask(port, "/reason", accept=accept, user_agent="curl/8")

    assert reply["content-type"] == expected


def test_reason_as_json_is_complete() -> None:
    with serving(make_snapshot(schedules=(make_schedule(),))) as port:
        reply = ask(port, "/reason", accept="application/json")

    assert json.loads(reply.body) == {
        "status": 503,
        "title": "Upgrade",
        "detail": "Upgrade: more",
        "reason": "upgrade",
        "kind": "planned",
        "starts_at": "2026-12-01T12:00:00Z",
        "ends_at": "2026-12-01T13:00:00Z",
        "service": None,
        "language": "en",
        "revision": 7,
    }


def test_language_in_the_query_outranks_the_header(port: int) -> None:
    reply = ask(port, "/reason?lang=fr", accept_language="en")

    assert reply["content-language"] == "fr"


def test_reason_is_found_behind_an_original_uri(port: int) -> None:
    assert ask(port, "/", x_original_uri="/reason").status == 200


@pytest.mark.parametrize("known", ["{}", "W/{}", '"a", {}', "*"])
def test_known_reason_is_not_sent_again(port: int, known: str) -> None:
    etag = ask(port, "/reason")["etag"]

    reply = _ask_head(port, known.format(etag))

    assert reply == (304, etag)


def _ask_head(port: int, known: str) -> tuple[int, str]:
    # As HEAD, because a 304 has no Content-Length to read by.
    reply = ask(port, "/reason", method="HEAD", if_none_match=known)
    return reply.status, reply["etag"]


def test_other_versions_are_sent_in_full(port: int) -> None:
    assert ask(port, "/reason", if_none_match='"other"').status == 200


def test_etag_differs_by_language(port: int) -> None:
    english, french = (ask(port, f"/reason?lang={tag}") for tag in ("en", "fr"))

    assert english["etag"] != french["etag"]


def test_post_to_reason_gets_the_reason(port: int) -> None:
    assert ask(port, "/reason", method="POST").status == 200
