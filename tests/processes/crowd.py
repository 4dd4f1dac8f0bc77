"""Many clients at once, none of them polite, and what they cost a page server."""

from __future__ import annotations

import os
import re
import resource
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from maintenance.domain.snapshot import Snapshot
from maintenance.publishing.store import POINTER, blob_name
from tests.pageserver.client import browse
from tests.processes.copy import Copy
from tests.snapshots import make_stored

_RESIDENT = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_OWN_FILES = 200
_SECONDS = 20.0
# For some pages, on a machine that does other things as well.
PATIENCE_SECONDS = 20.0
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def peak_mib(made: Copy) -> float:
    """Return the most memory that a page server ever had, in mebibytes."""
    found = _RESIDENT.search(_about(made, "status"))
    assert found
    return int(found[1]) / 1024


def cpu_seconds(made: Copy) -> float:
    """Return the processor time that a page server has used."""
    # The name, in parentheses, may hold spaces (proc(5)).
    fields = _about(made, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _about(made: Copy, name: str) -> str:
    return Path(f"/proc/{made.processes['page'].pid}/{name}").read_text()


@contextmanager
def crowd(port: int, size: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """Open connections, send the same on each, and read nothing."""
    _allow_files(size + _OWN_FILES)
    clients: list[socket.socket] = []
    try:
        for _ in range(size):
            client = socket.socket()
            clients.append(client)
            # Little is taken over by the kernel, on the reading side.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(_SECONDS)
            client.connect(("127.0.0.1", port))
            client.settimeout(0)
            with suppress(BlockingIOError):
                client.send(sent)
        yield clients
    finally:
        for client in clients:
            client.close()


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def count_alive(clients: Iterable[socket.socket]) -> int:
    """Return how many connections the server has not ended, and has sent nothing on."""
    return sum(map(_is_silent, clients))


def _is_silent(client: socket.socket) -> bool:
    try:
        client.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def flood(port: int, requests: Iterable[bytes]) -> None:
    """Send requests as fast as they are taken, and read the answers to all."""
    with socket.create_connection(("127.0.0.1", port), _SECONDS) as client:
        sender = threading.Thread(target=_send, args=(client, requests))
        sender.start()
        while client.recv(1 << 20):
            pass
        sender.join()


def _send(client: socket.socket, requests: Iterable[bytes]) -> None:
    batch: list[bytes] = []
    for each in requests:
        batch.append(each)
        if len(batch) == 200:
            client.sendall(b"".join(batch))
            batch.clear()
    client.sendall(b"".join(batch))
    client.shutdown(socket.SHUT_WR)


def metric(made: Copy, name: str) -> int:
    found = re.search(
        rf"^{re.escape(name)} (\d+)$", made.internal("/metrics").body, re.M
    )
    assert found, name
    return int(found[1])


def turned_away(made: Copy) -> int:
    cause = "too_many_connections"
    return metric(made, f'entracte_connections_rejected_total{{cause="{cause}"}}')


def rejected(made: Copy, cause: str) -> int:
    return metric(made, f'entracte_rejected_total{{cause="{cause}"}}')


def assert_others_are_served(made: Copy, times: int = 5) -> None:
    started = time.monotonic()
    for _ in range(times):
        assert browse(made.ports["page"]).status == 503
    assert time.monotonic() - started < PATIENCE_SECONDS


def store(
    made: Copy, snapshot: Snapshot, files: Mapping[str, bytes] = NO_FILES
) -> None:
    """Put a publication where the page server looks for it."""
    pointer, blob, digest = make_stored(snapshot)
    for name, data in {**files, blob_name(digest): blob, POINTER: pointer}.items():
        path = made.data / "storage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
