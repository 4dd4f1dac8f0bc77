"""The quickstart's own manifests, run: one command to the first page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.image.engine import Engine
from tests.image.pods import pod
from tests.kubernetes.rendered import Manifest, one, render
from tests.processes.copy import Copy, wait_until
from tests.processes.operator import Operator
from tests.servers.process import held_port, listens
from tests.web.forms import announcement

CONTAINER = "quickstart-entracte"


@pytest.fixture
def quickstart(built: Engine, tmp_path: Path) -> Iterator[Copy]:
    with ExitStack() as stack:
        names = ("page", "internal", "portal")
        ports = {name: stack.enter_context(held_port()) for name in names}
        made = Copy(tmp_path, ports)
        stack.callback(built.run, "podman", "volume", "rm", "--force", "entracte-data")
        stack.callback(built.remove_pods)
        stack.callback(built.show_logs)
        built.play(volume(), started(made))
        wait_until(lambda: listens(ports["portal"]))
        yield made


def volume() -> Manifest:
    claim = one(render("overlays/quickstart"), "PersistentVolumeClaim", "entracte-data")
    claim["metadata"].pop("namespace", None)
    return claim


def started(made: Copy) -> Manifest:
    addresses = {
        "PAGE_ADDRESS": f"127.0.0.1:{made.ports['page']}",
        "PAGE_INTERNAL_ADDRESS": f"127.0.0.1:{made.ports['internal']}",
        "PORTAL_ADDRESS": f"127.0.0.1:{made.ports['portal']}",
    }
    manifests = render("overlays/quickstart")
    return pod(manifests, "entracte", "quickstart", changes=addresses)


def sign_in(built: Engine, made: Copy) -> Operator:
    """Sign in with the password that the log has."""
    password = re.search(r"account admin with the password (\S+)", built.log(CONTAINER))
    assert password
    portal = f"http://127.0.0.1:{made.ports['portal']}"
    return Operator(portal, password=password[1])


def test_one_command_leads_to_the_first_page(built: Engine, quickstart: Copy) -> None:
    answer = quickstart.until_page("Not available at the moment")

    assert answer.status == 503
    sign_in(built, quickstart).post("/admin/announce/", **announcement(text="Moving"))
    quickstart.until_page("Moving")


def test_container_has_the_rights_of_its_manifest(
    built: Engine, quickstart: Copy
) -> None:
    host = built.facts(CONTAINER)["HostConfig"]

    assert host["ReadonlyRootfs"] is True
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Memory"] == 1024**3
    status = built.run("podman", "exec", CONTAINER, "cat", "/proc/1/status")
    told = dict(line.split(":\t") for line in status.splitlines())
    assert told["CapEff"] == told["CapBnd"] == "0" * 16
    assert told["Seccomp"] == "2"
    assert told["Uid"].split() == ["10001"] * 4


def test_health_check_asks_the_container(built: Engine, quickstart: Copy) -> None:
    built.run("podman", "exec", CONTAINER, "health")


def test_volume_is_kept_over_a_restart(built: Engine, quickstart: Copy) -> None:
    olga = sign_in(built, quickstart)
    olga.post("/admin/announce/", **announcement(text="Moving"))
    quickstart.until_page("Moving")

    built.remove_pods()
    assert not listens(quickstart.ports["page"])
    built.play(started(quickstart))

    quickstart.until_page("Moving")
    wait_until(lambda: listens(quickstart.ports["portal"]))
    # The key that signs sessions is in the volume as well.
    assert "Log out" in olga.get("/admin/")
