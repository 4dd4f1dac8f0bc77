"""Proxies serve the pages that were written for them as files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maintenance.actions.export_pages import HAPROXY_BYTES, make_files, write_files
from maintenance.publishing.builder import build_snapshot
from tests.factories import HOUR, NOON, make_reason, make_schedule
from tests.proxies.proxy import ENVOY, HAPROXY, NGINX, Program
from tests.proxies.visitor import HEAD, ask
from tests.servers.process import ServerProcess, held_port, listens, running

pytestmark = pytest.mark.django_db

HTML = "text/html; charset=utf-8"
END = "Tue, 01 Dec 2026 13:00:00 GMT"

NGINX_CONF = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:PORT;
        include FOLDER/pages/nginx/error_pages.conf;
        location / { return 503; }
        location /missing { root FOLDER/nothing; }
        location /dead { proxy_pass http://127.0.0.1:CLOSED; }
    }
}
"""
HAPROXY_CFG = """
global
    maxconn 100
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
    errorfiles entracte
frontend visitors
    bind 127.0.0.1:PORT
    http-request deny deny_status 404 if { path /missing }
    default_backend nobody
backend nobody
"""
ENVOY_YAML = """
static_resources:
  listeners:
    - address: {socket_address: {address: 127.0.0.1, port_value: PORT}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: visitors
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: {prefix: /}
                          direct_response: {status: 503, body: {filename: FOLDER/pages/envoy/503.html}}
                          response_headers_to_add:
                            - header: {key: content-type, value: text/html; charset=utf-8}
                              append_action: OVERWRITE_IF_EXISTS_OR_ADD
"""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    make_schedule(make_reason(), closes_at=NOON + HOUR)
    return export(tmp_path)


def export(tmp_path: Path) -> Path:
    """Write the pages, with the places of their folders that of this test."""
    folder = tmp_path / "pages"
    write_files(make_files(build_snapshot(NOON), at=NOON), folder)
    for name in ("nginx/error_pages.conf", "haproxy/errors.cfg"):
        file = folder / name
        place = f"/etc/{file.parent.name}/entracte"
        file.write_text(file.read_text().replace(place, str(file.parent)))
    return folder


@contextmanager
def serving(program: Program, configuration: str, pages: Path) -> Iterator[int]:
    """Run a program with a configuration in which PORT, CLOSED, FOLDER are places."""
    if remedy := program.missing:
        pytest.skip(f"needs {program.name}: {remedy}")
    folder = pages.parent
    name = next(
        p for p in program.command(folder) if p.endswith((".conf", ".cfg", ".yaml"))
    )
    with held_port() as port, held_port() as closed:
        places = {"PORT": str(port), "CLOSED": str(closed), "FOLDER": str(folder)}
        for place, value in places.items():
            configuration = configuration.replace(place, value)
        (folder / Path(name).name).write_text(configuration)
        command = program.command(folder)
        if program == HAPROXY:
            command += ["-f", str(pages / "haproxy" / "errors.cfg")]
        server = ServerProcess(
            command,
            log=folder / f"{program.name}.log",
            environment={"PATH": os.environ["PATH"], "HOME": str(folder)},
            is_ready=lambda: listens(port),
        )
        with running(server):
            yield port


def body_of(response: Path) -> bytes:
    return response.read_bytes().partition(b"\r\n\r\n")[2]


def test_nginx_serves_the_files(pages: Path) -> None:
    with serving(NGINX, NGINX_CONF, pages) as port:
        away = ask(port, "shop.example.com")
        dead = ask(port, "shop.example.com", target="/dead")
        missing = ask(port, "shop.example.com", target="/missing")
        hidden = ask(port, "shop.example.com", target="/.entracte/503.html")

    for reply in (away, dead):
        assert (reply.status, reply["content-type"]) == (503, HTML)
        assert reply["retry-after"] == END
        assert reply["cache-control"] == "no-store"
        assert reply.body == (pages / "nginx" / "503.html").read_bytes()
    for reply in (missing, hidden):
        assert (reply.status, reply["content-type"]) == (404, HTML)
        assert reply["content-language"] == "en"
        assert reply.body == (pages / "nginx" / "404.html").read_bytes()


def test_haproxy_serves_the_files(pages: Path) -> None:
    with serving(HAPROXY, HAPROXY_CFG, pages) as port:
        away = ask(port, "shop.example.com")
        head = ask(port, "shop.example.com", HEAD)
        missing = ask(port, "shop.example.com", target="/missing")

    assert (away.status, away["content-type"]) == (503, HTML)
    assert away["retry-after"] == END
    assert away["content-language"] == "en"
    assert away.body == body_of(pages / "haproxy" / "503.http")
    assert int(away["content-length"]) == len(away.body)
    assert (head.status, head.body) == (503, b"")
    assert (missing.status, missing["content-type"]) == (404, HTML)
    assert missing.body == body_of(pages / "haproxy" / "404.http")


def test_haproxy_serves_the_longest_file(tmp_path: Path) -> None:
    make_schedule(make_reason(text="The database is being upgraded. " * 600))
    pages = export(tmp_path)
    response = pages / "haproxy" / "503.http"

    with serving(HAPROXY, HAPROXY_CFG, pages) as port:
        away = ask(port, "shop.example.com")

    assert HAPROXY_BYTES - 50 < response.stat().st_size <= HAPROXY_BYTES
    assert (away.status, away.body) == (503, body_of(response))


def test_envoy_serves_the_longest_file(tmp_path: Path) -> None:
    make_schedule(make_reason(text="The database is being upgraded. " * 600))
    pages = export(tmp_path)

    with serving(ENVOY, ENVOY_YAML, pages) as port:
        away = ask(port, "shop.example.com")

    assert (away.status, away["content-type"]) == (503, HTML)
    assert away.body == (pages / "envoy" / "503.html").read_bytes()
    assert 4000 < len(away.body) <= 4096
