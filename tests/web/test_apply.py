from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from maintenance.declared.schema import json_schema
from maintenance.models import Publication, Revision, Service
from maintenance.publishing.publish import roll_back
from maintenance.publishing.store import SnapshotStore
from tests.declared.documents import WHOLE
from tests.declared.test_apply import rows
from tests.factories import ADA, NOON

pytestmark = pytest.mark.django_db

UNCHANGED = "Applied: 5 unchanged.\nVisitors see publication 1.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "portal.yaml"
    path.write_text(WHOLE)
    return path


def run(*words: str) -> str:
    output = io.StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


def test_an_apply_is_published_once(store: SnapshotStore, file: Path) -> None:
    said = run("apply", "-f", str(file)).splitlines()

    assert said[-2:] == [
        "Applied: 4 created, 1 changed, 0 unchanged.",
        "Visitors see publication 1.",
    ]
    assert '    hosts: ["shop.example.com", "xn--mller-kva.example"]' in said
    assert run("apply", "-f", str(file)) == UNCHANGED
    assert Publication.objects.count() == 1


def test_what_could_not_be_published_is_tried_again_without_changes(
    store: SnapshotStore, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "storage").write_text("in the way")
    for _ in range(2):
        with pytest.raises(CommandError, match="Saved, but not published") as raised:
            run("apply", "-f", str(file))
        assert raised.value.returncode == 3
    (tmp_path / "storage").unlink()

    told = json.loads(run("apply", "-f", str(file), "--json"))

    assert (told["changed"], told["published"], told["publication"]) == (False, True, 1)


def test_a_rollback_is_told_and_left_alone(store: SnapshotStore, file: Path) -> None:
    run("apply", "-f", str(file))
    file.write_text(WHOLE.replace("Oppgradering", "Flytting"))
    run("apply", "-f", str(file))
    roll_back(store, 1, author=ADA, at=NOON)

    said = run("apply", "-f", str(file))
    told = json.loads(run("apply", "-f", str(file), "--json"))

    assert "Visitors go on seeing publication 1 again" in said
    assert (told["published"], told["publication"]) == (False, 3)


def test_a_dry_run_publishes_nothing(store: SnapshotStore, file: Path) -> None:
    said = run("apply", "-f", str(file), "--dry-run")

    assert said.endswith(
        "Nothing was done. It would be: 4 created, 1 changed, 0 unchanged.\n"
    )
    assert not Publication.objects.exists()
    assert not Service.objects.exists()


def test_machines_get_the_difference_as_json(store: SnapshotStore, file: Path) -> None:
    told = json.loads(run("apply", "-f", str(file), "--json"))

    assert (told["changed"], told["dry_run"], told["unchanged"]) == (True, False, 0)
    assert told["publication"] == 1
    assert told["differences"][0]["name"] == "house"


def test_what_is_exported_is_read_from_standard_input(
    store: SnapshotStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("apply", "-f", str(file))

    for words in ([], ["--json"]):
        exported = io.BytesIO(run("export", *words).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(exported))
        assert run("apply", "-f", "-", "--prune") == UNCHANGED


def test_the_schema_is_printed() -> None:
    assert json.loads(run("export", "--schema")) == json_schema()


def test_problems_are_told_one_a_line(store: SnapshotStore, file: Path) -> None:
    file.write_text("version: 3\noops: 1\n")
    before, errors = rows(), io.StringIO()

    with pytest.raises(
        CommandError, match=r"2 problems. Nothing was changed."
    ) as raised:
        call_command("apply", "-f", str(file), stderr=errors)

    assert raised.value.returncode == 1
    assert errors.getvalue().splitlines()[0] == "version: 3: use 1"
    assert rows() == before


def test_machines_get_the_problems_as_json(store: SnapshotStore, file: Path) -> None:
    file.write_text("version: 3")
    output = io.StringIO()

    with pytest.raises(CommandError, match=r"1 problem\. "):
        call_command("apply", "-f", str(file), "--json", stdout=output)

    told: Any = json.loads(output.getvalue())
    assert told["problems"] == [{"path": "version", "message": "3: use 1"}]


BAD = [
    (["-f", "/nowhere.yaml"], "/nowhere.yaml cannot be read"),
    (["-f", "-", "--watch"], "--watch needs a file"),
    (["-f", "x", "--watch", "--every", "0"], "--every 0: use 0.1 to 3600 seconds"),
    (["-f", "x", "--owner", "a b"], "--owner 'a b': use 1 to 50 letters"),
    (["-f", "x", "--watch", "--dry-run"], "not allowed with"),
    ([], "required"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(w) for w, _ in BAD])
def test_bad_words_change_nothing(
    store: SnapshotStore, words: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("apply", *words)

    assert not Revision.objects.exists()
