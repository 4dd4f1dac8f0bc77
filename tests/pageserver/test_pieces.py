from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maintenance.pageserver.pieces import Pieces

END = b"\r\n\r\n"


def taken(pieces: Pieces) -> list[bytes]:
    found = []
    while pieces:
        found.append(pieces.take())
    return found


@given(st.lists(st.sampled_from([END, b"\r\n", b"\r", b"x", b"x" * 3000])))
def test_pieces_are_what_was_added(parts: list[bytes]) -> None:
    pieces = Pieces()
    for part in parts:
        pieces.add(part)

    assert b"".join(taken(pieces)) == b"".join(parts)


@given(st.lists(st.sampled_from([END, b"\r\n", b"\r", b"x", b"x" * 3000])))
def test_no_piece_has_more_than_one_end_of_a_head(parts: list[bytes]) -> None:
    pieces = Pieces()
    pieces.add(b"".join(parts))

    assert all(piece.find(END) in (-1, len(piece) - 4) for piece in taken(pieces))


def test_pieces_are_no_longer_than_a_large_head() -> None:
    pieces = Pieces()
    pieces.add(b"x" * 10_000)

    assert [len(piece) for piece in taken(pieces)] == [4096, 4096, 1808]


def test_length_is_what_waits() -> None:
    pieces = Pieces()
    pieces.add(b"one" + END + b"two")
    pieces.take()
    pieces.add(b"three")

    assert len(pieces) == len("twothree")


def test_nothing_waits_once_cleared() -> None:
    pieces = Pieces()
    pieces.add(b"one" + END + b"two")
    pieces.take()
    pieces.clear()

    assert not pieces
    assert pieces.take() == b""
