from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maintenance.domain import snapshot as snapshots
from maintenance.domain.site import INDEX, Site, SiteFile, content_type, policy
from maintenance.domain.snapshot import Snapshot
from maintenance.pageserver.last_good import LastGood
from maintenance.pageserver.loading import Loader
from maintenance.pageserver.metrics import Refreshes
from maintenance.pageserver.published import FileData, Published
from maintenance.pageserver.refresh import Refresher
from maintenance.pageserver.responses import LivePages
from maintenance.publishing.store import site_file_name
from tests.pageserver.client import Wire, ask, browse, request
from tests.pageserver.running import Hands, publish, running
from tests.pageserver.stores import MemoryFiles
from tests.snapshots import make_schedule, make_snapshot, make_theme

PAGE = b'<!doctype html><div w3-include-html="/reason"></div>' + b"<!-- long -->" * 50
STYLE = b"body { color: #222 }\n" * 40
LOGO = b"\x89PNG, or so"
CONTENT = {INDEX: PAGE, "css/style.css": STYLE, "logo.png": LOGO, "empty.txt": b""}


def make_site(content: dict[str, bytes]) -> Site:
    files = {
        path: SiteFile(snapshots.digest(data), content_type(path), len(data))
        for path, data in content.items()
    }
    return Site(files, policy())


def with_site(content: dict[str, bytes] | None = None) -> Snapshot:
    """Return a snapshot whose theme for everything has a site."""
    theme = replace(
        make_theme(("en", "fr"), "calm"), site=make_site(content or CONTENT)
    )
    return make_snapshot(themes={"calm": theme}, schedules=(make_schedule(),))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    files = {
        snapshots.digest(data): FileData(data, gzip.compress(data) if data else b"")
        for data in CONTENT.values()
        if data != LOGO
    }
    files[snapshots.digest(LOGO)] = FileData(LOGO)
    published = replace(publish(with_site()), site_files=files)
    with running(LivePages(published, clock=Hands())) as server:
        yield server.port


@pytest.mark.parametrize("path", ["/", "/index.html", "/any/where", "/css/", "/%2e%2e"])
def test_site_page_stands_everywhere_with_the_reasons_status(
    port: int, path: str
) -> None:
    reply = browse(port, path)

    assert (reply.status, reply.body) == (503, PAGE)
    assert reply["content-type"] == "text/html; charset=utf-8"
    assert reply["content-security-policy"] == policy()
    assert reply["x-maintenance"] == "upgrade"
    assert reply["cache-control"] == "no-store"
    assert "retry-after" in reply
    assert "content-language" not in reply


@pytest.mark.parametrize(
    ("path", "body", "media_type"),
    [
        ("/css/style.css", STYLE, "text/css; charset=utf-8"),
        ("/css/style.css?v=2", STYLE, "text/css; charset=utf-8"),
        ("/%63ss/style.css", STYLE, "text/css; charset=utf-8"),
        ("/css/%73tyle.css", STYLE, "text/css; charset=utf-8"),
        ("/logo.png", LOGO, "image/png"),
        ("/empty.txt", b"", "text/plain; charset=utf-8"),
    ],
)
def test_file_is_served_with_its_type(
    port: int, path: str, body: bytes, media_type: str
) -> None:
    reply = ask(port, path)

    assert (reply.status, reply.body) == (200, body)
    assert reply["content-type"] == media_type
    assert reply["cache-control"] == "no-cache"
    assert reply["x-content-type-options"] == "nosniff"
    assert "x-maintenance" not in reply


def test_part_of_the_page_is_found_below_any_address(port: int) -> None:
    for path in ("/orders/42/css/style.css", "/orders/logo.png"):
        assert ask(port, path, sec_fetch_dest="style").status == 200
        assert ask(port, path).status == 503


def test_page_is_no_part_of_itself_below_any_address(port: int) -> None:
    for path in ("/index.html", "/orders/index.html", "/orders/%69ndex.html"):
        assert ask(port, path, sec_fetch_dest="style").status == 503


