"""A program that asks the API, and its token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.test import Client

from maintenance.actions.tokens import create_token
from maintenance.models import Service, Token
from maintenance.models.token import Scope
from tests.factories import ADA, NOON


def make_token(
    name: str = "ci",
    scope: Scope = Scope.MANAGE,
    *services: Service,
    at: datetime = NOON,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Return a token and its secret."""
    token = Token(name=name, scope=scope, expires_at=expires_at)
    return token, create_token(token, services, author=ADA, at=at)


@dataclass
class Program:
    """Asks as programs do: no cookie, one header."""

    client: Client
    secret: str

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str = "application/json",
        **headers: str,
    ) -> Any:
        """Return the answer; a body that is no text goes as JSON."""
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            b"" if body is None else data,
            content_type=kind,
            headers={
                "authorization": f"Bearer {self.secret}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def say(self, text: str, query: str = "", *, kind: str = "text/plain") -> Any:
        return self.ask("PUT", f"reason{query}", text, kind=kind)
