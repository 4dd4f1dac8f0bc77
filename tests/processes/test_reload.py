from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

from tests.pageserver.process import publish
from tests.processes.copy import Copy, copy, wait_for
from tests.processes.visitors import until_answered, visiting
from tests.servers.moto import moto

BUCKET = "entracte"
SELDOM = {"SNAPSHOT_REFRESH_SECONDS": "3600"}


def hang_up(made: Copy) -> None:
    os.kill(made.processes["page"].pid, signal.SIGHUP)


def until_version(made: Copy, version: int) -> None:
    wait_for(
        lambda: made.internal("/snapshot"),
        lambda answer: answer.json()["version"] == version,
    )


def test_hangup_looks_at_the_storage_at_once(tmp_path: Path) -> None:
    with copy(tmp_path, **SELDOM) as made:
        publish(made.data)
        made.start_page_server()
        until_version(made, 1)
        publish(made.data, version=2)
        time.sleep(0.5)
        before = made.internal("/snapshot").json()["version"]
        hang_up(made)

        until_version(made, 2)
        assert before == 1


def test_hangup_loses_no_request(tmp_path: Path) -> None:
    with copy(tmp_path, **SELDOM) as made:
        publish(made.data)
        made.start_page_server()
        with visiting([made.ports["page"]], keeps=True) as visitors:
            for version in range(2, 12):
                publish(made.data, version=version)
                hang_up(made)
                until_version(made, version)
                until_answered(visitors, 1)

    assert [visitor.lost for visitor in visitors] == [[]] * len(visitors)
    assert [visitor.connections for visitor in visitors] == [1] * len(visitors)


def test_hangup_reads_keys_that_were_changed(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("of yesterday")
    with moto(tmp_path / "s3", tls=False) as server:
        server.s3.make_bucket(BUCKET)
        variables = {"AWS_STORAGE_BUCKET_NAME": BUCKET, **server.s3.environment}
        with copy(tmp_path, **variables) as made:
            made.prepare()
            made.succeed("set_reason", "Moving house")
            made.changes["AWS_SECRET_ACCESS_KEY_FILE"] = str(key)
            made.start_page_server()
            refused = wait_for(
                lambda: made.internal("/snapshot"),
                lambda answer: answer.json()["problem"],
            )
            key.write_text(server.s3.secret_key)
            hang_up(made)

            made.until_page("Moving house")
            assert refused.json()["problem"] == "storage"


def test_hangup_that_finds_no_key_keeps_what_works(tmp_path: Path) -> None:
    key = tmp_path / "key"
    with moto(tmp_path / "s3", tls=False) as server:
        server.s3.make_bucket(BUCKET)
        key.write_text(server.s3.secret_key)
        variables = {"AWS_STORAGE_BUCKET_NAME": BUCKET, **server.s3.environment}
        with copy(tmp_path, **variables) as made:
            made.prepare()
            made.changes["AWS_SECRET_ACCESS_KEY_FILE"] = str(key)
            made.start_page_server()
            made.succeed("set_reason", "Before")
            made.until_page("Before")
            key.unlink()
            hang_up(made)
            wait_for(
                lambda: made.internal("/metrics"),
                lambda answer: 'failures_total{cause="storage"} 1' in answer.body,
            )
            key.write_text(server.s3.secret_key)
            made.succeed("set_reason", "After")

            made.until_page("After")
            assert "AWS_SECRET_ACCESS_KEY_FILE" in made.log_of("page")


def test_hangups_do_not_add_up_in_memory(tmp_path: Path) -> None:
    with moto(tmp_path / "s3", tls=False) as server:
        server.s3.make_bucket(BUCKET)
        variables = {"AWS_STORAGE_BUCKET_NAME": BUCKET, **server.s3.environment}
        with copy(tmp_path, **variables) as made:
            made.prepare()
            made.start_page_server()
            process = psutil.Process(made.processes["page"].pid)
            sizes = []
            for number in range(5):
                made.succeed("set_reason", f"Reason {number}")
                made.until_page(f"Reason {number}")
                time.sleep(0.5)
                sizes.append(process.memory_info().rss)
                hang_up(made)

    # A client of the storage takes 12 MiB.
    assert sizes[-1] - sizes[0] < 12 * 2**20
