from __future__ import annotations

from pathlib import Path

import pytest

from tests.proxies.flows import FLOWS, Flow
from tests.proxies.proxy import CADDY, ENVOY, HAPROXY, NGINX, Program
from tests.proxies.stage import open_stage

PROGRAMS = (NGINX, HAPROXY, ENVOY, CADDY)


def test_missing_program_is_named_with_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    flow = Flow(Program("squid", "", "apt-get install squid"), "ANY")

    with (
        open_stage(tmp_path, page_port=1) as stage,
        pytest.raises(pytest.skip.Exception, match="needs squid: apt-get install squ"),
    ):
        stage.port(flow)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_proxies_listen_on_this_machine_only(program: Program, tmp_path: Path) -> None:
    flow = next(flow for flow in FLOWS if flow.program == program)
    with open_stage(tmp_path, page_port=1) as stage:
        stage.port(flow)

        assert stage.addresses() == {"127.0.0.1"}
