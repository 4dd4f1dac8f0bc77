from __future__ import annotations

import os
from pathlib import Path

import pytest

from maintenance.actions.site_folder import (
    SiteError,
    advice,
    check_page,
    read_folder,
)
from maintenance.domain import site as sites

PAGE = (
    '<!doctype html><link rel=stylesheet href="s.css"><p w3-include-html="/reason">Soon'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "our-site"
    write(made, "index.html", PAGE)
    write(made, "s.css", "p{}")
    return made


def write(folder: Path, name: str, text: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_folder_is_read_with_all_below_it(folder: Path) -> None:
    write(folder, "img/deep/er/logo.png", b"\x89PNG")

    found = read_folder(folder)

    assert found.name == "our-site"
    assert set(found.contents) == {"index.html", "s.css", "img/deep/er/logo.png"}
    assert found.size_bytes == len(PAGE) + 3 + 4
    assert advice(found, ()) == []


def test_hidden_files_are_left_out_and_named(folder: Path) -> None:
    write(folder, ".git/config", "secret")
    write(folder, "img/.DS_Store", "")

    found = read_folder(folder)

    assert set(found.contents) == {"index.html", "s.css"}
    assert found.hidden == (".git", "img/.DS_Store")


def test_links_within_the_folder_are_followed(folder: Path) -> None:
    """A volume of Kubernetes holds its files so."""
    write(folder, "..data/other.css", "a{}")
    (folder / "other.css").symlink_to("..data/other.css")

    assert read_folder(folder).contents["other.css"] == b"a{}"


def test_links_out_of_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, "secret", "key")
    (folder / "key.txt").symlink_to(tmp_path / "secret")

    with pytest.raises(SiteError, match=r"'key\.txt' leads out of the folder"):
        read_folder(folder)


def test_what_is_no_file_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")

    with pytest.raises(SiteError, match=r"'pipe\.txt' is no ordinary file"):
        read_folder(folder)


def test_folder_of_any_name_can_be_pushed(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode(b"caf\xe9")
    write(place, "index.html", PAGE)
    write(place, "s.css", "p{}")

    write(place, os.fsdecode(b".caf\xe9"), "")

    found = read_folder(place)

    assert (found.name, found.hidden) == ("caf?", (".caf?",))


def test_links_to_hidden_files_are_refused(folder: Path) -> None:
    write(folder, ".git/config", "secret")
    (folder / "key.txt").symlink_to(".git/config")

    with pytest.raises(SiteError, match=r"'key\.txt' leads to a hidden file"):
        read_folder(folder)


def test_linked_folders_are_refused(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)

    with pytest.raises(SiteError, match="'loop' is a link to a folder"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("index.html", b"", "is empty or no HTML: begin with"),
        ("index.html", b"  \n", "is empty or no HTML"),
        ("index.html", b"just words", "is empty or no HTML"),
        ("index.html", b"<p>caf\xe9", "is not UTF-8: save it so"),
        ("index.html", b"<" + b"x" * sites.MAX_INDEX_BYTES, "use at most 262,144"),
        ("big.js", b"x" * (sites.MAX_FILE_BYTES + 1), "'big.js' has more than 4 MiB"),
        ("a\nb.txt", b"", "use names of letters"),
        ("a\\b.txt", b"", "use names of letters"),
        ("x/" * sites.MAX_DEPTH + "y", b"", "at most 10 folders in a row"),
        (f"{'d' * 120}/{'f' * 120}", b"", "at most 200 characters"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(
    folder: Path, name: str, content: bytes, why: str
) -> None:
    write(folder, name, content)

    with pytest.raises(SiteError, match=why):
        read_folder(folder)


def test_limits_of_the_whole_are_kept(folder: Path) -> None:
    for number in range(4):
        write(folder, f"{number}.bin", b"x" * sites.MAX_FILE_BYTES)
    with pytest.raises(SiteError, match="more than 16 MiB of files"):
        read_folder(folder)


def test_too_many_files_are_refused(folder: Path) -> None:
    for number in range(sites.MAX_FILES):
        write(folder, f"{number}.txt", "")
    with pytest.raises(SiteError, match="more than 500 files"):
        read_folder(folder)


def test_folder_without_page_is_refused(folder: Path) -> None:
    (folder / "index.html").unlink()
    with pytest.raises(SiteError, match=r"has no index\.html"):
        read_folder(folder)
    with pytest.raises(SiteError, match="is no folder"):
        read_folder(folder / "s.css")


def test_advice_names_what_the_page_lacks(folder: Path) -> None:
    page = """<script src="https://www.w3schools.com/lib/w3.js"></script>
        <img src="img/lost.png"><img src="/s.css">"""
    write(folder, "index.html", page)

    reason, script, image = advice(read_folder(folder), ())

    assert "does not include /reason" in reason
    assert "add --allow https://www.w3schools.com" in script
    assert "names 'img/lost.png', which is not in the folder" in image
    assert len(advice(read_folder(folder), ("https://www.w3schools.com",))) == 2
    write(folder, "index.html", "<p /reason")
    assert advice(read_folder(folder), ()) == ["index.html shows nothing."]


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        "Soon" + '<img src="https://cdn.example.com/x.png"><img src="data:,x">',
        'Soon<img src="#x"><img src="?x"><iframe src="mailto:a@b.example">',
        'Soon<iframe src="/reason?x"></iframe><img src="/.maintenance/assets/0.png">',
        'Soon<link rel=canonical href="/orders"><a href="lost.html">Orders</a>',
        'Soon<!-- <img src="lost.png"> --><script>"<img src=lost.png>"</script>',
        'Soon<img data-src="lost.png" alt="src=lost.png" src="s.css?v=2#x">',
        'Soon<img src="./img/../s.css"><img src="../s.css"><img src="our&amp;s.png">',
        '<base href="/img/">Soon<img src="our logo.png"><img src="/s.css">',
    ],
)
def test_page_that_lacks_nothing_is_taken(folder: Path, page: str) -> None:
    write(folder, "index.html", f"<!doctype html>{page}")
    write(folder, "our&s.png", b"\x89PNG")
    write(folder, "img/our logo.png", b"\x89PNG")

    check_page(read_folder(folder))


def test_refusal_names_what_is_missing(folder: Path) -> None:
    page = "<p>Soon" + "".join(f"<img src={number}.png>" for number in range(5))
    write(folder, "index.html", page)
    found = read_folder(folder)

    with pytest.raises(
        SiteError,
        match=r"^index\.html names '0\.png', '1\.png', '2\.png' and 2 more, which are "
        r"not in the folder: bring them along, or push it as it is with --anyway\.$",
    ):
        check_page(found)
