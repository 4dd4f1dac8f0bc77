from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.json_faults import in_words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'"caf\xe9"', "it is not UTF-8, byte 5 is wrong"),
        (b"\xef\xbb\xbf5", "it begins with a byte order mark"),
        (b"", "expecting value (line 1, column 1)"),
        (b'{\n"a" 5}', "expecting ':' delimiter (line 2, column 5)"),
        (b'"a', "unterminated string starting (line 1, column 1)"),
        (b"5 5", "extra data (line 1, column 3)"),
    ],
)
def test_a_fault_is_told_in_our_words(data: bytes, words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  each of its kinds
        json.loads(data.decode())

    assert in_words(caught.value) == words


@given(st.binary())
def test_no_fault_names_a_part_of_python(data: bytes) -> None:
    try:
        json.loads(data.decode(), parse_int=float)
    except ValueError as exc:
        told = in_words(exc)
        assert not any(word in told for word in ("codec", "sig", "(char", "sys."))
