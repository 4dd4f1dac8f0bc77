from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.processes.copy import Copy, copy, wait_until

HALF_A_HEAD = b"GET /admin/login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_A_BODY = (
    b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nusername="
)
CHUNKS_WITHOUT_END = (
    b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
)
# The largest file of the portal, 280 KiB, to a client that does not read.
LARGE_ANSWER = (
    b"GET /static/admin/js/vendor/jquery/jquery.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
)
SLOW = {
    "silent": b"",
    "half a head": HALF_A_HEAD,
    "half a body": HALF_A_BODY,
    "endless chunks": CHUNKS_WITHOUT_END,
    "not reading": LARGE_ANSWER,
}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Copy]:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        yield made


@pytest.fixture
def hasty_portal(tmp_path: Path) -> Iterator[Copy]:
    """A portal that waits a second for its clients."""
    with copy(tmp_path, PORTAL_CLIENT_TIMEOUT_SECONDS="1") as made:
        made.prepare()
        made.start_portal()
        yield made


def connect(made: Copy, sent: bytes) -> socket.socket:
    connection = socket.socket()
    # So small that an answer does not fit: it has to be read.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", made.ports["portal"]))
    connection.sendall(sent)
    return connection


def takes(connection: socket.socket, data: bytes) -> bool:
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True


def read(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(4096), b""))


def is_open(connection: socket.socket) -> bool:
    connection.settimeout(0.1)
    try:
        return connection.recv(1) != b""
    except OSError as exc:
        return isinstance(exc, TimeoutError)


def log_in_page(made: Copy) -> int:
    return made.ask("portal", "/admin/login/", {}).status


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_slow_clients_hold_up_nobody(portal: Copy, sent: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(connect(portal, sent))

        assert log_in_page(portal) == 200


def test_more_clients_than_there_is_room_for_hold_up_nobody(portal: Copy) -> None:
    with ExitStack() as stack:
        for _ in range(250):
            stack.enter_context(connect(portal, HALF_A_HEAD))

        assert log_in_page(portal) == 200


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_slow_clients_are_cut_off_although_they_trickle(
    hasty_portal: Copy, sent: bytes
) -> None:
    with connect(hasty_portal, sent) as connection:
        wait_until(lambda: not takes(connection, b"x"))


def test_clients_are_let_go_where_file_descriptors_run_out(portal: Copy) -> None:
    # Until it has answered once, a worker is still opening and closing files.
    assert log_in_page(portal) == 200
    (worker,) = psutil.Process(portal.processes["portal"].pid).children()
    limit = worker.num_fds() + 20
    worker.rlimit(psutil.RLIMIT_NOFILE, (limit, limit))
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(portal, HALF_A_HEAD)) for _ in range(60)]
        wait_until(lambda: sum(map(is_open, clients)) < 30)

    wait_until(lambda: log_in_page(portal) == 200)
    assert worker.is_running()


def test_what_waits_for_slow_clients_is_bounded(portal: Copy) -> None:
    head = HALF_A_BODY.replace(b"1000", b"3000000")
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(portal, head)) for _ in range(40)]
        for client in clients:
            takes(client, b"x" * 2_500_000)

        assert log_in_page(portal) == 200
        still_there = [client for client in clients if is_open(client)]

    assert 10 < len(still_there) < 30


def test_a_client_that_reads_slowly_gets_all_of_it(portal: Copy) -> None:
    with connect(portal, LARGE_ANSWER) as connection:
        answer = b""
        while piece := connection.recv(2048):
            answer += piece
            time.sleep(0.001)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(body) > 250_000


def test_a_body_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    head = HALF_A_BODY.replace(b"1000", b"300000000").replace(
        b"x-www-form-urlencoded", b"form-data; boundary=b"
    )
    with copy(tmp_path, TMPDIR=str(temporary)) as made:
        made.prepare()
        made.start_portal()
        with connect(made, head + b"x" * 100_000) as connection:
            answer = read(connection)
        left = list(temporary.iterdir())

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"at most 5 MiB" in answer
    assert left == []


def test_a_body_of_unknown_length_is_refused_unread(portal: Copy) -> None:
    with connect(portal, CHUNKS_WITHOUT_END) as connection:
        answer = read(connection)

    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b"Send it with a Content-Length" in answer


def test_an_upload_may_ask_first(portal: Copy) -> None:
    head = (
        b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n"
    )
    with connect(portal, head) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"username=x")
        answer = read(connection)

    assert b"The form was too old" in answer


def test_half_a_request_does_not_keep_the_portal_from_stopping(portal: Copy) -> None:
    with connect(portal, HALF_A_HEAD):
        assert log_in_page(portal) == 200

        assert portal.stop("portal") == 0
