"""Requests that two programs in a row could cut into pieces in different places."""

from __future__ import annotations

# With as many lines as no other request here has, so that none takes its place
# among the known shapes of heads.
MARKED = (
    b"GET /marked HTTP/1.1\r\nHost: m\r\nAccept: a\r\nX-1: a\r\nX-2: a\r\n"
    b"X-3: a\r\nX-4: a\r\nX-5: a\r\nX-6: a\r\nX-7: a\r\nX-8: a\r\n\r\n"
)
# No body here could be the beginning of a method.
CHUNKS = b"5\r\n(abc)\r\n0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: 5"


def head(*lines: bytes, line: bytes = b"POST /first HTTP/1.1") -> bytes:
    return b"\r\n".join((line, b"Host: a", b"Accept: b", *lines, b"", b""))


def get(*lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return head(*lines, line=b"GET /first " + version)


def sized(value: bytes) -> bytes:
    return head(b"Content-Length:" + value) + b"(abc)"


def coded(*values: bytes) -> bytes:
    lines = [b"Transfer-Encoding:" + value for value in values]
    return head(*lines) + CHUNKS


def chunks(body: bytes) -> bytes:
    return head(CHUNKED) + body


REFUSED = {
    # Two lengths, or a length and chunks (RFC 9112, section 6.3).
    "lengths-equal": head(LENGTH, LENGTH) + b"(abc)",
    "lengths-different": head(LENGTH, b"Content-Length: 6") + b"(abc)",
    "length-list": sized(b" 5, 5"),
    "length-then-chunks": head(LENGTH, CHUNKED) + CHUNKS,
    "chunks-then-length": head(CHUNKED, LENGTH) + CHUNKS,
    "length-0-and-chunks": head(b"Content-Length: 0", CHUNKED) + CHUNKS,
    # Lengths that are none.
    "length-negative": sized(b" -5"),
    "length-plus": sized(b" +5"),
    "length-hexadecimal": sized(b" 0x5"),
    "length-inner-space": sized(b" 5 5"),
    "length-fraction": sized(b" 5.0"),
    "length-exponent": sized(b" 5e0"),
    "length-letters": sized(b" five"),
    "length-vertical-tab": sized(b" \x0b5"),
    "length-no-break-space": sized(b" \xa05"),
    "length-empty": sized(b""),
    "length-empty-then-5": head(b"Content-Length:", LENGTH) + b"(abc)",
    "length-over-64-bits": sized(b" 18446744073709551621"),
    "length-endless": sized(b" " + b"9" * 1000),
    # Codings that end otherwise than in chunks.
    "coding-after-chunked": coded(b" chunked, identity"),
    "coding-identity": coded(b" identity"),
    "coding-xchunked": coded(b" xchunked"),
    "coding-chunkedx": coded(b" chunkedx"),
    "coding-chunked-twice": coded(b" chunked, chunked"),
    "coding-chunked-twice-in-lines": coded(b" chunked", b" chunked"),
    "coding-line-after-chunked": coded(b" chunked", b" identity"),
    "coding-quoted": coded(b' "chunked"'),
    "coding-with-parameter": coded(b" chunked;q=1"),
    "coding-final-comma": coded(b" chunked,"),
    "coding-final-tab": coded(b" chunked\t"),
    "coding-vertical-tab": coded(b" \x0bchunked"),
    "coding-NUL": coded(b" chunked\x00"),
    "coding-empty": coded(b""),
    # Chunks (RFC 9112, section 7.1).
    "chunk-size-over-64-bits": chunks(b"ffffffffffffffff5\r\n(abc)\r\n0\r\n\r\n"),
    "chunk-size-0x": chunks(b"0x5\r\n(abc)\r\n0\r\n\r\n"),
    "chunk-size-negative": chunks(b"-5\r\n(abc)\r\n0\r\n\r\n"),
    "chunk-size-plus": chunks(b"+5\r\n(abc)\r\n0\r\n\r\n"),
    "chunk-size-space": chunks(b"5 \r\n(abc)\r\n0\r\n\r\n"),
    "chunk-size-empty": chunks(b"\r\n(abc)\r\n0\r\n\r\n"),
    "chunk-size-bare-lf": chunks(b"5\n(abc)\r\n0\r\n\r\n"),
    "chunk-end-missing": chunks(b"5\r\n(abc)0\r\n\r\n"),
    "chunk-end-bare-lf": chunks(b"5\r\n(abc)\n0\r\n\r\n"),
    "chunk-end-bare-cr": chunks(b"5\r\n(abc)\r0\r\n\r\n"),
    "chunk-end-letters": chunks(b"5\r\n(abc)XX0\r\n\r\n"),
    "chunk-last-bare-lf": chunks(b"5\r\n(abc)\r\n0\n\n"),
    "chunk-extension-bare-lf": chunks(b"5;a\n(abc)\r\n0\r\n\r\n"),
    "chunk-extension-bare-cr": chunks(b"5;a\rb\r\n(abc)\r\n0\r\n\r\n"),
    "chunk-extension-NUL": chunks(b"5;\x00\r\n(abc)\r\n0\r\n\r\n"),
    "trailer-length": chunks(b"0\r\nContent-Length: 5\r\n\r\n"),
    "trailer-coding": chunks(b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "trailer-folded": chunks(b"0\r\nX: a\r\n b\r\n\r\n"),
    # Ends of lines.
    "bare-cr-in-value": get(b"X: a\rb"),
    "bare-cr-hides-length": get(b"X: a\rContent-Length: 34"),
    "bare-lf-hides-length": get(b"X: a\nContent-Length: 34"),
    "bare-cr-ends": b"GET /first HTTP/1.1\rHost: a\r\r",
    "bare-lf-ends": b"GET /first HTTP/1.1\nHost: a\n\n",
    "bare-lf-ends-the-line": b"GET /first HTTP/1.1\nHost: a\r\n\r\n",
    "bare-lf-ends-the-head": b"GET /first HTTP/1.1\r\nHost: a\r\n\n",
    "bare-cr-ends-the-head": b"GET /first HTTP/1.1\r\nHost: a\r\n\r",
    "folded": get(b"X: a", b" b"),
    "folded-with-tab": head(b"Content-Length:", b"\t5") + b"(abc)",
    "folded-coding": head(b"Transfer-Encoding:", b" chunked") + CHUNKS,
    "folded-first": b"GET /first HTTP/1.1\r\n Host: a\r\n\r\n",
    # Names and values of headers.
    "length-space-before-colon": head(b"Content-Length : 5") + b"(abc)",
    "length-tab-before-colon": head(b"Content-Length\t: 5") + b"(abc)",
    "coding-space-before-colon": head(b"Transfer-Encoding : chunked") + CHUNKS,
    "length-space-before-name": head(b" Content-Length: 5") + b"(abc)",
    "name-with-space": get(b"X Y: a"),
    "name-empty": get(b": a"),
    "name-with-parentheses": get(b"X(Y): a"),
    "name-quoted": get(b'"Host": b'),
    "name-8-bit": get(b"X\xe9: a"),
    "name-NUL": get(b"X\x00: a"),
    "name-without-colon": get(b"Content-Length"),
    "value-NUL": get(b"X: a\x00b"),
    "value-control": get(b"X: a\x01b"),
    "value-DEL": get(b"X: a\x7fb"),
    "hosts-different": get(b"Host: b"),
    # Request lines.
    "line-tabs": head(line=b"GET\t/first\tHTTP/1.1"),
    "line-tab-before-version": head(line=b"GET /first\tHTTP/1.1"),
    "line-space-first": head(line=b" GET /first HTTP/1.1"),
    "line-space-last": head(line=b"GET /first HTTP/1.1 "),
    "line-three-words": head(line=b"GET /first /second HTTP/1.1"),
    "line-without-target": head(line=b"GET  HTTP/1.1"),
    "line-without-version": head(line=b"GET /first"),
    "line-NUL-first": b"\x00" + get(),
    "line-NUL-in-target": head(line=b"GET /\x00 HTTP/1.1"),
    "line-too-long": head(line=b"GET /" + b"x" * 9000 + b" HTTP/1.1"),
    "headers-too-large": get(b"X: " + b"x" * 33_000),
    # Versions.
    "version-0.9": get(version=b"HTTP/0.9"),
    "version-0.9-kept": get(b"Connection: keep-alive", version=b"HTTP/0.9"),
    "version-0.9-simple": b"GET /first\r\n",
    "version-1.2": get(version=b"HTTP/1.2"),
    "version-1.10": get(version=b"HTTP/1.10"),
    "version-1": get(version=b"HTTP/1"),
    "version-2.0": get(version=b"HTTP/2.0"),
    "version-2.0-kept": get(b"Connection: keep-alive", version=b"HTTP/2.0"),
    "version-lower-case": get(version=b"http/1.1"),
    "version-https": get(version=b"HTTPS/1.1"),
    "http2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00",
    "tls-client-(abc)": b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(189),
    "an-answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}
"""What gets one short refusal."""

LAST = {
    # Chunked at last, but who knows what a proxy before made of it.
    "coding-before-chunked": coded(b" identity, chunked"),
    "coding-gzip-before-chunked": coded(b" gzip, chunked"),
    "coding-first-comma": coded(b" ,chunked"),
    "coding-line-before-chunked": coded(b" identity", b" chunked"),
    "coding-odd-line-before-chunked": coded(b" xchunked", b" chunked"),
    # RFC 9112, section 6.1: in HTTP/1.0 the framing is faulty.
    "coding-in-1.0": head(
        b"Connection: keep-alive", CHUNKED, line=b"POST /first HTTP/1.0"
    )
    + CHUNKS,
    # Nobody says where the body of an upgrade ends.
    "upgrade-with-length": head(
        b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: %d" % len(MARKED)
    ),
    "upgrade-with-chunks": head(b"Connection: Upgrade", b"Upgrade: h2c", CHUNKED)
    + CHUNKS,
    "connect-with-length": head(
        b"Content-Length: %d" % len(MARKED), line=b"CONNECT a:1 HTTP/1.1"
    ),
    "connect-with-chunks": head(CHUNKED, line=b"CONNECT a:1 HTTP/1.1") + CHUNKS,
    # Bodies that are not all there.
    "length-too-large": head(b"Content-Length: 5000") + b"(abc)",
    "length-of-64-bits": head(b"Content-Length: 18446744073709551615"),
    "chunks-unfinished": head(CHUNKED) + b"5000\r\n(abc)",
    "chunk-of-64-bits": head(CHUNKED) + b"ffffffffffffffff\r\n(abc)",
    # Asked for.
    "close": get(b"Connection: close"),
    "close-or-not": get(b"Connection: keep-alive, close"),
    "close-in-a-trailer": chunks(b"0\r\nConnection: close\r\n\r\n"),
    "1.0": get(version=b"HTTP/1.0"),
}
"""What gets the page, and nothing after it."""

CLEAR = {
    "length": sized(b" 5"),
    "length-leading-zeros": sized(b" 005"),
    "length-spaces-around": sized(b" \t 5 \t"),
    "length-of-a-get": get(LENGTH) + b"(abc)",
    "length-0": get(b"Content-Length: 0"),
    "length-in-1.0": head(
        b"Connection: keep-alive", LENGTH, line=b"POST /first HTTP/1.0"
    )
    + b"(abc)",
    "length-named-by-connection": head(b"Connection: Content-Length", LENGTH)
    + b"(abc)",
    "body-is-a-request": head(b"Content-Length: %d" % len(MARKED)) + MARKED,
    "chunks": coded(b" chunked"),
    "chunks-upper-case": coded(b"CHUNKED"),
    "chunks-tab": coded(b"\tchunked"),
    "chunks-of-a-get": get(CHUNKED) + CHUNKS,
    "chunk-is-a-request": chunks(b"%x\r\n%b\r\n0\r\n\r\n" % (len(MARKED), MARKED)),
    "chunk-size-leading-zeros": chunks(b"%030d\r\n(abc)\r\n0\r\n\r\n" % 5),
    "chunk-extension": chunks(b'5;a="b;c"\r\n(abc)\r\n0\r\n\r\n'),
    "chunk-trailers": chunks(b"0\r\nHost: b\r\nX: y\r\n\r\n"),
    "trailer-upgrade": chunks(b"0\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n"),
    "no-body": head(),
    "upgrade": get(b"Connection: Upgrade", b"Upgrade: websocket"),
    "upgrade-without-connection": get(b"Upgrade: h2c"),
    "connect": head(line=b"CONNECT a:1 HTTP/1.1"),
    "expect": head(b"Expect: 100-continue", LENGTH) + b"(abc)",
    "unknown-method": head(LENGTH, line=b"BREW /first HTTP/1.1") + b"(abc)",
    "unknown-method-chunks": head(CHUNKED, line=b"BREW /first HTTP/1.1") + CHUNKS,
    "raw-utf-8": head(LENGTH, line="POST /é HTTP/1.1".encode()) + b"(abc)",
    "line-several-spaces": head(line=b"GET  /first  HTTP/1.1"),
    "empty-lines-first": b"\r\n\r\n" + get(),
    "host-twice-the-same": get(b"Host: a"),
    "header-in-a-cookie": get(b"Cookie: Transfer-Encoding: chunked"),
    "value-8-bit": get(b"X: \xff\xfe"),
    "absolute-target": head(line=b"GET http://b/ HTTP/1.1"),
}
"""What has one end for everybody, so that the next request may follow."""

SHAPES = REFUSED | LAST | CLEAR
