from __future__ import annotations

from pathlib import Path

import pytest

from maintenance.domain import snapshot as snapshots
from maintenance.domain.codec import SnapshotFormatError
from maintenance.pageserver.builtin import read_builtin
from maintenance.pageserver.published import Source, decode_checked
from tests.snapshots import make_reason, make_snapshot


@pytest.mark.parametrize("status", [100, 204, 304, 999])
def test_status_that_no_page_can_have_is_refused(status: int) -> None:
    snapshot = make_snapshot(reasons=(make_reason(id=0, status=status),))

    with pytest.raises(SnapshotFormatError, match=f"has the status {status}"):
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
