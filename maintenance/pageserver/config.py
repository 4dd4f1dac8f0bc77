"""What a page server is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maintenance.pageserver.connections import Limits
from portal import env, storage

_KIB = 1024
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one page server; times in seconds, sizes in bytes."""

    address: tuple[str, int]
    internal_address: tuple[str, int]
    workers: int
    refresh_seconds: float
    unmatched_status: int
    last_good_dir: Path
    cache_bytes: int
    assets_bytes: int
    drain_delay_seconds: float
    grace_seconds: float
    access_log_sample: float
    limits: Limits

    @classmethod
    def from_env(cls) -> Config:
        """Read the settings.

        Raises:
            SettingError: a variable cannot be used; the message names it.
        """
        # The storage itself is opened later, because the SDK takes long to
        # import; its variables are checked now.
        storage.default_storage()
        return cls(
            address=env.address("PAGE_ADDRESS", default="0.0.0.0:8080"),
            internal_address=env.address(
                "PAGE_INTERNAL_ADDRESS", default="0.0.0.0:9090"
            ),
            workers=env.integer("PAGE_WORKERS", default=1, at_least=1, at_most=64),
            refresh_seconds=_seconds("SNAPSHOT_REFRESH_SECONDS", 1, at_least=0.1),
            unmatched_status=env.integer(
                "PAGE_UNMATCHED_STATUS", default=503, at_least=400, at_most=599
            ),
            last_good_dir=storage.data_dir() / "last-good",
            cache_bytes=_mebibytes("PAGE_CACHE_MIB", 16),
            assets_bytes=_mebibytes("PAGE_ASSETS_MIB", 32),
            drain_delay_seconds=_seconds("PAGE_DRAIN_DELAY_SECONDS", 0, at_least=0),
            grace_seconds=_seconds("PAGE_GRACE_SECONDS", 20, at_least=0),
            access_log_sample=env.number(
                "PAGE_ACCESS_LOG_SAMPLE", default=0, at_least=0, at_most=1
            ),
            limits=_limits(),
        )


def _limits() -> Limits:
    return Limits(
        header_seconds=_seconds("PAGE_HEADER_TIMEOUT_SECONDS", 10),
        # Longer than the 60 s for which nginx keeps idle connections to an
        # upstream (keepalive_timeout), so that it is never us who closes first.
        idle_seconds=_seconds("PAGE_IDLE_TIMEOUT_SECONDS", 75),
        write_seconds=_seconds("PAGE_WRITE_TIMEOUT_SECONDS", 30),
        drain_seconds=_seconds("PAGE_LINGER_SECONDS", 1, at_least=0),
        drain_bytes=_bytes("PAGE_LINGER_BYTES", 65536, at_least=0),
        # Shorter requests may be known by their head, and are then not measured.
        request_line_bytes=_bytes("PAGE_REQUEST_LINE_BYTES", 8192, at_least=4096),
        header_bytes=_bytes("PAGE_HEADER_BYTES", 32768),
        connections=env.integer(
            "PAGE_MAX_CONNECTIONS", default=4096, at_least=1, at_most=1_000_000
        ),
    )


def _seconds(name: str, default: float, *, at_least: float = 1) -> float:
    return env.number(name, default=default, at_least=at_least, at_most=3600)


def _bytes(name: str, default: int, *, at_least: int = _KIB) -> int:
    # Every connection may hold as much.
    return env.integer(name, default=default, at_least=at_least, at_most=_MIB)


def _mebibytes(name: str, default: int) -> int:
    return env.integer(name, default=default, at_least=1, at_most=4096) * _MIB
