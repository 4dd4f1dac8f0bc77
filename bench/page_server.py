"""One page server alone: other answers, many schedules, latency, memory, start."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import contenders, visitors
from bench.contenders import BUCKET, LOAD_CORE, Contender, page_server
from bench.portals import fill_copy
from tests.processes.copy import Copy, copy
from tests.servers.moto import moto

ROUNDS, SECONDS = 5, 3.0
RATE = 5_000
STARTS = 10
# Reasons, services, schedules.
PORTALS = {
    "1 schedule, 1 service": (1, 1, 1),
    "1 schedule, 1,000 services": (1, 1_000, 1),
    "10,000 schedules, 1,000 services": (1_000, 1_000, 10_000),
}
BROWSER = {
    "accept": "text/html",
    "user_agent": "Mozilla/5.0",
    "accept_encoding": "gzip",
}


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copies = {}
        for name, sizes in PORTALS.items():
            copies[name] = stack.enter_context(copy(folder / name.replace(" ", "-")))
            copies[name].folder.mkdir()
            copies[name].prepare()
            fill_copy(copies[name], *sizes)
        servers = {name: page_server(made) for name, made in copies.items()}
        _schedules(folder, servers)
        few, small = next(iter(copies.values())), next(iter(servers.values()))
        _other_answers(folder, few, small)
        _latency(folder, few, small)
        _memory(folder, "local storage", small)
        _start(few)
        with on_s3(folder / "bucket") as made:
            _memory(folder, "S3 over TLS", page_server(made))


def _schedules(folder: Path, portals: dict[str, Contender]) -> None:
    script = folder / "hosts.lua"
    visitors.write_script(visitors.requests(1_000), script)
    named = [Contender(name, each.port, each.pid) for name, each in portals.items()]
    seen = contenders.take_turns(named, script, rounds=ROUNDS, seconds=SECONDS)
    first = next(iter(seen.values())).microseconds
    for name, each in seen.items():
        lost = 100 * (1 - first / each.microseconds)
        _say(f"{name}: us of CPU a request", each.microseconds)
        _say(f"{name}: throughput lost, per cent", lost)
        _say(f"{name}: resident, MiB", portals[name].resident_mib())


def _other_answers(folder: Path, made: Copy, server: Contender) -> None:
    etag = made.page("/reason", accept="text/html").headers["ETag"]
    wanted = {
        "HTML": visitors.requests(),
        "JSON": visitors.requests(
            accept="application/json", x_format="application/json"
        ),
        "/reason, 304": visitors.requests(path="/reason", if_none_match=etag),
    }
    for name, heads in wanted.items():
        script = folder / f"{len(name)}.lua"
        visitors.write_script(heads, script)
        seen = contenders.take_turns([server], script, rounds=3, seconds=SECONDS)
        _say(f"{name}, us of CPU a request", seen[server.name].microseconds)


def _latency(folder: Path, made: Copy, server: Contender) -> None:
    """Compare the time to an answer at a fixed rate with nginx', in turn."""
    answer = made.page(**BROWSER | {"accept_encoding": "identity"})
    with contenders.stage(folder) as stage:
        nginx = contenders.nginx(stage, answer.body.encode(), {"Retry-After": "300"})
        seen: dict[str, list[tuple[float, float]]] = {}
        for _ in range(ROUNDS):
            for each in (server, nginx):
                figures = _percentiles(folder, each)
                seen.setdefault(each.name, []).append(figures)
    for name, rounds in seen.items():
        p50, p99 = (statistics.median(each) for each in zip(*rounds, strict=True))
        _say(f"{name} at {RATE:,} requests/s, p50 ms", p50)
        _say(f"{name} at {RATE:,} requests/s, p99 ms", p99)


def _percentiles(folder: Path, each: Contender) -> tuple[float, float]:
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    clients = 50
    command = (
        f"taskset -c {LOAD_CORE} h2load --h1 -t1 -c{clients} -D {SECONDS:g}"
        f" --rps={RATE // clients} --log-file={log} -H accept:text/html"
        f" -H user-agent:Mozilla/5.0 http://127.0.0.1:{each.port}/"
    )
    subprocess.run(command.split(), check=True, capture_output=True)  # noqa: S603  ours
    # Start, status and microseconds of each request.
    times = [int(line.split("\t")[2]) for line in log.read_text().splitlines()]
    cuts = statistics.quantiles(times, n=100)
    return cuts[49] / 1000, cuts[98] / 1000


@contextmanager
def on_s3(folder: Path) -> Iterator[Copy]:
    """Publish a portal to an object store, reached by TLS."""
    with moto(folder / "store", tls=True) as store:
        store.s3.make_bucket(BUCKET)
        variables = {"AWS_STORAGE_BUCKET_NAME": BUCKET, **store.s3.environment}
        with copy(folder, **variables) as made:
            made.prepare()
            fill_copy(made, *PORTALS["10,000 schedules, 1,000 services"])
            yield made


def _memory(folder: Path, storage: str, server: Contender) -> None:
    script = folder / "minute.lua"
    visitors.write_script(visitors.requests(), script)
    visitors.send(script, server.port, seconds=60, core=LOAD_CORE)
    _say(f"{storage}: resident after a minute of load, MiB", server.resident_mib())


def _start(made: Copy) -> None:
    seconds = []
    for _ in range(STARTS):
        made.stop("page")
        began = time.monotonic()
        made.start_page_server()
        made.page()
        seconds.append(time.monotonic() - began)
    _say("start to first answer, s", statistics.median(seconds))


def _say(what: str, figure: float) -> None:
    sys.stdout.write(f"{what}: {figure:.2f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
