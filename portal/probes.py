"""What Kubernetes asks the portal: does it live, and may it be sent to."""

from __future__ import annotations

from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse


class ProbeMiddleware:
    """Answers `/livez` and `/readyz` by whatever host name, and without TLS.

    A portal is ready from the moment that it finds a database with every table
    that it needs: during an upgrade nobody meets a new portal over old tables.
    After that it stays ready. Without its database it says so to operators
    itself, where an ingress would only say 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._was_ready = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match request.path:
            case "/livez":
                return _answer(200, "alive")
            case "/readyz":
                return self._readiness()
        return self._get_response(request)

    def _readiness(self) -> HttpResponse:
        if not self._was_ready:
            try:
                self._was_ready = _is_migrated()
            except DatabaseError:
                return _answer(503, "the database cannot be used")
        if not self._was_ready:
            return _answer(503, "the database is not up to date")
        return _answer(200, "ready")


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
