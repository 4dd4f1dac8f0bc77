"""The short answers to what gets no page: not HTTP, too large, too slow."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple


class Refusal(NamedTuple):
    """An answer after which the connection ends, and its name in the metrics."""

    cause: str
    head: bytes
    body: bytes


def _finished(status: HTTPStatus, sentence: str, *extra: str) -> tuple[bytes, bytes]:
    body = f"{sentence}\n".encode()
    lines = [
        f"HTTP/1.1 {status} {status.phrase}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        *extra,
        "",
    ]
    return "\r\n".join(lines).encode(), body


MALFORMED = Refusal(
    "malformed", *_finished(HTTPStatus.BAD_REQUEST, "This is not HTTP/1.1.")
)
TWO_HOSTS = Refusal(
    "two_hosts", *_finished(HTTPStatus.BAD_REQUEST, "The request has two hosts.")
)
TIMEOUT = Refusal(
    "header_timeout",
    *_finished(HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive."),
)
LONG_TARGET = Refusal(
    "long_target",
    *_finished(HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long."),
)
LARGE_HEADERS = Refusal(
    "large_headers",
    *_finished(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large."
    ),
)
FAILURE = _finished(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "This service is not available at the moment. Please come back later.",
    "Retry-After: 60",
    "X-Robots-Tag: noindex",
    "X-Maintenance: failure",
)
"""Sent where making the real answer failed."""
