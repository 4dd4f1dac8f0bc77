"""Requests that are good enough for a page and that llhttp refuses.

It knows a closed list of methods and ASCII targets only, but clients send new
methods (RFC 9110, section 9.1, lets them) and unescaped UTF-8 (curl does), and
proxies pass both on.
"""

from __future__ import annotations

import re

_REQUEST_LINE = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}"  # a token
    rb" ((?:/|https?://)[^\x00-\x20\x7f]*)"
    rb"(?= HTTP/1\.[01]\r\n)"
)
_NOT_ASCII = re.compile(rb"[^\x21-\x7e]")


def repaired(data: bytes) -> bytes | None:
    """Return a request's bytes with a line that llhttp takes, if that may help.

    The method becomes GET, except HEAD, whose answer has no body.
    """
    line = _REQUEST_LINE.match(data)
    if line is None:
        return None
    target = _NOT_ASCII.sub(lambda byte: b"%%%02X" % ord(byte[0]), line[1])
    method = b"HEAD" if data.startswith(b"HEAD ") else b"GET"
    mended = b"%b %b%b" % (method, target, data[line.end() :])
    return None if mended == data else mended
