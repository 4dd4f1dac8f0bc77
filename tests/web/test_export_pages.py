from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from maintenance.models import Theme
from maintenance.publishing.store import SnapshotStore
from tests.factories import HOUR, NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[str, str]:
    output, errors = io.StringIO(), io.StringIO()
    call_command(*words, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_the_command_says_what_it_wrote(store: SnapshotStore, tmp_path: Path) -> None:
    run("add_service", "shop", "--host", "shop.example.com")
    run("set_reason", "Moving house " * 100, "--service", "shop")

    said, complaint = run("export_pages", str(tmp_path / "out"), "--service", "shop")

    written = {
        path.relative_to(tmp_path / "out").as_posix(): path.stat().st_size
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    lines = dict(line.split(": ", 1) for line in said.splitlines())
    assert lines.keys() == written.keys()
    size = written["alb/503.html"]
    assert lines["alb/503.html"] == f"{size:,} of 1,024 bytes, en, shortened"
    assert lines["nginx/503.html"] == f"{written['nginx/503.html']:,} bytes, en"
    assert complaint == ""


def test_pages_are_what_visitors_see(store: SnapshotStore, tmp_path: Path) -> None:
    run("set_reason", "First")
    run("set_reason", "Second")
    run("rollback", "1")

    _, complaint = run("export_pages", str(tmp_path / "out"))

    assert "First" in (tmp_path / "out" / "nginx" / "503.html").read_text()
    assert "Visitors see publication 1 again" in complaint


def test_what_is_saved_is_exported_before_the_first_publication(
    store: SnapshotStore, tmp_path: Path
) -> None:
    make_schedule(make_reason(), make_service("shop"), opens_at=NOON - 365 * 24 * HOUR)

    _, complaint = run("export_pages", str(tmp_path / "out"), "--service", "shop")

    page = (tmp_path / "out" / "envoy" / "503.html").read_text()
    assert "The database is being upgraded." in page
    assert complaint.startswith("Not published yet")


def test_the_readme_says_where_each_goes(store: SnapshotStore, tmp_path: Path) -> None:
    run("export_pages", str(tmp_path / "out"))

    readme = (tmp_path / "out" / "README.md").read_text()
    for folder in ("nginx", "haproxy", "envoy", "alb", "s3"):
        assert f"`{folder}/" in readme


def test_a_site_that_is_left_out_is_told(store: SnapshotStore, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "index.html").write_text("<p>Our own words")
    run("push_site", str(ours))

    _, complaint = run("export_pages", str(tmp_path / "out"))

    assert "Our own words" not in (tmp_path / "out/nginx/503.html").read_text()
    assert "a site of one's own, which is not exported" in complaint
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "not among these files" in readme


def test_a_site_of_another_theme_is_no_news(
    store: SnapshotStore, tmp_path: Path
) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "index.html").write_text("<p>Our own words")
    run("push_site", str(ours))
    plain = Theme.objects.create(slug="plain", name="Plain")
    make_service("shop", theme=plain)
    call_command("publish", stdout=io.StringIO())

    _, complaint = run("export_pages", str(tmp_path / "out"), "--service", "shop")

    assert complaint == ""
    assert "not among" not in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--service", "blog"), "There is no service 'blog'"),
        (("--language", "tlh"), "There are no pages in 'tlh'"),
    ],
)
def test_a_refused_export_writes_nothing(
    store: SnapshotStore, tmp_path: Path, words: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        run("export_pages", str(tmp_path / "out"), *words)

    assert refused.value.returncode == 1
    assert not (tmp_path / "out").exists()


def test_force_replaces_an_earlier_export(store: SnapshotStore, tmp_path: Path) -> None:
    run("export_pages", str(tmp_path / "out"))
    run("set_reason", "Moving house")
    with pytest.raises(CommandError, match="is not empty"):
        run("export_pages", str(tmp_path / "out"))

    run("export_pages", str(tmp_path / "out"), "--force")

    assert "Moving house" in (tmp_path / "out" / "alb" / "503.html").read_text()
