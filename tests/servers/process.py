"""A server process that a test may kill, freeze, and start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

START_SECONDS = 60.0
END_SECONDS = 10.0
POLL_SECONDS = 0.02
LOG_LINES_IN_ERRORS = 30


class ServerError(Exception):
    """A test server did not do what a test asked of it."""


class ServerProcess:
    """One process of a server, called after its log.

    Every start runs the same command, so the server comes back at the same place.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        is_ready: Callable[[], bool],
    ) -> None:
        self._command = [str(part) for part in command]
        self._log = log
        self._environment = environment
        self._is_ready = is_ready
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._running().pid

    def addresses(self) -> set[str]:
        """Return the addresses on which the process accepts connections."""
        connections = psutil.Process(self.pid).net_connections()
        return {
            each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN
        }

    def start(self) -> None:
        """Start the process and return when it answers."""
        if self._popen is not None and self._popen.poll() is None:
            raise ServerError(f"{self} runs already.")
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603 - a command from these modules, no shell
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until(self._is_ready, "ready")

    def kill(self) -> None:
        """End the process at once, without a chance to clean up; do nothing if it does not run."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end, and end it if it does not; do nothing if it does not run."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Make the server a black hole: its port still accepts connections, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        self._wait_until(self._is_stopped, "frozen")

    def thaw(self) -> None:
        """Let a frozen server go on where it was."""
        os.kill(self.pid, signal.SIGCONT)

    def __str__(self) -> str:
        return self._log.stem

    def _running(self) -> subprocess.Popen[bytes]:
        if self._popen is None:
            raise ServerError(f"{self} does not run.")
        return self._popen

    def _end(self, number: signal.Signals) -> None:
        if self._popen is None:
            return
        self._popen.send_signal(number)
        # A frozen process takes no signal but SIGKILL before it goes on.
        self._popen.send_signal(signal.SIGCONT)
        try:
            self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._popen = None

    def _is_stopped(self) -> bool:
        return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

    def _wait_until(self, condition: Callable[[], bool], name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            code = self._running().poll()
            if code is not None:
                raise ServerError(
                    f"{self} ended with code {code}.\n{self._end_of_log()}"
                )
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self} is not {name} after {START_SECONDS:.0f} s.\n{self._end_of_log()}"
                )
            time.sleep(POLL_SECONDS)

    def _end_of_log(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_IN_ERRORS:])


Server = TypeVar("Server", bound=ServerProcess)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Start a server and end it afterwards, also if it never became ready."""
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def held_port(port: int = 0) -> Iterator[int]:
    """Keep a TCP port of 127.0.0.1 for a server that comes and goes; 0 takes a free one.

    Linux lets a server with SO_REUSEADDR listen on a port that is bound but not listening here,
    refuses connections while no server does, and never gives the port out as a free one.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        held: int = holder.getsockname()[1]
        yield held


def listens(port: int) -> bool:
    """Tell whether a server accepts connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
