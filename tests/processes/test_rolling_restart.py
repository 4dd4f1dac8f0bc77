from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.pageserver.process import publish
from tests.processes.copy import Copy, copy, wait_for
from tests.processes.visitors import Visitor, until_answered, visiting


@contextmanager
def two_page_servers(folder: Path, **changes: str) -> Iterator[list[Copy]]:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(copy(folder / name, **changes)) for name in ("a", "b")
        ]
        for server in servers:
            publish(server.data)
            server.start_page_server()
            until_ready(server)
        yield servers


def until_ready(server: Copy) -> None:
    wait_for(lambda: server.internal("/readyz"), lambda answer: answer.status == 200)


def restart(server: Copy, visitors: list[Visitor]) -> None:
    """Replace a page server as a Deployment does, and let everybody ask meanwhile."""
    assert server.stop("page") == 0
    until_answered(visitors)
    server.start_page_server()
    until_ready(server)
    until_answered(visitors)


class ServiceProxy(threading.Thread):
    """What kube-proxy does: it stops sending to a server that is not ready, later."""

    def __init__(self, servers: list[Copy]) -> None:
        super().__init__()
        self.ports = [server.ports["page"] for server in servers]
        self._servers = servers
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.2):
            ready = [s.ports["page"] for s in self._servers if self._is_ready(s)]
            self.ports[:] = ready or self.ports

    def __enter__(self) -> ServiceProxy:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    @staticmethod
    def _is_ready(server: Copy) -> bool:
        try:
            return server.internal("/readyz").status == 200
        except OSError:
            return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_rolling_restart_loses_no_request_on_kept_connections(
    tmp_path: Path, workers: str
) -> None:
    with two_page_servers(tmp_path, PAGE_WORKERS=workers) as servers:
        ports = [server.ports["page"] for server in servers]
        with visiting(ports, keeps=True, goes_on=True) as visitors:
            until_answered(visitors)
            for server in servers * 2:
                restart(server, visitors)

    assert [visitor.lost for visitor in visitors] == [[]] * len(visitors)
    # They asked on connections that were kept, not on one for each request.
    assert all(v.answers > 4 * v.connections for v in visitors)


def test_rolling_restart_loses_no_new_connection_behind_a_service(
    tmp_path: Path,
) -> None:
    delay = {"PAGE_DRAIN_DELAY_SECONDS": "2"}
    with (
        two_page_servers(tmp_path, **delay) as servers,
        ServiceProxy(servers) as proxy,
        visiting(proxy.ports, keeps=False) as visitors,
    ):
        for server in servers:
            until_answered(visitors)
            restart(server, visitors)
            # A rolling restart goes on once the new one takes part.
            wait_for(
                lambda: servers[0].internal("/readyz"), lambda _: len(proxy.ports) == 2
            )

    assert [visitor.lost for visitor in visitors] == [[]] * len(visitors)
