"""The production overlay's own manifests, run: the drills of docs/operations.md."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest

from tests.image.engine import Engine
from tests.image.production import OVERLAY, REPLICAS, Production, production
from tests.kubernetes.rendered import pods, render
from tests.processes.copy import wait_until
from tests.processes.test_rolling_restart import ServiceProxy
from tests.processes.visitors import until_answered, visiting
from tests.web.forms import announcement

RESIDENT = """
import glob
lines = [line for file in glob.glob("/proc/[0-9]*/status") for line in open(file)]
print(sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")))
"""


@pytest.fixture(scope="module")
def made(
    built: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Production]:
    with production(built, tmp_path_factory.mktemp("production")) as running:
        yield running


@pytest.fixture
def text() -> str:
    """A reason that no other test gives."""
    return f"Number {random.randrange(10**9)}"  # noqa: S311  no secret


def announce(made: Production, text: str, portal: str = "portal-0") -> str:
    return made.operator(portal).post("/admin/announce/", **announcement(text=text))


@pytest.mark.parametrize("portal", ["portal-0", "portal-1"])
def test_a_reason_reaches_all_page_servers(
    made: Production, text: str, portal: str
) -> None:
    announce(made, text, portal)

    made.until_everywhere(text)


def test_a_killed_page_server_comes_back_with_the_page(
    made: Production, text: str
) -> None:
    announce(made, text)
    made.until_everywhere(text)

    made.engine.run("podman", "kill", "--signal", "KILL", "page-1-page-server")
    made.engine.run("podman", "wait", "page-1-page-server")

    for name in ("page-0", "page-2"):
        assert text in made.replicas[name].page().body
    made.engine.run("podman", "start", "page-1-page-server")
    made.replicas["page-1"].until_page(text)


def test_a_rolling_replacement_loses_no_request(made: Production) -> None:
    servers = [made.replicas[name] for name in REPLICAS]
    with (
        ServiceProxy(servers) as proxy,
        visiting(proxy.ports, keeps=False) as visitors,
    ):
        for name in REPLICAS:
            until_answered(visitors)
            # Asked to stop, it goes on for PAGE_DRAIN_DELAY_SECONDS.
            made.remove(name)
            until_answered(visitors)
            made.start_page_server(name)
            made.until_ready(name)
            wait_until(lambda: len(proxy.ports) == len(REPLICAS))

    assert [visitor.lost for visitor in visitors] == [[]] * len(visitors)


def test_a_stopped_database_is_the_operators_trouble_alone(
    made: Production, text: str
) -> None:
    announce(made, text)
    made.until_everywhere(text)
    olga = made.operator()

    made.database.kill()

    with pytest.raises(HTTPError) as refused:
        olga.post("/admin/announce/", **announcement(text="Lost"))
    refused.value.close()
    assert refused.value.code in (500, 503)
    made.until_everywhere(text)
    made.database.start()
    announce(made, f"{text}, after")
    made.until_everywhere(f"{text}, after")


def test_a_change_without_the_store_is_published_later(
    made: Production, text: str
) -> None:
    announce(made, text)
    made.until_everywhere(text)

    made.store.freeze()
    try:
        page = announce(made, f"{text}, after")
        assert "not published yet" in page
        made.until_everywhere(text)
    finally:
        made.store.thaw()

    made.until_everywhere(f"{text}, after")


def test_page_servers_alone_are_enough(made: Production, text: str) -> None:
    announce(made, text)
    made.until_everywhere(text)

    made.stop_control_plane()
    made.database.stop()
    made.store.freeze()
    try:
        made.engine.restart("page-0-page-server")
        made.replicas["page-0"].until_page(text)
        made.until_everywhere(text)
    finally:
        made.store.thaw()
        made.database.start()
        made.start_control_plane()

    announce(made, f"{text}, after")
    made.until_everywhere(f"{text}, after")


def test_page_server_keeps_within_its_limits_under_load(made: Production) -> None:
    name = "page-2-page-server"
    ports = [made.replicas["page-2"].ports["page"]]

    with visiting(ports, keeps=True, count=20) as visitors:
        until_answered(visitors, 30)

    facts = made.engine.facts(name)
    assert facts["HostConfig"]["Memory"] == 200 * 1024**2
    assert facts["HostConfig"]["CpuQuota"] == 20_000
    assert facts["State"]["OOMKilled"] is False
    assert facts["State"]["Running"] is True
    assert used_bytes(made, name) < 150 * 1024**2


def used_bytes(made: Production, container: str) -> int:
    """Return the memory of all processes in a container."""
    printed = made.engine.run("podman", "exec", container, "python", "-c", RESIDENT)
    return int(printed) * 1024


def test_watcher_passes_the_probe_of_its_manifest(made: Production) -> None:
    (container,) = dict(pods(render(OVERLAY)))["watcher"]["containers"]
    command = container["livenessProbe"]["exec"]["command"]

    made.engine.run("podman", "exec", "watcher-watcher", *command)


def test_page_servers_hold_no_secret_of_the_portal(made: Production) -> None:
    for name in REPLICAS:
        seen = made.engine.run(
            *("podman", "exec", f"{name}-page-server", "sh", "-c"),
            "env; ls -R /run/secrets",
        )
        assert "DATABASE_URL" not in seen
        assert "secret-key" not in seen
        assert "access-key-id" in seen
