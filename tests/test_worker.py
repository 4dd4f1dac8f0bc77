from __future__ import annotations

import pytest

from portal.worker import MAX_HEAD_BYTES, Incoming

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
PATIENT = b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        GET,
        POST + b"hello",
        POST.replace(b"Content-Length", b"content-LENGTH") + b"hello",
        POST.replace(b": 5", b":  5 ") + b"hello",
        b"\r\n" + GET,
    ],
    ids=["no body", "body", "any case", "spaces", "an empty line first"],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_request_can_be_answered_when_its_last_byte_is_there(
    request_bytes: bytes, step: int
) -> None:
    incoming = Incoming(max_body_bytes=100)
    pieces = [
        request_bytes[at : at + step] for at in range(0, len(request_bytes), step)
    ]

    told = [incoming.add(piece) for piece in pieces]

    assert told == [False] * (len(pieces) - 1) + [True]
    assert incoming.data == request_bytes


@pytest.mark.parametrize(
    "head",
    [
        POST.replace(b"5", b"101"),
        POST.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        POST.replace(b"5", b"five"),
        POST.replace(b"5", b"-5"),
    ],
    ids=["too large", "chunked", "no number", "negative"],
)
def test_a_body_that_will_be_refused_is_not_waited_for(head: bytes) -> None:
    assert Incoming(max_body_bytes=100).add(head)


def test_a_head_without_end_is_not_waited_for() -> None:
    incoming = Incoming(max_body_bytes=100)

    assert not incoming.add(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)
    assert incoming.add(b"x" * MAX_HEAD_BYTES)


def test_consent_is_given_to_a_body_that_is_to_come() -> None:
    incoming = Incoming(max_body_bytes=100)

    incoming.add(PATIENT)

    assert incoming.awaits_consent


@pytest.mark.parametrize(
    "request_bytes",
    [POST, PATIENT + b"hello", PATIENT.replace(b"5", b"101")],
    ids=["not asked for", "not needed", "too large"],
)
def test_consent_is_not_given_to_others(request_bytes: bytes) -> None:
    incoming = Incoming(max_body_bytes=100)

    incoming.add(request_bytes)

    assert not incoming.awaits_consent
