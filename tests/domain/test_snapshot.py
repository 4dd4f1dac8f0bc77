from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.kind import Kind
from maintenance.domain.snapshot import (
    MAX_VERSION,
    Asset,
    Document,
    Language,
    Pointer,
    Snapshot,
    decode,
    decode_pointer,
    digest,
    encode,
    encode_pointer,
)
from maintenance.domain.window import Window
from tests.domain import strategies
from tests.snapshots import (
    HOUR,
    NOON,
    make_language,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
)

SNAPSHOT = make_snapshot(
    schedules=(make_schedule(services=("shop",)),),
    assets=(Asset("d" * 64, "logo.svg", "image/svg+xml", 120),),
)
DATA = encode(SNAPSHOT)
POINTER = Pointer(7, "0123456789abcdef" * 4, NOON)
MEBIBYTE = 1024 * 1024


def packed(value: object) -> bytes:
    return gzip.compress(json.dumps(value).encode(), mtime=0)


def plain(snapshot: Snapshot = SNAPSHOT) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(gzip.decompress(encode(snapshot)))
    return value


@settings(max_examples=40)
@given(strategies.snapshots(strategies.texts()))
def test_decoding_gives_what_was_encoded(snapshot: Snapshot) -> None:
    assert decode(encode(snapshot)) == snapshot


@settings(max_examples=40)
@given(strategies.snapshots(strategies.texts()))
def test_decoding_and_encoding_give_the_same_bytes(snapshot: Snapshot) -> None:
    data = encode(snapshot)

    assert encode(decode(data)) == data


def test_order_of_keys_does_not_change_the_bytes() -> None:
    reason = make_reason(texts=dict(reversed(list(make_reason().texts.items()))))

    assert encode(make_snapshot(reasons=(make_reason(),))) == encode(
        make_snapshot(reasons=(reason,))
    )


