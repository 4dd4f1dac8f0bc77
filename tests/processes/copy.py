"""A copy of the whole product: its real processes, on ports of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from tests.processes.migrated import PREFIX, give_postgresql, give_sqlite
from tests.servers.process import ServerProcess, held_port, listens

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "house-lights-42"  # noqa: S105  opens nothing but a copy of a test
# Far above what is promised: these tests say that a thing happens, benches how fast.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Ended:
    """What a command printed, and how it ended."""

    status: int
    output: str
    errors: str


@dataclass
class Copy:
    """One data folder, three ports, and the processes that a test starts."""

    folder: Path
    ports: dict[str, int]
    changes: dict[str, str] = field(default_factory=dict)
    processes: dict[str, ServerProcess] = field(default_factory=dict)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that SQLite and PostgreSQL read alike."""
        if url := self.environment.get("DATABASE_URL"):
            with psycopg.connect(url) as postgresql:
                cursor = postgresql.execute(sql.encode())
                return cursor.fetchall() if cursor.description else []
        with sqlite3.connect(self.data / "portal.sqlite3") as sqlite:
            return sqlite.execute(sql).fetchall()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return kept | {
            "PORTAL_DATA_DIR": str(self.data),
            "PORTAL_SECRET_KEY": "a key for tests that signs nothing of value",
            "PORTAL_HTTPS": "false",
            "PORTAL_ADMIN_PASSWORD": PASSWORD,
            "PAGE_ADDRESS": f"127.0.0.1:{self.ports['page']}",
            "PAGE_INTERNAL_ADDRESS": f"127.0.0.1:{self.ports['internal']}",
            "PORTAL_ADDRESS": f"127.0.0.1:{self.ports['portal']}",
            **self.changes,
        }

    def manage(self, *words: str, text: str | None = None) -> Ended:
        return self._run(["manage.py", *words], text)

    def launch(self) -> Ended:
        """Run what `make run` runs until it ends by itself."""
        return self._run(["-m", "portal.launch"], None)

    def serve(self) -> Ended:
        """Run the portal until it ends by itself."""
        return self._run(["-m", "portal.serve"], None)

    def _run(self, words: list[str], text: str | None) -> Ended:
        ended = subprocess.run(  # noqa: S603  our own commands
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def succeed(self, *words: str) -> str:
        ended = self.manage(*words)
        assert ended.status == 0, ended.errors
        return ended.output

    def prepare(self) -> None:
        """Make the database."""
        self.data.mkdir(parents=True, exist_ok=True)
        server, url = (
            os.environ.get("DATABASE_URL"),
            self.environment.get("DATABASE_URL"),
        )
        if not url:
            give_sqlite(self.data / "portal.sqlite3", self._migrate)
        elif server and f"/{PREFIX}" in url:
            give_postgresql(server, url, self._migrate)
        else:
            self._migrate()

    def _migrate(self) -> None:
        self.succeed("migrate", "--verbosity", "0")

    def start_page_server(self, name: str = "page", *, files: int = 0) -> None:
        """Start a page server, which may open so many files if a number is given."""
        command = [sys.executable, "-m", "maintenance.pageserver"]
        if files:
            command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        ports = (self.ports["page"], self.ports["internal"])
        self._start(name, command, lambda: all(map(listens, ports)))

    def start_portal(self) -> None:
        port = self.ports["portal"]
        command = [sys.executable, "-m", "portal.serve"]
        self._start("portal", command, lambda: listens(port))

    def start_watcher(self, name: str = "watcher") -> None:
        self.start_command(name, "publish", "--watch")

    def start_command(self, name: str, *words: str) -> None:
        """Start a command and do not wait for its end."""
        self._start(name, [sys.executable, "manage.py", *words], lambda: True)

    def start_launcher(self) -> None:
        """Run what `make run` runs, and wait until it has printed its addresses."""
        self.begin_to_launch("Ctrl-C")

    def begin_to_launch(self, printed: str) -> None:
        """Run what `make run` runs, and wait until it has printed something."""
        log = self.folder / "launcher.log"
        log.unlink(missing_ok=True)
        self._start(
            "launcher",
            [sys.executable, "-m", "portal.launch"],
            lambda: log.exists() and printed in log.read_text(),
        )

    def restart_page_server(self) -> None:
        """End the page server that the launcher started, and start another."""
        launcher = psutil.Process(self.processes["launcher"].pid)
        running = [
            c for c in launcher.children() if "maintenance.pageserver" in c.cmdline()
        ]
        # The launcher stops everything when a part ends: it must not see it.
        self.processes["launcher"].freeze()
        for each in running:
            each.kill()
        wait_until(lambda: not listens(self.ports["page"]))
        self.start_page_server()

    def stop(self, name: str) -> int:
        """Ask a process to end, as Kubernetes and Ctrl-C do, and return its status."""
        process = self.processes.pop(name)
        running = process._popen  # noqa: SLF001  its exit status is the claim
        assert running is not None
        running.send_signal(signal.SIGTERM)
        return running.wait(PATIENCE_SECONDS)

    def kill(self, name: str) -> None:
        self.processes.pop(name).kill()

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def page(
        self, path: str = "/", *, host: str = "localhost", **headers: str
    ) -> Answer:
        """Ask for a page, with header names written with underscores."""
        return self.ask("page", path, {"Host": host} | _headers(headers))

    def internal(self, path: str) -> Answer:
        return self.ask("internal", path, {})

    def ask(self, port: str, path: str, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.ports[port], timeout=10
        )
        try:
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            return Answer(
                response.status, dict(response.getheaders()), response.read().decode()
            )
        finally:
            connection.close()

    def until_page(
        self, wanted: str, *, host: str = "localhost", path: str = "/"
    ) -> Answer:
        """Ask until the page holds a text, and return that page."""
        return wait_for(
            lambda: self.page(path, host=host), lambda answer: wanted in answer.body
        )

    def _start(
        self, name: str, command: list[str], is_ready: Callable[[], bool]
    ) -> None:
        process = ServerProcess(
            command,
            log=self.folder / f"{name}.log",
            environment=self.environment | {"PYTHONPATH": str(ROOT)},
            is_ready=is_ready,
        )
        self.processes[name] = process
        process.start()


def wait_for(ask: Callable[[], Answer], is_right: Callable[[Answer], bool]) -> Answer:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = ask()
        except OSError:
            answer = Answer(0, {}, "no connection")
        if is_right(answer):
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def copy(folder: Path, **changes: str) -> Iterator[Copy]:
    """Make a copy with free ports; every process it still has is ended after."""
    with ExitStack() as stack:
        names = ("page", "internal", "portal")
        ports = {name: stack.enter_context(held_port()) for name in names}
        made = Copy(folder, ports, stack.enter_context(_database()) | changes)
        stack.callback(_end_all, made)
        yield made


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """Make a database of the copy's own where the tests run on PostgreSQL."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        yield {}
        return
    name = f"{PREFIX}{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield {"DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _end_all(made: Copy) -> None:
    for process in made.processes.values():
        process.terminate()
    made.processes.clear()


def _headers(names: Mapping[str, str]) -> dict[str, str]:
    return {re.sub("_", "-", name): value for name, value in names.items()}
