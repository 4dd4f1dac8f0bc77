from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy
from tests.processes.operator import Operator
from tests.web.forms import announcement, filled_in, reason_form


@pytest.fixture
def portals(tmp_path: Path) -> Iterator[list[Copy]]:
    """Two portals over one database and one storage."""
    with copy(tmp_path / "first") as first:
        first.prepare()
        first.succeed("create_first_admin")
        shared = {"PORTAL_DATA_DIR": str(first.data)}
        if url := first.changes.get("DATABASE_URL"):
            shared["DATABASE_URL"] = url
        (tmp_path / "second").mkdir()
        with copy(tmp_path / "second", **shared) as second:
            for each in (first, second):
                each.start_portal()
            yield [first, second]


def address(portal: Copy) -> str:
    return f"http://127.0.0.1:{portal.ports['portal']}"


def test_a_session_is_good_at_both_portals(portals: list[Copy]) -> None:
    olga = Operator(address(portals[0]))

    olga.portal = address(portals[1])

    assert "Log out" in olga.get("/admin/")


def test_editors_at_both_portals_lose_no_change(portals: list[Copy]) -> None:
    portals[0].start_page_server()
    portals[0].start_watcher("first-watcher")
    portals[1].start_watcher("second-watcher")
    editors = [Operator(address(portals[number % 2])) for number in range(4)]

    def write(number: int) -> None:
        for turn in range(5):
            editors[number].post(
                "/admin/maintenance/reason/add/", **reason_form(f"r{number}-{turn}")
            )
        editors[number].post("/admin/announce/", **announcement(text=f"By {number}"))

    with ThreadPoolExecutor(len(editors)) as pool:
        list(pool.map(write, range(len(editors))))

    slugs = portals[0].query("SELECT slug FROM maintenance_reason WHERE slug LIKE 'r%'")
    assert len(slugs) == 20
    # The announcements of all four, each of which ended the one before.
    newest = portals[0].query(
        "SELECT t.text FROM maintenance_reasontext t"
        " WHERE t.text LIKE 'By %' ORDER BY t.id DESC LIMIT 1"
    )
    portals[0].until_page(newest[0][0])
    instants = portals[0].query("SELECT at FROM maintenance_revision ORDER BY id")
    assert instants == sorted(instants)
    versions = portals[0].query(
        "SELECT version FROM maintenance_publication ORDER BY version"
    )
    assert versions == [(number + 1,) for number in range(len(versions))]


def test_of_two_editors_of_one_reason_one_is_told(portals: list[Copy]) -> None:
    editors = [Operator(address(portal)) for portal in portals]
    editors[0].post("/admin/maintenance/reason/add/", **reason_form("upgrade"))
    ((number,),) = portals[0].query("SELECT id FROM maintenance_reason")
    path = f"/admin/maintenance/reason/{number}/change/"
    forms = [filled_in(editor.get(path), "reason_form") for editor in editors]

    def save(which: int) -> str:
        fields = forms[which] | {"texts-0-text": f"Said by {which}"}
        return editors[which].post(path, **fields)

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(save, range(2)))

    told = ["Not saved: admin changed this reason" in page for page in pages]
    assert sorted(told) == [False, True], pages
    said = portals[0].query("SELECT text FROM maintenance_reasontext")
    assert said == [(f"Said by {told.index(False)}",)]