def test_bytes_do_not_depend_on_the_process() -> None:
    program = (
        "from tests.domain.test_snapshot import SNAPSHOT, digest, encode;"
        "print(digest(encode(SNAPSHOT)))"
    )

    printed = [
        subprocess.run(  # noqa: S603  this file, in another process
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert printed == [digest(DATA)] * 2


def test_zone_of_an_instant_does_not_change_the_bytes() -> None:
    paris = timezone(timedelta(hours=1))
    window = Window(NOON.astimezone(paris), (NOON + HOUR).astimezone(paris))
    schedules = (make_schedule(services=("shop",), window=window),)

    assert encode(replace(SNAPSHOT, schedules=schedules)) == DATA


def test_digest_is_sha_256_of_the_stored_bytes() -> None:
    assert digest(b"") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_other_snapshot_has_another_digest() -> None:
    changed = replace(SNAPSHOT, default_language="fr")

    assert digest(encode(changed)) != digest(DATA)


@given(st.integers(0, len(DATA) - 1))
def test_truncated_snapshot_is_refused(length: int) -> None:
    with pytest.raises(SnapshotFormatError):
        decode(DATA[:length])


@given(st.integers(0, len(DATA) * 8 - 1))
def test_flipped_bit_is_refused_or_harmless(place: int) -> None:
    # A few bits of gzip's header mean nothing: the date, the system.
    data = bytearray(DATA)
    data[place // 8] ^= 1 << place % 8

    try:
        decoded = decode(bytes(data))
    except SnapshotFormatError:
        return
    assert decoded == SNAPSHOT


@given(st.integers(0, len(DATA) * 8 - 1))
def test_flipped_bit_changes_the_digest(place: int) -> None:
    data = bytearray(DATA)
    data[place // 8] ^= 1 << place % 8

    assert digest(bytes(data)) != digest(DATA)


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(SnapshotFormatError):
        decode(data)


@given(st.binary(max_size=200))
def test_packed_noise_is_refused(data: bytes) -> None:
    with pytest.raises(SnapshotFormatError):
        decode(gzip.compress(data))


@pytest.mark.parametrize(
    "tail", [b"\0", DATA, b"\xff" * 8], ids=["zero", "twice", "ones"]
)
def test_snapshot_with_a_tail_is_refused(tail: bytes) -> None:
    with pytest.raises(SnapshotFormatError, match=r"too large|not the length"):
        decode(DATA + tail)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param({}, "has format None, not 1", id="no format"),
        pytest.param({"format": 2}, "has format 2, not 1", id="later format"),
        pytest.param({"format": "1"}, "has format '1', not 1", id="text"),
        pytest.param([], "has format None, not 1", id="list"),
        pytest.param(None, "has format None, not 1", id="null"),
        pytest.param({"format": 1}, "Snapshot does not fit", id="nothing else"),
    ],
)
def test_other_formats_are_refused(value: object, message: str) -> None:
    with pytest.raises(SnapshotFormatError, match=message):
        decode(packed(value))


@pytest.mark.parametrize("value", [True, 1.0], ids=repr)
def test_format_that_only_equals_ours_is_refused(value: object) -> None:
    with pytest.raises(SnapshotFormatError, match="is no int"):
        decode(packed(plain() | {"format": value}))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(SnapshotFormatError, match="The snapshot is not JSON"):
        decode(gzip.compress(b"{"))


def test_json_that_is_too_deep_is_refused() -> None:
    with pytest.raises(SnapshotFormatError, match="The snapshot is not JSON"):
        decode(gzip.compress(b"[" * 100_000))


def test_number_that_is_too_long_is_refused() -> None:
    with pytest.raises(SnapshotFormatError, match="The snapshot is not JSON"):
        decode(gzip.compress(b'{"format":' + b"1" * 10_000 + b"}"))


OPTIONAL = {"format", "services", "schedules", "assets", "portal"}


@pytest.mark.parametrize("key", sorted(plain().keys() - OPTIONAL))
def test_missing_key_is_named(key: str) -> None:
    value = plain()
    del value[key]

    with pytest.raises(SnapshotFormatError, match=f"Snapshot does not fit: '{key}'"):
        decode(packed(value))


@pytest.mark.parametrize("key", sorted(plain().keys() - {"format"}))
@pytest.mark.parametrize("wrong", [None, 1.5, [[]]], ids=repr)
def test_wrong_type_is_refused(key: str, wrong: object) -> None:
    with pytest.raises(SnapshotFormatError, match="does not fit"):
        decode(packed(plain() | {key: wrong}))


def test_unknown_key_is_passed_over() -> None:
    assert decode(packed(plain() | {"later": [1]})) == SNAPSHOT


def test_snapshot_of_an_older_version_is_read() -> None:
    value = plain()
    del value["portal"]
    for each in (*value["reasons"], *value["schedules"]):
        del each["changed_at"]
    for each in value["services"]:
        del each["allows_cors"]

    assert decode(packed(value)) == SNAPSHOT


def test_impossible_window_is_refused() -> None:
    value = plain()
    value["schedules"][0]["window"]["closes_at"] = "2026-12-01T12:00:00Z"

    with pytest.raises(SnapshotFormatError, match="not after"):
        decode(packed(value))


def without(mapping: Mapping[Any, Any], key: object) -> dict[Any, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def with_language(**changes: Any) -> dict[str, Any]:
    languages = dict(SNAPSHOT.languages)
    return {"languages": languages | {"fr": replace(languages["fr"], **changes)}}


ENGLISH: Language = make_language("en")
CALM = SNAPSHOT.themes["calm"].pages
ODD = ("<p>", "visitor", "</p>")


def with_pages(pages: Mapping[str, Mapping[str, Document]]) -> dict[str, Any]:
    return {"themes": {"calm": replace(SNAPSHOT.themes["calm"], pages=pages)}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"default_reason": 9}, "lacks the reason 9", id="default reason"),
        pytest.param(
            {"schedules": (make_schedule(reason=8),)},
            "lacks the reason 8",
            id="a schedule's reason",
        ),
        pytest.param(
            {"services": (make_service(reason=7),)},
            "lacks the reason 7",
            id="a service's reason",
        ),
        pytest.param({"theme": "loud"}, "lacks the theme 'loud'", id="theme"),
        pytest.param(
            {"services": (make_service(theme="dark"),)},
            "lacks the theme 'dark'",
            id="a service's theme",
        ),
        pytest.param(
            {"reasons": (*SNAPSHOT.reasons[:1], make_reason(language="de"))},
            "Reason 'upgrade' lacks its own language",
            id="a reason's own language",
        ),
        pytest.param(
            {"languages": {"en": ENGLISH}},
            "lacks words for 'fr'",
            id="words of a reason's language",
        ),
        pytest.param(
            with_language(months=ENGLISH.months[:11]),
            "The words for 'fr' are incomplete",
            id="a month",
        ),
        pytest.param(
            with_language(kinds=without(ENGLISH.kinds, Kind.RETIRED)),
            "The words for 'fr' are incomplete",
            id="a kind",
        ),
        pytest.param(
            with_language(errors=without(ENGLISH.errors, "5xx")),
            "The words for 'fr' are incomplete",
            id="a class of errors",
        ),
        pytest.param(
            with_language(plain=without(ENGLISH.plain, "overrun")),
            "The words for 'fr' are incomplete",
            id="a state of plain text",
        ),
        pytest.param(
            with_language(plain=dict(ENGLISH.plain) | {"idle": ODD}),
            "unknown slot 'visitor'",
            id="a slot of plain text",
        ),
        pytest.param(
            with_pages(without(CALM, "fr")),
            "Theme 'calm' lacks pages in 'fr'",
            id="a theme's language",
        ),
        pytest.param(
            with_pages({**CALM, "fr": without(CALM["fr"], "open")}),
            "Theme 'calm' lacks pages in 'fr'",
            id="a theme's state",
        ),
        pytest.param(
            with_pages({**CALM, "fr": {**CALM["fr"], "open": ODD}}),
            "unknown slot 'visitor'",
            id="a slot of a page",
        ),
    ],
)
def test_snapshot_that_lacks_a_part_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SnapshotFormatError, match=message):
        decode(encode(replace(SNAPSHOT, **changes)))


