"""CPU time a request: the page server and what one would take instead, in turn."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import contenders, visitors
from bench.contenders import Contender
from tests.processes.copy import Copy, copy

ROUNDS, SECONDS = 5, 3.0
SERVICES = 20

# The page's own headers, as far as they are the same for everybody.
_SAME = (
    "Cache-Control",
    "Content-Language",
    "Content-Security-Policy",
    "Referrer-Policy",
    "Retry-After",
    "X-Content-Type-Options",
    "X-Maintenance",
    "X-Robots-Tag",
)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        copy(Path(folder)) as made,
        contenders.stage(Path(folder)) as stage,
    ):
        _prepare(made)
        ours = contenders.page_server(made)
        answer = made.page(
            host="s1.example.com", accept="text/html", user_agent="Mozilla/5.0"
        )
        page = answer.body.encode()
        head = {name: answer.headers[name] for name in _SAME}
        _compare(
            [
                ours,
                contenders.nginx(stage, page, head),
                contenders.caddy_static(stage, page),
                contenders.caddy_recipe(stage, page),
                contenders.django_view(stage, page),
            ],
            Path(folder),
        )


def _prepare(made: Copy) -> None:
    made.prepare()
    for number in range(SERVICES):
        slug = f"s{number}"
        made.succeed(
            "add_service", slug, "--name", slug, "--host", f"{slug}.example.com"
        )
    made.succeed("set_reason", "--for", "5h", "The database moves to new machines.")


def _compare(all_of_them: list[Contender], folder: Path) -> None:
    script = folder / "page.lua"
    visitors.write_script(visitors.requests(SERVICES), script)
    seen = contenders.take_turns(all_of_them, script, rounds=ROUNDS, seconds=SECONDS)
    ours = seen["page server"].microseconds
    sys.stdout.write(
        f"{'':24} {'us CPU/request':>15} {'against ours':>13} {'requests/s':>11}\n"
    )
    for name, each in seen.items():
        sys.stdout.write(
            f"{name:24} {each.microseconds:15.1f} {each.microseconds / ours:13.2f}"
            f" {each.requests_per_second:11,.0f}\n"
        )


if __name__ == "__main__":
    main()
