"""Answers read as the strictest client reads them, and requests cut into packets."""

from __future__ import annotations

import re
import socket
import time

from tests.pageserver.client import Reply, Wire, ask

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) [!-~][ -~]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([!-~](?:[ -~]*[!-~])?)")
_LENGTH = re.compile("0|[1-9][0-9]*")
# Longer than the page server rests before it learns another shape.
_REST_SECONDS = 0.15
_WITHOUT_BODY = frozenset({204, 304})


class BadAnswerError(Exception):
    """What came back is not a row of whole HTTP/1.1 answers."""


def read_answers(data: bytes) -> list[Reply]:
    """Return the answers of which the bytes are made, to requests other than HEAD.

    Raises:
        BadAnswerError: a byte is out of place, missing or left over.
    """
    replies: list[Reply] = []
    while data:
        if replies and replies[-1]["connection"] == "close":
            raise BadAnswerError(f"Something follows the last answer: {data!r}")
        head, end, data = data.partition(b"\r\n\r\n")
        if not end:
            raise BadAnswerError(f"The head has no end: {head!r}")
        status, lines = _read_head(head)
        size = _body_size(status, dict(lines))
        if len(data) < size:
            raise BadAnswerError(f"{size - len(data)} bytes are missing: {head!r}")
        replies.append(Reply(status, lines, data[:size]))
        data = data[size:]
    return replies


def _read_head(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    first, *rest = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise BadAnswerError(f"This is no status line: {first!r}")
    lines: list[tuple[str, str]] = []
    for line in rest:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise BadAnswerError(f"This is no header line: {line!r}")
        lines.append((field[1].decode().lower(), field[2].decode()))
    names = [name for name, _ in lines]
    if len(set(names)) < len(names):
        raise BadAnswerError(f"A header came twice: {names}")
    return int(found[1]), lines


def _body_size(status: int, fields: dict[str, str]) -> int:
    if fields.get("connection") not in ("keep-alive", "close"):
        raise BadAnswerError(f"It is not said what comes next: {fields}")
    if "transfer-encoding" in fields:
        raise BadAnswerError(f"Nothing here is sent in chunks: {fields}")
    length = fields.get("content-length", "")
    if status in _WITHOUT_BODY and not length:
        return 0
    if not _LENGTH.fullmatch(length):
        raise BadAnswerError(f"The length is not a number: {length!r}")
    return int(length)


def exchange(port: int, *packets: bytes) -> list[Reply]:
    """Send packets of which each is read by itself, and return all answers to them.

    The client's side is closed after the last one, so that nobody has to wait.
    """
    with Wire(port) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b""
        try:
            for packet in packets[:-1]:
                wire.send(packet)
                settle(port)
            wire.send(packets[-1])
            wire.socket.shutdown(socket.SHUT_WR)
        except OSError:
            # It was closed before: what was answered until then is still there.
            pass
        try:
            while more := wire.socket.recv(65536):
                data += more
        except ConnectionResetError:
            pass
    return read_answers(data)


def settle(port: int) -> None:
    """Return when the server has taken what was sent to it before."""
    ask(port, "/settle")


def teach(port: int, sent: bytes) -> None:
    """Send a request until its shape is known, where shapes like it may be."""
    if [reply["connection"] for reply in exchange(port, sent)] == ["keep-alive"]:
        time.sleep(_REST_SECONDS)
        for _ in range(3):
            exchange(port, sent)
