"""Fixtures that three or more files use, and the rule that CI skips nothing."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.files.storage import storages
from django.test import override_settings
from hypothesis import HealthCheck, settings

from maintenance.publishing.current import current_store
from maintenance.publishing.store import SnapshotStore

# How long an example takes says something of the machine, not of the code.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    """Django's default storage in a folder of the test's own, as a store."""
    local = {
        "BACKEND": "maintenance.publishing.local_files.LocalFiles",
        "OPTIONS": {"location": str(tmp_path / "storage"), "allow_overwrite": True},
    }
    entries = {**storages.backends, "default": local}
    with override_settings(STORAGES=entries, PORTAL_DATA_DIR=tmp_path):
        yield current_store()


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    return _without_skip((yield))


def _without_skip(report: Report) -> Report:
    """Make a skip a failure where CI=true: there, everything can be installed."""
    is_expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not is_expected_failure and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"A skip is a failure where CI=true: {report.longrepr}"
    return report
