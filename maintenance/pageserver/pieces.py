"""Received bytes that wait to be parsed, given out one head at a time."""

from __future__ import annotations

_END = b"\r\n\r\n"
_LENGTH_AT_MOST = 4096


class Pieces:
    """What a client sent and nobody looked at yet.

    No piece has more than one end of a head, so that whoever takes them can stop
    after each answer, however many requests came at once.
    """

    def __init__(self) -> None:
        self._data = b""
        self._taken = 0

    def __len__(self) -> int:
        return len(self._data) - self._taken

    def add(self, data: bytes) -> None:
        self._data += data

    def take(self) -> bytes:
        """Return the next piece, which is empty where nothing waits."""
        start = self._taken
        found = self._data.find(_END, start, start + _LENGTH_AT_MOST)
        end = start + _LENGTH_AT_MOST if found < 0 else found + len(_END)
        piece = self._data[start:end]
        if end < len(self._data):
            # Cutting off what was taken each time would copy the rest each time.
            self._taken = end
        else:
            self.clear()
        return piece

    def clear(self) -> None:
        self._data, self._taken = b"", 0
