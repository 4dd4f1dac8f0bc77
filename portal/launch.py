"""Start everything on this machine, for trying it out: what `make run` does.

In production the same commands run in containers of their own.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from math import inf
from pathlib import Path
from types import FrameType

from portal import env, storage

# A page server may finish its answers, and a publisher its publication.
STOP_SECONDS = 15.0
# How long to wait for a database before it is asked again.
RETRY_SECONDS = 2.0
_POLL_SECONDS = 0.1
# Reads the processes' numbers until this process is gone, however it ended, and
# then stops what it started.
_LEASH = 'while read -r pid; do pids="$pids $pid"; done; kill $pids 2>/dev/null'

DEFAULTS = {
    "PAGE_ADDRESS": "127.0.0.1:8080",
    "PAGE_INTERNAL_ADDRESS": "127.0.0.1:9090",
    "PORTAL_ADDRESS": "127.0.0.1:8000",
    "PORTAL_HTTPS": "false",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
}


class LaunchError(Exception):
    """Something could not be started, or ended by itself."""


class Processes:
    """The processes that were started, and the signal to stop them."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        held, self._leash_end = os.pipe()
        self._leash = subprocess.Popen(  # noqa: S603  our own command
            ["/bin/sh", "-c", _LEASH], stdin=held, start_new_session=True
        )
        os.close(held)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def start(self, name: str, *command: str) -> None:
        # A session of its own: Ctrl-C reaches this process alone, which then
        # stops the others in order.
        process = subprocess.Popen(command, start_new_session=True)  # noqa: S603  our own commands
        self._running[name] = process
        os.write(self._leash_end, f"{process.pid}\n".encode())

    def wait_until_answering(self, *addresses: tuple[str, int]) -> None:
        """Return when every address accepts connections, or when asked to stop.

        Raises:
            LaunchError: a process ended by itself.
        """
        for address in addresses:
            while not self.stopping and not _accepts(address):
                self._check()

    def wait(self, seconds: float = inf) -> None:
        """Return after so long, or when asked to stop.

        Raises:
            LaunchError: a process ended by itself.
        """
        deadline = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < deadline:
            self._check()

    def _check(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None:
                raise LaunchError(f"{name} ended with status {process.returncode}.")
        time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._leash.kill()
        self._leash.wait()
        os.close(self._leash_end)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


def main() -> int:
    os.environ.update(DEFAULTS | os.environ)
    processes = Processes()
    try:
        _run(processes)
    except (LaunchError, env.SettingError) as exc:
        _say(f"Stopped: {exc}")
        return 1
    finally:
        processes.stop()
    _say("Stopped.")
    return 0


def _run(processes: Processes) -> None:
    names = ("PAGE_ADDRESS", "PAGE_INTERNAL_ADDRESS", "PORTAL_ADDRESS")
    addresses = {name: env.address(name, default=DEFAULTS[name]) for name in names}
    page, internal, portal = addresses.values()
    _refuse_taken(addresses)
    _make_secret_key(storage.data_dir())
    # Visitors first: pages do not wait for the database.
    processes.start("The page server", sys.executable, "-m", "maintenance.pageserver")
    _prepare_database(processes)
    if processes.stopping:
        return
    processes.start("The portal", sys.executable, "-m", "portal.serve")
    # It publishes what is not published yet, and lets a rollback be.
    processes.start(
        "The publication watcher", sys.executable, "manage.py", "publish", "--watch"
    )
    processes.wait_until_answering(page, portal)
    _say(f"Pages      {_url(page)}  (metrics and health: {_url(internal)})")
    _say(f"Portal     {_url(portal)}admin/")
    _say("Ctrl-C stops everything.")
    processes.wait()


def _refuse_taken(addresses: Mapping[str, tuple[str, int]]) -> None:
    """Find out that an address cannot be listened on before anything starts."""
    with ExitStack() as listeners:
        for name, address in addresses.items():
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            try:
                listener = socket.create_server(address, family=family)
            except OSError as exc:
                raise LaunchError(
                    f"{name} cannot be used: {exc.strerror}. Stop what uses it, or "
                    "set the variable to another address."
                ) from exc
            listeners.enter_context(listener)


def _make_secret_key(folder: Path) -> None:
    """Write a secret key once, for this machine's trial alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    file = folder / "secret_key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            return
        with os.fdopen(os.open(file, flags, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(48))
    except OSError as exc:
        raise LaunchError(f"PORTAL_DATA_DIR cannot be used: {exc}.") from exc


def _prepare_database(processes: Processes) -> None:
    """Migrate and make the first account, as soon as the database lets it."""
    import django
    from django.core.management import CommandError, call_command
    from django.db import Error as DatabaseError
    from django.db import connection

    from maintenance.management.database import sentence

    django.setup()
    said = ""
    while not processes.stopping:
        try:
            call_command("migrate", verbosity=0, interactive=False)
            call_command("create_first_admin")
        except (CommandError, DatabaseError) as exc:
            problem = sentence(exc) if isinstance(exc, DatabaseError) else str(exc)
            if problem != said:
                _say(f"The portal waits, pages do not: {problem}")
            said = problem
            connection.close()
            processes.wait(RETRY_SECONDS)
        else:
            return


def _accepts(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


def _url(address: tuple[str, int]) -> str:
    host, port = address
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
