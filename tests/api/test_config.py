from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from maintenance.models import Declaration, Revision, Service
from maintenance.models.token import Scope
from tests.api.asking import Program

pytestmark = pytest.mark.django_db

YAML = """
version: 1
themes:
  house: {name: House, design: plain}
reasons:
  upgrade:
    texts:
      en: {text: The database is being upgraded.}
      no: {text: Databasen oppgraderes.}
services:
  shop: {name: Shop, hosts: [shop.example.com], theme: house, reason: upgrade}
schedules:
  november:
    reason: upgrade
    services: [shop]
    opens_at: 2026-12-01T22:00:00+01:00
"""


def put(program: Program, body: str, query: str = "", kind: str = "text/yaml") -> Any:
    return program.ask("PUT", f"config{query}", body, kind=kind)


def test_document_is_applied_and_a_second_time_changes_nothing(
    manager: Program,
) -> None:
    first = put(manager, YAML)

    assert first.status_code in (200, 202)
    assert first.json()["changed"] is True
    assert Service.objects.get(slug="shop").theme is not None
    newest = Revision.objects.latest("id")
    assert (newest.author, newest.channel) == ("ci", "API")
    again = put(manager, YAML)
    assert again.json()["changed"] is False
    assert "published" in again.json()
    assert Revision.objects.latest("id") == newest


def test_dry_run_tells_the_difference_alone(manager: Program) -> None:
    answer = put(manager, YAML, "?dry_run=true")

    assert answer.json()["dry_run"] is True
    verbs = {(each["verb"], each["name"]) for each in answer.json()["differences"]}
    assert ("creates", "shop") in verbs
    assert not Service.objects.exists()
    assert not Declaration.objects.exists()


def test_what_is_no_longer_declared_is_pruned(manager: Program) -> None:
    put(manager, YAML)

    answer = put(manager, "version: 1", "?prune=true")

    assert answer.json()["changed"] is True
    assert not Service.objects.exists()


def test_what_is_read_can_be_put_back(manager: Program) -> None:
    put(manager, YAML)

    document = manager.ask("GET", "config").json()
    answer = put(manager, json.dumps(document), kind="application/json")

    assert answer.json()["changed"] is False


@pytest.mark.parametrize(
    ("body", "kind", "status", "field"),
    [
        ("version: 2", "text/yaml", 422, "version"),
        ("version: 1\nnonsense: {}", "text/yaml", 422, "nonsense"),
        (
            "version: 1\nservices: {shop: {name: S, hosts: [a b]}}",
            "text/yaml",
            422,
            "services.shop",
        ),
        (
            "version: 1\nsettings: {default_language: qq}",
            "text/yaml",
            422,
            "settings.default_language",
        ),
        (
            YAML + "    closes_at: 2026-12-01T20:00:00+01:00",
            "text/yaml",
            422,
            "schedules.november.closes_at",
        ),
        ("a: &a [1]\nb: *a", "text/yaml", 422, "body"),
        ("[" * 1000, "application/json", 422, "body"),
        (" ", "text/yaml", 422, "body"),
        ('{"version": %s}' % ("1" * 5000), "application/json", 422, "body"),
        ("version: 1", "text/plain", 415, ""),
    ],
)
def test_bad_documents_change_nothing(
    manager: Program, body: str, kind: str, status: int, field: str
) -> None:
    before = Revision.objects.count()

    answer = put(manager, body, kind=kind)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    errors = [each["field"] for each in answer.json().get("errors", [])]
    assert any(each.startswith(field) for each in errors) or not field
    assert "sys." not in answer.json()["detail"]
    assert Revision.objects.count() == before


@pytest.mark.parametrize("scope", [Scope.READ, Scope.ANNOUNCE])
def test_whole_portal_takes_the_right_to_manage(
    enter: Callable[..., Program], scope: Scope
) -> None:
    assert put(enter(scope), YAML).status_code == 403


@pytest.mark.parametrize("owner", ["a%20b", "", "%C3%A9", "x" * 51, "a/b"])
def test_an_owner_is_what_the_command_takes(manager: Program, owner: str) -> None:
    answer = put(manager, YAML, f"?owner={owner}")

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["owner"]
    assert not Declaration.objects.exists()


@pytest.mark.parametrize("kind", ["application/json", "text/yaml"])
def test_a_document_may_name_its_schema(manager: Program, kind: str) -> None:
    body = json.dumps({"$schema": "portal.schema.json", "version": 1})

    answer = put(manager, body, kind=kind)

    assert answer.json()["changed"] is False


def test_the_description_says_what_a_document_may_hold(client: Client) -> None:
    described = client.get("/api/v1/openapi.json").json()

    content = described["paths"]["/api/v1/config"]["put"]["requestBody"]["content"]
    (reference,) = {each["schema"]["$ref"] for each in content.values()}
    parts = described["components"]["schemas"]
    assert set(parts[reference.rpartition("/")[2]]["properties"]) >= {
        *("version", "themes", "reasons", "services", "schedules", "settings"),
    }
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert names <= parts.keys()
    assert "#/$defs/" not in json.dumps(parts)
