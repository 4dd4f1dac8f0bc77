"""Who answers in a benchmark: the page server, and what one would take instead."""

from __future__ import annotations

import gzip
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import Template
from typing import NamedTuple

import boto3
import psutil
from botocore import UNSIGNED
from botocore.config import Config

from bench import visitors
from tests.processes.copy import Copy
from tests.servers.process import ServerProcess, held_port, listens

CORE, LOAD_CORE = 0, 1
"""The servers' core, and that of everything else."""

BIN = Path(sys.executable).parent
BUCKET = "maintenance"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that runs on the core, alone while it is measured."""

    name: str
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return the user and system time that its processes have used."""
        top = psutil.Process(self.pid)
        # Nanoseconds, by thread: the process's own figure counts in 10 ms.
        return (
            sum(
                int(
                    Path(f"/proc/{each.pid}/task/{thread.id}/schedstat")
                    .read_text()
                    .split()[0]
                )
                for each in (top, *top.children(recursive=True))
                for thread in each.threads()
            )
            / 1e9
        )

    def resident_mib(self) -> float:
        return float(psutil.Process(self.pid).memory_info().rss) / 2**20


class Seen(NamedTuple):
    """What a contender spent on a request, and how many it answered."""

    microseconds: float
    requests_per_second: float


def take_turns(
    all_of_them: Iterable[Contender], script: Path, *, rounds: int, seconds: float
) -> dict[str, Seen]:
    """Put each under load in turn, several times, and return the medians by name."""
    seen: dict[str, list[Seen]] = defaultdict(list)
    for _, each in product(range(rounds), list(all_of_them)):
        before = each.cpu_seconds()
        load = visitors.send(script, each.port, seconds=seconds, core=LOAD_CORE)
        spent = each.cpu_seconds() - before
        if load.unwanted:
            sys.stdout.write(f"{each.name}: {load.unwanted}\n")
        seen[each.name].append(
            Seen(spent / load.requests * 1e6, load.requests_per_second)
        )
    return {
        name: Seen(
            *(statistics.median(figures) for figures in zip(*turns, strict=True))
        )
        for name, turns in seen.items()
    }


class Stage:
    """Starts contenders one by one and ends all of them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack

    def start(
        self,
        name: str,
        command: Callable[[int], list[str]],
        *,
        core: int = CORE,
        environment: Mapping[str, str] | None = None,
    ) -> Contender:
        """Run a command made for a free port, pinned to a core."""
        port = self._stack.enter_context(held_port())
        process = ServerProcess(
            ["taskset", "-c", str(core), *command(port)],
            log=self.folder / f"{name.replace(' ', '-')}.log",
            environment={**os.environ, **(environment or {})},
            is_ready=lambda: listens(port),
        )
        self._stack.callback(process.terminate)
        process.start()
        return Contender(name, port, process.pid)


def page_server(made: Copy, name: str = "page") -> Contender:
    """Pin a page server of a copy to the core."""
    made.start_page_server(name)
    pid = made.processes[name].pid
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, {CORE})
    return Contender("page server", made.ports["page"], pid)


def nginx(stage: Stage, page: bytes, head: Mapping[str, str]) -> Contender:
    """Serve a page, compressed beforehand, as nginx' 503 with the same head."""
    root = stage.folder / "nginx"
    root.mkdir()
    (root / "503.html").write_bytes(page)
    (root / "503.html.gz").write_bytes(gzip.compress(page, 9, mtime=0))
    lines = "\n".join(f'add_header {n} "{v}" always;' for n, v in head.items())

    def command(port: int) -> list[str]:
        configuration = _NGINX.substitute(root=root, port=port, lines=lines)
        (root / "nginx.conf").write_text(configuration)
        return ["nginx", "-p", str(root), "-c", str(root / "nginx.conf")]

    return stage.start("nginx", command)


def caddy_static(stage: Stage, page: bytes) -> Contender:
    """Answer with a page out of Caddy's configuration."""
    text = page.decode().replace("{", r"\{")
    return _caddy(stage, "Caddy, static", f"respond <<END\n{text}\nEND 503")


def caddy_recipe(stage: Stage, page: bytes) -> Contender:
    """Proxy every request to index.html in a bucket, as the recipe does."""
    store = stage.start(
        "object store",
        lambda port: [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
        core=LOAD_CORE,
    )
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{store.port}",
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED),
    )
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=page, ContentType="text/html")
    return _caddy(
        stage,
        "Caddy, from the bucket",
        f"rewrite * /{BUCKET}/index.html\n"
        f"reverse_proxy 127.0.0.1:{store.port} {{\nheader_up Host 127.0.0.1\n}}",
    )


def django_view(stage: Stage, page: bytes) -> Contender:
    """Answer with a finished page from a view under gunicorn, one worker."""
    file = stage.folder / "page.html"
    file.write_bytes(page)
    return stage.start(
        "Django view",
        lambda port: [
            *(sys.executable, "-m", "gunicorn", "bench.django_view:application"),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
            *("--threads", "4", "--keep-alive", "75", "--no-control-socket"),
        ],
        environment={"PAGE": str(file)},
    )


def _caddy(stage: Stage, name: str, handler: str) -> Contender:
    file = stage.folder / f"{name}.caddyfile"

    def command(port: int) -> list[str]:
        file.write_text(
            "{\nadmin off\nauto_https off\nlog {\nlevel ERROR\n}\n}\n"
            f"http://:{port} {{\nbind 127.0.0.1\nencode gzip\n{handler}\n}}\n"
        )
        options = ["--adapter", "caddyfile", "--config", str(file)]
        return [str(BIN / "caddy"), "run", *options]

    return stage.start(name, command)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(folder, stack)


_NGINX = Template("""\
daemon off;
worker_processes 1;
pid $root/nginx.pid;
error_log $root/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path $root/temporary;
  proxy_temp_path $root/temporary;
  fastcgi_temp_path $root/temporary;
  uwsgi_temp_path $root/temporary;
  scgi_temp_path $root/temporary;
  default_type text/html;
  keepalive_requests 1000000000;
  open_file_cache max=10 inactive=1h;
  open_file_cache_valid 1h;
  gzip_static on;
  server {
    listen 127.0.0.1:$port backlog=4096;
    root $root;
    location / { return 503; }
    error_page 503 @maintenance;
    location @maintenance {
      rewrite ^ /503.html break;
      charset utf-8;
      etag off;
      $lines
      add_header X-Request-ID $$http_x_request_id always;
    }
  }
}
""")
