"""What stands before visitors and behind them: proxies, an application, a page server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.proxies.app import App, app
from tests.proxies.flows import Flow, listeners
from tests.proxies.proxy import Program, Proxy
from tests.servers.process import held_port, running


class Stage:
    """Proxies in front of one page server; each is started when it is asked for."""

    def __init__(self, folder: Path, stack: ExitStack, page_port: int) -> None:
        self.app: App = stack.enter_context(app())
        self._folder = folder
        self._stack = stack
        self._others = {
            "PAGE": page_port,
            "APP": self.app.port,
            "CLOSED": stack.enter_context(held_port()),
        }
        self._proxies: dict[Program, Proxy] = {}

    def port(self, flow: Flow) -> int:
        """Return the port of a flow, or skip the test without its program."""
        if command := flow.program.missing:
            pytest.skip(f"needs {flow.program.name}: {command}")
        if flow.program not in self._proxies:
            self._proxies[flow.program] = self._start(flow.program)
        return self._proxies[flow.program].ports[flow.listener]

    def addresses(self) -> set[str]:
        """Return the addresses on which the proxies accept connections."""
        return {ip for proxy in self._proxies.values() for ip in proxy.addresses()}

    def _start(self, program: Program) -> Proxy:
        folder = self._folder / program.name
        folder.mkdir()
        ports = {
            name: self._stack.enter_context(held_port()) for name in listeners(program)
        }
        proxy = Proxy(program, folder, own_ports=ports, others=self._others)
        return self._stack.enter_context(running(proxy))


@contextmanager
def open_stage(folder: Path, *, page_port: int) -> Iterator[Stage]:
    """Keep everything that a test asks for running until the end of the block."""
    with ExitStack() as stack:
        yield Stage(folder, stack, page_port)
