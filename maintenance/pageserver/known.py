"""Heads that were parsed before: most requests differ in their first line alone."""

from __future__ import annotations

import re

_ENTRIES_AT_MOST = 1024
_LENGTH_AT_MOST = 1024

# A request line that says nothing about the connection.
_LINE = re.compile(rb"GET (/[!-~]*) HTTP/1\.1")
_END = b"\r\n\r\n"


class KnownHeads:
    """Parsed headers by their bytes, shared by the connections of a listener.

    Only whole requests without a body, that keep their connection, are learnt;
    equal bytes then mean the same. A parser would cost three times as much.
    """

    def __init__(self) -> None:
        self._headers: dict[bytes, dict[str, str]] = {}

    def find(self, data: bytes) -> tuple[str, dict[str, str]] | None:
        """Return target and headers, if the bytes are one request with a known head."""
        end = data.find(b"\r\n")
        headers = self._headers.get(data[end:])
        if headers is None or (line := _LINE.fullmatch(data, 0, end)) is None:
            return None
        return line[1].decode("ascii"), headers

    def learn(self, data: bytes, headers: dict[str, str]) -> None:
        """Remember a request that was answered and kept its connection."""
        end = data.find(b"\r\n")
        # A request's id makes every head another one.
        if "x-request-id" in headers or len(data) - end > _LENGTH_AT_MOST:
            return
        if data.find(_END) == len(data) - len(_END) and _LINE.fullmatch(data, 0, end):
            if len(self._headers) >= _ENTRIES_AT_MOST:
                self._headers.clear()
            self._headers[data[end:]] = headers
