"""The ways in which ingress controllers hand a visitor's request to a page server."""

from __future__ import annotations

from dataclasses import dataclass

from tests.proxies.proxy import CADDY, ENVOY, HAPROXY, NGINX, Program


@dataclass(frozen=True, slots=True)
class Flow:
    """One listener of a proxy."""

    program: Program
    listener: str

    def __str__(self) -> str:
        return f"{self.program.name}-{self.listener.lower().replace('_', '-')}"


DEFAULT_BACKEND = Flow(NGINX, "DEFAULT_BACKEND")
CUSTOM_ERRORS = Flow(NGINX, "CUSTOM_ERRORS")
BOTH = Flow(NGINX, "BOTH")
F5 = Flow(NGINX, "F5")
GATEWAY_FABRIC = Flow(NGINX, "GATEWAY_FABRIC")
UNMATCHED = Flow(HAPROXY, "UNMATCHED")
BACKUP = Flow(HAPROXY, "BACKUP")
DEAD_ENDPOINT = Flow(HAPROXY, "DEAD_ENDPOINT")
CATCH_ALL = Flow(ENVOY, "CATCH_ALL")
REDIRECT = Flow(ENVOY, "REDIRECT")
NO_ENDPOINTS = Flow(ENVOY, "NO_ENDPOINTS")
FALLBACK = Flow(ENVOY, "FALLBACK")
HANDLE_ERRORS = Flow(CADDY, "HANDLE_ERRORS")
HANDLE_RESPONSE = Flow(CADDY, "HANDLE_RESPONSE")

COUNTED_AS = {
    DEFAULT_BACKEND: "default-backend",
    CUSTOM_ERRORS: "custom-errors",
    BOTH: "custom-errors",
    F5: "plain",
    GATEWAY_FABRIC: "custom-errors",
    UNMATCHED: "plain",
    BACKUP: "plain",
    DEAD_ENDPOINT: "plain",
    CATCH_ALL: "plain",
    REDIRECT: "service-path",
    NO_ENDPOINTS: "service-path",
    FALLBACK: "plain",
    # They add X-Code alone, as ingress-nginx does where there are no endpoints.
    HANDLE_ERRORS: "default-backend",
    HANDLE_RESPONSE: "default-backend",
}
"""Every flow, and its name in the page server's metrics."""
FLOWS = tuple(COUNTED_AS)


def listeners(program: Program) -> set[str]:
    return {flow.listener for flow in FLOWS if flow.program == program}
