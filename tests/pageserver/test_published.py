from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from maintenance.domain import snapshot as snapshots
from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.kind import State
from maintenance.domain.snapshot import Shell, Snapshot
from maintenance.pageserver.builtin import read_builtin
from maintenance.pageserver.published import Source, decode_checked
from tests.snapshots import make_language, make_reason, make_shells, make_snapshot

ENGLISH = make_language("en")


def with_english(**changes: object) -> Snapshot:
    language = replace(ENGLISH, **changes)  # type: ignore[arg-type]  # any field
    return make_snapshot(languages={"en": language, "fr": make_language("fr")})


@pytest.mark.parametrize(
    ("snapshot", "problem"),
    [
        (
            make_snapshot(shells={"calm": make_shells(("en",), "calm")}),
            "has no usable page 'idle' of 'calm' in 'fr'",
        ),
        (
            make_snapshot(reasons=(make_reason(id=0, status=204),)),
            "has a reason with the status 204",
        ),
        (with_english(months=("{day}",)), "names not 12 months in the language 'en'"),
        (with_english(errors={}), "lacks the words for errors in the language 'en'"),
        (with_english(kinds={}), "lacks the name of a kind in the language 'en'"),
        (
            with_english(plain={state.value: ("a", "b") for state in State}),
            "lacks the plain text for 'idle' in the language 'en'",
        ),
    ],
)
def test_snapshot_without_a_part_is_refused(snapshot: Snapshot, problem: str) -> None:
    with pytest.raises(SnapshotFormatError, match=f"^The snapshot {problem}.$"):
        decode_checked(snapshots.encode(snapshot))


def test_unknown_slot_is_refused() -> None:
    shells = make_shells(("en", "fr"), "calm")
    odd = {**shells["en"], "open": Shell(("a", "secret", "b"), "")}
    snapshot = make_snapshot(shells={"calm": {**shells, "en": odd}})

    with pytest.raises(SnapshotFormatError, match="no usable page 'open'"):
        decode_checked(snapshots.encode(snapshot))


def test_built_in_pages_come_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "builtin.json.gz"
    file.write_bytes(snapshots.encode(make_snapshot()))

    published = read_builtin(file)

    assert published.snapshot == make_snapshot()
    assert (published.version, published.source) == (0, Source.BUILT_IN)


@pytest.mark.parametrize("data", [None, b"damaged"])
def test_there_always_are_built_in_pages(tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / "builtin.json.gz"
    if data is not None:
        file.write_bytes(data)

    snapshot = read_builtin(file).snapshot

    assert decode_checked(snapshots.encode(snapshot)) == snapshot
