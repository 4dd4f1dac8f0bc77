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
from pathlib import Path
from types import FrameType

from portal import env, storage

# A page server may finish its answers, and a publisher its publication.
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.1

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
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def start(self, name: str, *command: str) -> None:
        # A session of its own: Ctrl-C reaches this process alone, which then
        # stops the others in order.
        self._running[name] = subprocess.Popen(command, start_new_session=True)  # noqa: S603  our own commands

    def wait_until_answering(self, *addresses: tuple[str, int]) -> None:
        """Return when every address accepts connections, or when asked to stop.

        Raises:
            LaunchError: a process ended by itself.
        """
        for address in addresses:
            while not self.stopping and not _accepts(address):
                self._check()

    def wait(self) -> None:
        """Return when asked to stop.

        Raises:
            LaunchError: a process ended by itself.
        """
        while not self.stopping:
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
    page, internal, portal = (
        env.address(name, default=DEFAULTS[name])
        for name in ("PAGE_ADDRESS", "PAGE_INTERNAL_ADDRESS", "PORTAL_ADDRESS")
    )
    _make_secret_key(storage.data_dir())
    # Visitors first: pages do not wait for the database.
    processes.start("The page server", sys.executable, "-m", "maintenance.pageserver")
    _prepare_database()
    processes.start("The portal", sys.executable, "-m", "portal.serve")
    processes.start(
        "The publication watcher", sys.executable, "manage.py", "publish", "--watch"
    )
    processes.wait_until_answering(page, portal)
    _say(f"Pages      {_url(page)}  (metrics and health: {_url(internal)})")
    _say(f"Portal     {_url(portal)}admin/")
    _say("Ctrl-C stops everything.")
    processes.wait()


def _make_secret_key(folder: Path) -> None:
    """Write a secret key once, for this machine's trial alone."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(folder / "secret_key", flags, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))


def _prepare_database() -> None:
    """Migrate, make the first account, and publish, in this process."""
    import django
    from django.core.management import call_command
    from django.core.management.base import CommandError

    django.setup()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("create_first_admin")
        call_command("publish", verbosity=0)
    except CommandError as exc:
        # The storage may be away: the watcher goes on trying.
        _say(str(exc))


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
