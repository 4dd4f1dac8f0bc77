from __future__ import annotations

from pathlib import Path

import pytest

from maintenance.pageserver.config import Config
from maintenance.pageserver.connections import Limits
from portal.env import SettingError


def test_defaults_are_those_of_the_documentation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))

    assert Config.from_env() == Config(
        address=("0.0.0.0", 8080),  # noqa: S104  a page server is for everybody
        internal_address=("0.0.0.0", 9090),  # noqa: S104  for the cluster's network
        workers=1,
        refresh_seconds=1,
        unmatched_status=503,
        last_good_dir=tmp_path / "last-good",
        cache_bytes=16 * 1024 * 1024,
        assets_bytes=32 * 1024 * 1024,
        drain_delay_seconds=0,
        grace_seconds=20,
        access_log_sample=0,
        limits=Limits(
            header_seconds=10,
            idle_seconds=75,
            write_seconds=30,
            drain_seconds=1,
            drain_bytes=64 * 1024,
            request_line_bytes=8 * 1024,
            header_bytes=32 * 1024,
            connections=4096,
        ),
    )


def test_each_limit_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PAGE_HEADER_TIMEOUT_SECONDS": "1.5",
        "PAGE_IDLE_TIMEOUT_SECONDS": "2",
        "PAGE_WRITE_TIMEOUT_SECONDS": "3",
        "PAGE_LINGER_SECONDS": "0.5",
        "PAGE_LINGER_BYTES": "0",
        "PAGE_REQUEST_LINE_BYTES": "4096",
        "PAGE_HEADER_BYTES": "1024",
        "PAGE_MAX_CONNECTIONS": "7",
    }.items():
        monkeypatch.setenv(name, value)

    assert Config.from_env().limits == Limits(
        header_seconds=1.5,
        idle_seconds=2,
        write_seconds=3,
        drain_seconds=0.5,
        drain_bytes=0,
        request_line_bytes=4096,
        header_bytes=1024,
        connections=7,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAGE_ADDRESS", "8080"),
        ("PAGE_INTERNAL_ADDRESS", "localhost"),
        ("PAGE_WORKERS", "0"),
        ("SNAPSHOT_REFRESH_SECONDS", "0"),
        ("PAGE_UNMATCHED_STATUS", "200"),
        ("PAGE_HEADER_TIMEOUT_SECONDS", "10s"),
        ("PAGE_IDLE_TIMEOUT_SECONDS", "-1"),
        ("PAGE_WRITE_TIMEOUT_SECONDS", "nan"),
        ("PAGE_LINGER_SECONDS", "-0.1"),
        ("PAGE_LINGER_BYTES", "64k"),
        ("PAGE_REQUEST_LINE_BYTES", "4095"),
        ("PAGE_HEADER_BYTES", "1048577"),
        ("PAGE_DRAIN_DELAY_SECONDS", "-1"),
        ("PAGE_GRACE_SECONDS", "x"),
        ("PAGE_MAX_CONNECTIONS", "0"),
        ("PAGE_ACCESS_LOG_SAMPLE", "1.1"),
        ("PAGE_CACHE_MIB", "0"),
        ("PAGE_ASSETS_MIB", "1.5"),
    ],
)
def test_bad_value_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingError, match=f"^{name}='{value}'"):
        Config.from_env()


def test_bad_storage_is_found_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STORAGE_BUCKET_NAME", "pages")
    monkeypatch.setenv("AWS_S3_ADDRESSING_STYLE", "odd")

    with pytest.raises(SettingError, match="AWS_S3_ADDRESSING_STYLE='odd'"):
        Config.from_env()
