"""Which status reaches the client, of the application's, the proxy's and the page server's."""

from __future__ import annotations

import pytest

from tests.proxies.flows import (
    BACKUP,
    BOTH,
    CATCH_ALL,
    CUSTOM_ERRORS,
    DEAD_ENDPOINT,
    DEFAULT_BACKEND,
    F5,
    FALLBACK,
    GATEWAY_FABRIC,
    HANDLE_ERRORS,
    HANDLE_RESPONSE,
    UNMATCHED,
    Flow,
)
from tests.proxies.published import BLOG, OLD, SHOP, STRANGER, WIKI
from tests.proxies.stage import Stage
from tests.proxies.visitor import HEAD, VISITS, Visit, ask

# The proxies that ask the page server because of what the application answered.
BY_CODE = pytest.mark.parametrize("flow", [CUSTOM_ERRORS, HANDLE_RESPONSE], ids=str)


@BY_CODE
@pytest.mark.parametrize("visit", VISITS.values(), ids=VISITS)
def test_the_applications_404_gets_its_page(
    stage: Stage, flow: Flow, visit: Visit
) -> None:
    reply = ask(stage.port(flow), BLOG, visit, app_answers="404")

    assert (reply.status, reply["x-maintenance"]) == (404, "404")
    assert "retry-after" not in reply
    assert ('data-code="404"' in reply.text) is (visit != HEAD)


def test_the_applications_failure_gets_its_page(stage: Stage) -> None:
    reply = ask(stage.port(CUSTOM_ERRORS), BLOG, app_answers="500")

    assert (reply.status, reply["x-maintenance"]) == (500, "500")


@BY_CODE
@pytest.mark.parametrize("code", ["502", "503", "504"])
def test_a_service_that_is_away_gets_503(stage: Stage, flow: Flow, code: str) -> None:
    reply = ask(stage.port(flow), BLOG, app_answers=code)

    assert (reply.status, reply["x-maintenance"]) == (503, "unannounced")


@BY_CODE
@pytest.mark.parametrize("code", ["404", "502", "503", "504"])
def test_what_is_scheduled_outspeaks_every_code(
    stage: Stage, flow: Flow, code: str
) -> None:
    port = stage.port(flow)

    assert ask(port, SHOP, app_answers=code)["x-maintenance"] == "shop-1"
    assert ask(port, OLD, app_answers=code).status == 410


@BY_CODE
def test_what_the_application_answers_well_is_left_alone(
    stage: Stage, flow: Flow
) -> None:
    reply = ask(stage.port(flow), SHOP, app_answers="200")

    assert (reply.status, "x-maintenance" in reply) == (200, False)


@pytest.mark.parametrize(
    "flow",
    [
        DEFAULT_BACKEND,
        BOTH,
        UNMATCHED,
        BACKUP,
        DEAD_ENDPOINT,
        CATCH_ALL,
        FALLBACK,
        GATEWAY_FABRIC,
        HANDLE_ERRORS,
    ],
    ids=str,
)
def test_the_reason_decides_the_status(stage: Stage, flow: Flow) -> None:
    reply = ask(stage.port(flow), OLD)

    assert (reply.status, reply["x-maintenance"]) == (410, "old-1")


@pytest.mark.parametrize("flow", [DEFAULT_BACKEND, UNMATCHED, CATCH_ALL], ids=str)
def test_a_host_that_nobody_knows_gets_the_status_for_it(
    stage: Stage, flow: Flow
) -> None:
    reply = ask(stage.port(flow), STRANGER)

    assert (reply.status, reply["x-maintenance"]) == (404, "unannounced")


@pytest.mark.parametrize(
    "flow", [CUSTOM_ERRORS, GATEWAY_FABRIC, HANDLE_RESPONSE, HANDLE_ERRORS], ids=str
)
def test_a_service_that_is_away_need_not_be_known(stage: Stage, flow: Flow) -> None:
    reply = ask(stage.port(flow), STRANGER)

    assert (reply.status, reply["x-maintenance"]) == (503, "unannounced")
    assert "retry-after" in reply


def test_service_is_found_by_the_names_in_kubernetes(stage: Stage) -> None:
    reply = ask(stage.port(CUSTOM_ERRORS), WIKI)

    assert reply["x-maintenance"] == "wiki-1"


# Without "=" in its error_page, nginx keeps the code that the application gave,
# whatever the page server says: here 404, because the controller sends its own
# upstream's name for a host and no X-Code (INGRESS.md, A.8).
@pytest.mark.parametrize("visit", VISITS.values(), ids=VISITS)
@pytest.mark.parametrize("code", [502, 503, 504])
def test_f5_keeps_the_code_of_the_application(
    stage: Stage, visit: Visit, code: int
) -> None:
    reply = ask(stage.port(F5), SHOP, visit, app_answers=str(code))

    assert (reply.status, reply["x-maintenance"]) == (code, "unannounced")
    assert reply["content-type"] == "text/html; charset=utf-8"
    assert "set-cookie" not in reply
    assert bool(reply.body) is (visit != HEAD)
