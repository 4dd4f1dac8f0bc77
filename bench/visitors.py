"""A thousand different requests, as an ingress passes them on, and wrk to send them."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REQUESTS = 1_000
CONNECTIONS = 64

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_{} like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.0 Mobile Safari/537.36",
)
ACCEPT = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
)
LANGUAGES = (
    "en-US,en;q=0.9",
    "fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7",
    "de-DE,de;q=0.9,en;q=0.8",
    "fr-CA,fr;q=0.9,en;q=0.5",
    "es-ES,es;q=0.9",
    "pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7",
    "en-GB,en;q=0.8",
    "it-IT,it;q=0.9",
)
ENCODINGS = ("gzip, deflate, br, zstd", "gzip, deflate, br")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    requests: int
    requests_per_second: float
    unwanted: str
    """What wrk says about errors of the connections, or nothing."""


def requests(hosts: int = 20, *, path: str = "", **changes: str) -> list[bytes]:
    """Return the heads; `changes` replace headers, with underscores for dashes.

    They are those of ingress-nginx with its default-backend annotation.
    """
    chance = random.Random(7)  # noqa: S311  the same requests in every run
    replaced = {name.replace("_", "-"): value for name, value in changes.items()}
    return [
        _head(chance, number, hosts, path, replaced).encode()
        for number in range(REQUESTS)
    ]


def _head(
    chance: random.Random,
    number: int,
    hosts: int,
    path: str,
    changes: Mapping[str, str],
) -> str:
    host = f"s{chance.randrange(hosts)}.example.com"
    address = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
    accept = chance.choice(ACCEPT)
    headers = {
        "Host": host,
        "X-Request-ID": f"{chance.getrandbits(128):032x}",
        "X-Real-IP": address,
        "X-Forwarded-For": address,
        "X-Forwarded-Host": host,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Scheme": "https",
        "X-Scheme": "https",
        "X-Code": "503",
        "X-Format": accept,
        "X-Namespace": "shop",
        "X-Ingress-Name": "web",
        "X-Service-Name": "web",
        "X-Service-Port": "80",
        "user-agent": chance.choice(AGENTS).format(chance.randrange(120, 140)),
        "accept": accept,
        "accept-language": chance.choice(LANGUAGES),
        "accept-encoding": chance.choice(ENCODINGS),
        "cookie": f"session={chance.getrandbits(256):064x}; _ga=GA1.1.{number}",
    }
    path = path or f"/catalogue/{chance.getrandbits(32):x}?page={number}"
    for name, value in changes.items():
        same = [each for each in headers if each.lower() == name]
        headers[same[0] if same else name] = value
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""])


def write_script(heads: list[bytes], file: Path) -> None:
    """Write the requests down as wrk reads them."""
    texts = ",\n".join(f"[==[{head.decode()}]==]" for head in heads)
    # Lua makes one line end of two: what wrk sends must have both.
    file.write_text(
        f"local texts = {{\n{texts}\n}}\n"
        "for i, text in ipairs(texts) do\n"
        '  texts[i] = text:gsub("\\r", ""):gsub("\\n", "\\r\\n")\n'
        "end\n"
        "local i = 0\n"
        "request = function() i = i % #texts + 1 return texts[i] end\n",
        newline="",
    )


def send(script: Path, port: int, *, seconds: float, core: int) -> Load:
    """Send the requests for some seconds from a core of its own."""
    command = (
        f"taskset -c {core} wrk -t1 -c{CONNECTIONS} -d{seconds:g}s -s {script} "
        f"http://127.0.0.1:{port}/"
    )
    output = subprocess.run(  # noqa: S603  our own command
        command.split(), capture_output=True, text=True, check=True
    ).stdout
    return Load(
        requests=int(_found(r"(\d+) requests in", output)),
        requests_per_second=float(_found(r"Requests/sec:\s+([\d.]+)", output)),
        unwanted=_found(r"Socket errors: (.*)", output, ""),
    )


def _found(pattern: str, output: str, otherwise: str | None = None) -> str:
    if found := re.search(pattern, output):
        return found[1]
    if otherwise is None:
        raise ValueError(f"wrk printed {output!r}.")
    return otherwise
