"""Programs that ask the API, each with a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from maintenance.models.token import Scope
from maintenance.publishing.store import SnapshotStore
from tests.api.asking import Program, make_token


@pytest.fixture(autouse=True)
def behind_no_proxy() -> Iterator[None]:
    cache.clear()
    with override_settings(PORTAL_HTTPS=False):
        yield


@pytest.fixture
def enter(db: None, store: SnapshotStore) -> Callable[..., Program]:
    """Return a function that gives a program a token."""

    def give(scope: Scope, *services: Any, name: str = "ci") -> Program:
        _, secret = make_token(name, scope, *services)
        return Program(Client(), secret)

    return give


@pytest.fixture
def manager(enter: Callable[..., Program]) -> Program:
    return enter(Scope.MANAGE)