def test_schedule_of_an_unknown_service_is_harmless() -> None:
    snapshot = make_snapshot(schedules=(make_schedule(services=("gone",)),))

    assert decode(encode(snapshot)) == snapshot


def bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(MEBIBYTE)
    parts = [packer.compress(zeros) for _ in range(mebibytes)]
    return b"".join([*parts, packer.flush()])


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_of_refusing(data: bytes, *, saying: str) -> float:
    """Return by how many MiB a process of its own grows when it decodes."""
    program = (
        "import sys; from tests.domain.test_snapshot import *;"
        "data = sys.stdin.buffer.read(); before = peak_mebibytes()\n"
        "try: decode(data)\n"
        "except SnapshotFormatError as exc: print(exc)\n"
        "print(peak_mebibytes() - before)"
    )
    ended = subprocess.run(  # noqa: S603  this file, in another process
        [sys.executable, "-c", program], input=data, capture_output=True, check=True
    )
    said, _, grown = ended.stdout.decode().strip().rpartition("\n")
    assert saying in said
    return float(grown)


def test_bomb_is_refused_without_unpacking_it() -> None:
    data = bomb(mebibytes=257)
    assert len(data) < 2 * MEBIBYTE

    assert memory_of_refusing(data, saying="too large") < 16


def test_bomb_that_lies_about_its_size_is_refused_without_unpacking_it() -> None:
    data = bomb(mebibytes=100)[:-4] + (1000).to_bytes(4, "little")

    assert memory_of_refusing(data, saying="not the length") < 16


def test_pointer_comes_back() -> None:
    assert decode_pointer(encode_pointer(POINTER)) == POINTER


@given(
    st.integers(1, MAX_VERSION),
    st.datetimes(timezones=st.just(UTC)),
    st.text("0123456789abcdef", min_size=64, max_size=64),
)
def test_any_pointer_comes_back(version: int, at: datetime, name: str) -> None:
    pointer = Pointer(version, name, at)

    assert decode_pointer(encode_pointer(pointer)) == pointer


@given(st.integers(0, len(encode_pointer(POINTER)) - 1))
def test_truncated_pointer_is_refused(length: int) -> None:
    with pytest.raises(SnapshotFormatError, match="The pointer is not JSON"):
        decode_pointer(encode_pointer(POINTER)[:length])


@given(st.binary(max_size=100))
def test_noise_is_no_pointer(data: bytes) -> None:
    with pytest.raises(SnapshotFormatError):
        decode_pointer(data)


def test_pointer_of_another_format_is_refused() -> None:
    data = encode_pointer(replace(POINTER, format=2))

    with pytest.raises(SnapshotFormatError, match="The pointer has format 2, not 1"):
        decode_pointer(data)


@pytest.mark.parametrize(
    "name",
    ["", "../../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"],
    ids=["empty", "path", "upper case", "short", "long", "line"],
)
def test_pointer_to_what_is_no_digest_is_refused(name: str) -> None:
    with pytest.raises(SnapshotFormatError, match="The pointer's digest is"):
        decode_pointer(encode_pointer(replace(POINTER, digest=name)))


@pytest.mark.parametrize("version", [-1, 0, MAX_VERSION + 1, 2**63 - 1, 10**40])
def test_pointer_without_a_number_of_a_publication_is_refused(version: int) -> None:
    with pytest.raises(SnapshotFormatError, match="The pointer's version is"):
        decode_pointer(encode_pointer(replace(POINTER, version=version)))


def test_pointer_far_ahead_cannot_follow() -> None:
    assert replace(POINTER, version=10**9 + 7).can_follow(7)
    assert not replace(POINTER, version=10**9 + 8).can_follow(7)
