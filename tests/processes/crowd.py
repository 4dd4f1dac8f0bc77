"""Many clients at once, none of them polite, and what they cost a process."""

from __future__ import annotations

import os
import re
import resource
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RESIDENT = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_OWN_FILES = 200
_SECONDS = 20.0


def peak_mib(pid: int) -> float:
    """Return the most memory that a process ever had, in mebibytes."""
    found = _RESIDENT.search(Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    # The name, in parentheses, may hold spaces (proc(5)).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def flood(port: int, requests: Iterable[bytes]) -> bytes:
    """Send requests as fast as they are taken, and return the last answer's end.

    The answers are read meanwhile, as many as there are requests.
    """
    with socket.create_connection(("127.0.0.1", port), _SECONDS) as client:
        sender = threading.Thread(target=_send, args=(client, requests))
        sender.start()
        last = b""
        while data := client.recv(1 << 20):
            last = (last + data)[-200:]
        sender.join()
    return last


def _send(client: socket.socket, requests: Iterable[bytes]) -> None:
    batch: list[bytes] = []
    for each in requests:
        batch.append(each)
        if len(batch) == 200:
            client.sendall(b"".join(batch))
            batch.clear()
    client.sendall(b"".join(batch))
    client.shutdown(socket.SHUT_WR)
