from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from maintenance.actions.export_pages import (
    ALB_BYTES,
    ENVOY_BYTES,
    HAPROXY_BYTES,
    ExportedFile,
    ExportError,
    make_files,
    write_files,
)
from maintenance.models import ReasonText, Theme
from maintenance.publishing.builder import build_snapshot
from tests.factories import HOUR, NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db

LONG = "The database is being moved to *new machines* & more. " * 300
SMALL = ("envoy/503.html", "alb/503.html")


def exported(
    *, at: datetime = NOON, service: str = "", language: str = ""
) -> dict[str, ExportedFile]:
    files = make_files(build_snapshot(at), at=at, service=service, language=language)
    return {file.name: file for file in files}


def text_of(file: ExportedFile) -> str:
    return file.data.decode()


class Balance(HTMLParser):
    """Which elements are open at the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_place_says_what_is_scheduled_now() -> None:
    make_schedule(make_reason(), make_service("shop"), closes_at=NOON + HOUR)

    files = exported(service="shop")

    names = ("nginx/503.html", "haproxy/503.http", "s3/index.html", "s3/error.html")
    for name in (*names, *SMALL):
        assert "The database is being upgraded." in text_of(files[name])
        assert "1 December 2026 at 13:00 UTC" in text_of(files[name])


def test_a_schedule_that_is_over_is_not_in_it() -> None:
    make_schedule(make_reason(), closes_at=NOON + HOUR)

    page = text_of(exported(at=NOON + HOUR)["nginx/503.html"])

    assert "Not available at the moment" in page


def test_a_service_has_its_own_default_reason() -> None:
    make_service("shop", reason=make_reason())

    assert "being upgraded" in text_of(exported(service="shop")["alb/503.html"])
    assert "being upgraded" not in text_of(exported()["alb/503.html"])


def test_a_service_has_its_own_theme() -> None:
    theme = Theme.objects.create(slug="dark", name="Dark", footer="Acme & Sons")
    make_service("shop", theme=theme)

    assert "Acme &amp; Sons" in text_of(exported(service="shop")["nginx/404.html"])


def test_an_error_keeps_its_meaning_while_something_is_scheduled() -> None:
    make_schedule(make_reason())

    files = exported()

    assert "There is no page here" in text_of(files["nginx/404.html"])
    assert files["haproxy/404.http"].data.startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_pages_are_in_the_language_that_was_asked_for() -> None:
    reason = make_reason()
    ReasonText.objects.create(reason=reason, language="fr", text="Travaux en cours.")
    make_schedule(reason)

    files = exported(language="fr-CH")

    assert "Travaux en cours." in text_of(files["envoy/503.html"])
    assert b"\r\nContent-Language: fr\r\n" in files["haproxy/503.http"].data
    assert '<html lang="fr"' in text_of(files["nginx/404.html"])


def test_a_reason_without_that_language_stands_in_its_own() -> None:
    make_schedule(make_reason())

    files = exported(language="fr")

    pages = files["nginx/503.html"].page, files["nginx/404.html"].page
    assert [page and page.language for page in pages] == ["en", "fr"]


def test_pages_have_nothing_that_asks_a_page_server() -> None:
    make_schedule(make_reason(), closes_at=NOON + HOUR)

    for name, file in exported().items():
        if name.endswith((".html", ".http")):
            assert "<script" not in text_of(file)
            assert "X-Maintenance" not in text_of(file)
    page = text_of(exported()["nginx/503.html"])
    assert '<p class="promise" hidden>' in page
    assert page.rstrip().endswith("</html>")


def test_a_response_for_haproxy_is_whole() -> None:
    make_schedule(make_reason(), closes_at=NOON + HOUR)

    head, _, body = exported()["haproxy/503.http"].data.partition(b"\r\n\r\n")

    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert "Content-Type: text/html; charset=utf-8" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert "Retry-After: Tue, 01 Dec 2026 13:00:00 GMT" in lines
    assert "\n" not in head.decode().replace("\r\n", "")


def test_an_open_end_is_worth_another_try_in_five_minutes() -> None:
    make_schedule(make_reason())

    assert b"\r\nRetry-After: 300\r\n" in exported()["haproxy/503.http"].data


def test_what_has_closed_for_good_is_gone() -> None:
    make_schedule(make_reason(kind="RETIRED"))

    files = exported()

    response = files["haproxy/503.http"].data
    assert response.startswith(b"HTTP/1.1 410 Gone\r\n")
    assert b"Retry-After" not in response.partition(b"\r\n\r\n")[0]
    assert "error_page 502 503 504 =410 " in text_of(files["nginx/error_pages.conf"])
    assert "Retry-After" not in text_of(files["nginx/error_pages.conf"])


@pytest.mark.parametrize("text", [LONG, "維護中" * 3000], ids=["words", "no-spaces"])
@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("haproxy/503.http", HAPROXY_BYTES),
        ("envoy/503.html", ENVOY_BYTES),
        ("alb/503.html", ALB_BYTES),
    ],
)
def test_a_long_reason_is_shortened_to_fit(name: str, limit: int, text: str) -> None:
    make_schedule(make_reason(text=text))

    file = exported()[name]

    # As much as there is room for: no more is missing than a word and a mark.
    assert limit - 60 < len(file.data) <= limit
    page = text_of(file).partition("\r\n\r\n")[2] or text_of(file)
    assert " … This text has been shortened.</p>" in page
    assert Balance(page).open == []
    assert not re.search(r"&\w*(?![\w;])", page)


def test_a_short_reason_keeps_its_form() -> None:
    make_schedule(make_reason(text="See [the status](https://s.example/)."))

    page = text_of(exported()["alb/503.html"])

    assert '<a href="https://s.example/" rel="noopener nofollow">the status</a>' in page
    assert "shortened" not in page


def test_a_theme_that_haproxy_has_no_room_for_stays_out() -> None:
    theme = Theme.objects.create(slug="big", name="Big")
    theme.links = [
        {"label": "x" * 100, "url": f"https://a.example/{'y' * 400}{n}"}
        for n in range(20)
    ]
    theme.save()
    make_service("shop", theme=theme)

    files = exported(service="shop")

    for name in ("haproxy/503.http", "haproxy/404.http"):
        page = files[name].page
        assert page is not None
        assert page.is_small
        assert not page.is_shortened
        assert len(files[name].data) < 2048


def test_what_cannot_fit_is_named() -> None:
    reason = make_reason(text=LONG)
    reason.texts.update(title="\N{CONSTRUCTION SIGN}" * 200)
    make_schedule(reason)

    with pytest.raises(ExportError, match=r"alb/503\.html does not fit: .* 1,024"):
        exported()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"service": "blog"}, "There is no service 'blog'; there are shop."),
        ({"language": "tlh"}, "There are no pages in 'tlh'; there are ar, "),
    ],
)
def test_what_is_unknown_is_refused(options: dict[str, str], sentence: str) -> None:
    make_service("shop")

    with pytest.raises(ExportError, match=sentence):
        exported(**options)  # type: ignore[arg-type]  # mypy takes `at` for one of them


ONE, TWO = (ExportedFile("nginx/503.html", data) for data in (b"one", b"two"))


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("there", [False, True], ids=["new", "empty"])
def test_an_export_is_all_that_appears(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "a" / "pages"
    if there:
        folder.mkdir(parents=True)

    write_files([ONE], folder)

    assert tree(tmp_path) == {"a/pages/nginx/503.html": b"one"}
    assert [path.name for path in folder.parent.iterdir()] == ["pages"]


def test_proxies_of_other_users_can_read_an_export(tmp_path: Path) -> None:
    write_files([ONE], tmp_path / "pages")

    ordinary = tmp_path / "ordinary"
    ordinary.mkdir()
    assert (tmp_path / "pages").stat().st_mode == ordinary.stat().st_mode


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"mine")

    with pytest.raises(ExportError, match=r"is not empty\. Nothing was written"):
        write_files([ONE], tmp_path)

    assert tree(tmp_path) == {"notes.txt": b"mine"}


def test_an_earlier_export_gives_way(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    write_files([ONE, ExportedFile("nginx/599.html", b"of an older release")], folder)

    write_files([TWO], folder, replaces=True)

    assert tree(tmp_path) == {"pages/nginx/503.html": b"two"}
    assert [path.name for path in tmp_path.iterdir()] == ["pages"]


def test_what_is_no_export_never_gives_way(tmp_path: Path) -> None:
    write_files([ONE], tmp_path / "pages")
    (tmp_path / "pages" / "notes.txt").write_bytes(b"mine")
    before = tree(tmp_path)

    with pytest.raises(ExportError, match=r"notes\.txt comes from no export"):
        write_files([TWO], tmp_path / "pages", replaces=True)

    assert tree(tmp_path) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "pages").write_bytes(b"mine")

    with pytest.raises(ExportError, match="is no directory"):
        write_files([ONE], tmp_path / "pages", replaces=True)

    assert tree(tmp_path) == {"pages": b"mine"}


def test_a_failed_export_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    write_files([ONE], folder)
    too_long = ExportedFile("nginx/" + "x" * 300, b"")

    with pytest.raises(ExportError, match="cannot be written: File name too long"):
        write_files([TWO, too_long], folder, replaces=True)

    assert tree(tmp_path) == {"pages/nginx/503.html": b"one"}
    assert [path.name for path in tmp_path.iterdir()] == ["pages"]


def test_a_failure_at_the_last_moment_brings_back_what_was_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "pages"
    write_files([ONE], folder)

    # Without a file there is no new folder that could be put in its place.
    with pytest.raises(ExportError, match="cannot be written: No such file"):
        write_files([], folder, replaces=True)

    assert tree(tmp_path) == {"pages/nginx/503.html": b"one"}