def test_file_is_compressed_for_who_takes_it(port: int) -> None:
    reply = ask(port, "/css/style.css", accept_encoding="br, gzip")

    assert reply["content-encoding"] == "gzip"
    assert gzip.decompress(reply.body) == STYLE
    assert reply["vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    for coding in ("identity", "br", "gzip;q=0"):
        assert ask(port, "/css/style.css", accept_encoding=coding).body == STYLE


def test_known_file_is_not_sent_again(port: int) -> None:
    etag = ask(port, "/logo.png")["etag"]

    known = ask(port, "/logo.png", if_none_match=etag)

    assert (known.status, known["etag"], known.body) == (304, etag, b"")
    packed = ask(port, "/css/style.css", accept_encoding="gzip")["etag"]
    # Another coding is another version.
    assert ask(port, "/css/style.css", if_none_match=packed).status == 200


def test_head_has_the_length_and_no_body(port: int) -> None:
    reply = ask(port, "/logo.png", method="HEAD")

    assert (reply.status, reply["content-length"]) == (200, str(len(LOGO)))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_get_the_page(port: int, method: str) -> None:
    assert ask(port, "/logo.png", method=method).status == 503


@pytest.mark.parametrize(
    "header", ["x_original_uri", "x_forwarded_uri", "x_envoy_original_path"]
)
def test_path_may_stand_in_a_header(port: int, header: str) -> None:
    options = {header: "/css/style.css", "x_code": "503"}

    assert ask(port, "/", **options).body == STYLE
    assert ask(port, "/", **(options | {header: "/orders"})).status == 503


def test_reason_and_other_forms_stay_as_they_are(port: int) -> None:
    assert ask(port, "/reason").body == b"<p>Upgrade, in detail</p>"
    assert ask(port, "/", accept="application/json").status == 503
    assert "Upgrade" in ask(port, "/", accept="text/plain").text
    image = ask(port, "/unknown.png", sec_fetch_dest="image")
    assert (image.status, image.body) == (503, b"")


def test_errors_keep_their_own_pages() -> None:
    snapshot = replace(with_site(), schedules=())
    files = {snapshots.digest(data): FileData(data) for data in CONTENT.values()}
    published = replace(publish(snapshot), site_files=files)
    with running(LivePages(published, clock=Hands())) as server:
        missing = browse(server.port, "/", x_code="404")
        style = ask(server.port, "/", x_code="404", x_original_uri="/css/style.css")
        away = browse(server.port, "/", x_code="503")

    assert missing.status == 404
    assert b"Error 404" in missing.body
    assert style.status == 404
    assert (away.status, away.body) == (503, PAGE)


def test_often_asked_heads_get_files_and_pages_alike(port: int) -> None:
    """A connection that repeats its heads is read by pattern."""
    headers = {"host": "a.example", "user-agent": "Mozilla/5.0", "accept": "text/html"}
    with Wire(port) as wire:
        for _ in range(40):
            wire.send(request("GET", "/x", x_request_id="one", **headers))
            page = wire.reply()
            wire.send(request("GET", "/css/style.css", x_request_id="two", **headers))
            file = wire.reply()
            assert (page.status, page.body) == (503, PAGE)
            assert (file.status, file.body) == (200, STYLE)
            assert (page["x-request-id"], file["x-request-id"]) == ("one", "two")


class Follower:
    """A refresher that a test turns by hand, and what it has handed over."""

    def __init__(self, files: MemoryFiles, folder: Path, *, room: int = 10_000) -> None:
        self.delivered: list[Published] = []
        self.state = Refreshes()
        self.refresher = Refresher(
            lambda: files.store,
            self.delivered.append,
            loader=Loader(assets_bytes=room),
            last_good=LastGood(folder),
            state=self.state,
        )

    def turn(self) -> list[int]:
        self.refresher.turn()
        return [published.version for published in self.delivered]

    def paths(self) -> set[str]:
        """Return the files of the site that are served now."""
        served = self.delivered[-1]
        site = served.snapshot.themes["calm"].site
        assert site is not None
        return {p for p, f in site.files.items() if f.digest in served.site_files}


@pytest.fixture
def files() -> MemoryFiles:
    made = MemoryFiles()
    for data in CONTENT.values():
        made.write_bytes(site_file_name(snapshots.digest(data)), data)
    return made


def test_site_is_read_once_for_many_publications(
    files: MemoryFiles, tmp_path: Path
) -> None:
    follower = Follower(files, tmp_path)
    for version in (1, 2, 3):
        snapshot = replace(with_site(), portal=str(version))
        files.publish(snapshot, version=version)
        follower.turn()

    assert [p.version for p in follower.delivered] == [1, 2, 3]
    assert follower.paths() == set(CONTENT)
    style = snapshots.digest(STYLE)
    assert files.reads.count(site_file_name(style)) == 1
    # Compressed once, too.
    first, *others = (published.site_files[style] for published in follower.delivered)
    assert first.gzipped
    assert all(other is first for other in others)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_site_without_its_page_never_replaces_what_is_served(
    files: MemoryFiles, tmp_path: Path, damage: str
) -> None:
    follower = Follower(files, tmp_path)
    files.publish()
    follower.turn()
    name = site_file_name(snapshots.digest(PAGE))
    if damage == "missing":
        del files.files[name]
    else:
        files.files[name] = b"something else"
    files.publish(with_site(), version=2)

    assert follower.turn() == [1]
    assert follower.state.cause == "storage"

    files.files[name] = PAGE
    assert follower.turn() == [1, 2]


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_site_lacks_a_lost_file_and_stands(
    files: MemoryFiles, tmp_path: Path, damage: str
) -> None:
    follower = Follower(files, tmp_path)
    name = site_file_name(snapshots.digest(LOGO))
    if damage == "missing":
        del files.files[name]
    else:
        files.files[name] = b"half of it"
    files.publish(with_site())

    assert follower.turn() == [1]
    assert follower.paths() == set(CONTENT) - {"logo.png"}


def test_site_larger_than_the_room_has_its_page(
    files: MemoryFiles, tmp_path: Path
) -> None:
    follower = Follower(files, tmp_path, room=len(PAGE) + len(LOGO))
    files.publish(with_site())

    assert follower.turn() == [1]
    assert follower.paths() == {INDEX, "logo.png", "empty.txt"}


def test_site_comes_back_from_the_disk(files: MemoryFiles, tmp_path: Path) -> None:
    files.publish(with_site())
    Follower(files, tmp_path).turn()
    files.away = True
    second = Follower(files, tmp_path)

    second.refresher.restore()

    assert second.paths() == set(CONTENT)


@pytest.mark.parametrize(
    "site",
    [
        Site({"a.css": make_site({"a": b""}).files["a"]}, policy()),
        Site({INDEX: SiteFile("../../etc/passwd", "text/html", 1)}, policy()),
    ],
    ids=["no page", "no digest"],
)
def test_impossible_site_is_refused(
    files: MemoryFiles, tmp_path: Path, site: Site
) -> None:
    theme = replace(make_theme(("en", "fr"), "calm"), site=site)
    files.publish(make_snapshot(themes={"calm": theme}))
    follower = Follower(files, tmp_path)

    assert follower.turn() == []
    assert follower.state.cause == "format"
