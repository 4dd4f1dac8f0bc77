"""The test servers do what the other tests rely on."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from tests.servers.moto import moto
from tests.servers.process import (
    ServerError,
    ServerProcess,
    held_port,
    listens,
    running,
)
from tests.servers.radosgw import missing, radosgw
from tests.servers.s3 import S3Process, S3Server

IMPATIENT = Config(
    connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1}
)
RADOSGW = pytest.mark.radosgw

StartStore = Callable[[Path], AbstractContextManager[S3Process]]


@contextmanager
def radosgw_or_skip(folder: Path, *, tls: bool) -> Iterator[S3Process]:
    if command := missing():
        pytest.skip(f"Ceph is not installed: {command}")
    with radosgw(folder, tls=tls) as gateway:
        yield gateway


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(partial(moto, tls=False), id="moto"),
        pytest.param(partial(moto, tls=True), id="moto-tls"),
        pytest.param(partial(radosgw_or_skip, tls=False), id="radosgw", marks=RADOSGW),
        pytest.param(
            partial(radosgw_or_skip, tls=True), id="radosgw-tls", marks=RADOSGW
        ),
    ],
)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[S3Process]:
    start: StartStore = request.param
    with start(tmp_path_factory.mktemp("store")) as process:
        process.s3.make_bucket("pages")
        yield process


@pytest.fixture(
    params=[
        pytest.param(partial(moto, tls=True), id="moto"),
        pytest.param(partial(radosgw_or_skip, tls=True), id="radosgw", marks=RADOSGW),
    ]
)
def own_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[S3Process]:
    """Start a store that the test may kill and freeze."""
    start: StartStore = request.param
    with start(tmp_path) as process:
        process.s3.make_bucket("pages")
        yield process


def status_of(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def put(s3: S3Server, key: str, body: bytes, **conditions: str) -> str:
    """Store an object and return its entity tag without quotes."""
    answer = s3.client().put_object(Bucket="pages", Key=key, Body=body, **conditions)  # type: ignore[arg-type]  # names known only at run time
    return answer["ETag"].strip('"')


def get(s3: S3Server, key: str, config: Config | None = None) -> bytes:
    return s3.client(config).get_object(Bucket="pages", Key=key)["Body"].read()


def test_right_keys_read_what_they_wrote(store: S3Process) -> None:
    put(store.s3, "right", b"body")

    assert get(store.s3, "right") == b"body"


def test_wrong_access_key_is_refused(store: S3Process) -> None:
    put(store.s3, "guarded", b"body")

    with pytest.raises(ClientError) as refused:
        get(replace(store.s3, access_key="AKIA0123456789ABCDEF"), "guarded")

    assert status_of(refused.value) == 403


def test_wrong_secret_key_is_refused(store: S3Process) -> None:
    put(store.s3, "guarded", b"body")

    with pytest.raises(ClientError) as refused:
        get(replace(store.s3, secret_key="wrong"), "guarded")  # noqa: S106 - it is wrong on purpose

    assert status_of(refused.value) == 403


def test_tampered_signature_is_refused(store: S3Process) -> None:
    put(store.s3, "guarded", b"body")
    client = store.s3.client()
    client.meta.events.register("before-send.s3", tamper)

    with pytest.raises(ClientError) as refused:
        client.get_object(Bucket="pages", Key="guarded")

    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def tamper(request: AWSPreparedRequest, **_: object) -> None:
    """Replace the last digit of the signature."""
    header = request.headers["Authorization"]
    text = header.decode() if isinstance(header, bytes) else header
    request.headers["Authorization"] = text[:-1] + ("1" if text[-1] == "0" else "0")


def test_unsigned_request_is_refused(store: S3Process) -> None:
    put(store.s3, "guarded", b"body")

    with pytest.raises(ClientError) as refused:
        get(store.s3, "guarded", Config(signature_version=UNSIGNED))

    assert status_of(refused.value) == 403


def test_put_that_must_create_fails_on_an_existing_key(store: S3Process) -> None:
    put(store.s3, "first", b"one", IfNoneMatch="*")

    with pytest.raises(ClientError) as refused:
        put(store.s3, "first", b"two", IfNoneMatch="*")

    assert status_of(refused.value) == 412


def test_put_with_the_current_tag_replaces(store: S3Process) -> None:
    tag = put(store.s3, "pointer", b"one")

    put(store.s3, "pointer", b"two", IfMatch=tag)

    assert get(store.s3, "pointer") == b"two"


def test_put_with_an_old_tag_fails(store: S3Process) -> None:
    tag = put(store.s3, "contested", b"one")
    put(store.s3, "contested", b"two")

    with pytest.raises(ClientError) as refused:
        put(store.s3, "contested", b"three", IfMatch=tag)

    assert status_of(refused.value) == 412


def test_store_listens_on_this_machine_only(store: S3Process) -> None:
    assert store.addresses() == {"127.0.0.1"}


def test_certificate_is_refused_without_the_authority(own_store: S3Process) -> None:
    stranger = replace(own_store.s3, ca_bundle=None)

    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        stranger.client().list_buckets()


def test_killed_store_refuses_connections(own_store: S3Process) -> None:
    own_store.kill()

    with pytest.raises(EndpointConnectionError):
        own_store.s3.client(IMPATIENT).list_buckets()


def test_frozen_store_lets_requests_time_out(own_store: S3Process) -> None:
    own_store.freeze()

    with pytest.raises((ConnectTimeoutError, ReadTimeoutError)):
        own_store.s3.client(IMPATIENT).list_buckets()


def test_thawed_store_answers_again(own_store: S3Process) -> None:
    put(own_store.s3, "kept", b"body")
    own_store.freeze()

    own_store.thaw()

    assert get(own_store.s3, "kept") == b"body"


def test_moto_comes_back_empty(tmp_path: Path) -> None:
    with moto(tmp_path, tls=False) as server:
        server.s3.make_bucket("pages")

        server.kill()
        server.start()

        assert server.s3.client().list_buckets()["Buckets"] == []


@RADOSGW
def test_radosgw_comes_back_with_its_objects(tmp_path: Path) -> None:
    with radosgw_or_skip(tmp_path, tls=False) as gateway:
        gateway.s3.make_bucket("pages")
        put(gateway.s3, "kept", b"body")

        gateway.kill()
        gateway.start()

        assert get(gateway.s3, "kept") == b"body"


def test_missing_ceph_is_named_by_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert missing() == (
        "apt-get install --yes --no-install-recommends"
        " ceph-base ceph-common ceph-mon ceph-osd radosgw"
    )


def test_moto_takes_the_port_it_is_given(tmp_path: Path) -> None:
    with held_port() as port, moto(tmp_path, tls=False, port=port) as server:
        assert server.s3.endpoint_url == f"http://127.0.0.1:{port}"


def test_silent_client_does_not_block_a_tls_store(store: S3Process) -> None:
    port = int(store.s3.endpoint_url.rpartition(":")[2])

    with socket.create_connection(("127.0.0.1", port)):
        assert store.s3.answers()


def test_environment_says_where_the_store_is() -> None:
    s3 = S3Server("https://127.0.0.1:9", "key", "secret", ca_bundle=Path("ca.pem"))

    assert s3.environment == {
        "AWS_S3_ENDPOINT_URL": "https://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_S3_REGION_NAME": "us-east-1",
        "AWS_CA_BUNDLE": "ca.pem",
    }


def test_error_shows_the_log_of_a_server_that_does_not_start(tmp_path: Path) -> None:
    server = own_process(tmp_path, "raise SystemExit('no licence')", is_ready=False)

    with pytest.raises(ServerError, match=r"ended with code 1\.\nno licence"):
        server.start()


def test_process_ends_when_the_test_fails(tmp_path: Path) -> None:
    server = own_process(tmp_path, "import time; time.sleep(60)", is_ready=True)
    pids: list[int] = []

    with pytest.raises(ServerError, match="runs already"):
        fail_while_running(server, pids)

    assert not psutil.pid_exists(pids[0])


def fail_while_running(server: ServerProcess, pids: list[int]) -> None:
    with running(server):
        pids.append(server.pid)
        server.start()


def own_process(folder: Path, program: str, *, is_ready: bool) -> ServerProcess:
    return ServerProcess(
        [sys.executable, "-c", program],
        log=folder / "log",
        environment=os.environ,
        is_ready=lambda: is_ready,
    )


def test_held_port_refuses_connections() -> None:
    with held_port() as port:
        assert not listens(port)
