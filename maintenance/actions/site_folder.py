"""A folder of files, read and checked before it becomes a site."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maintenance.domain import site as sites


class SiteError(Exception):
    """A folder cannot become a site. What visitors see is unchanged."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder's files, read and checked."""

    name: str
    contents: Mapping[str, bytes]
    """By path, with "/" between its parts."""
    hidden: tuple[str, ...] = ()
    """What was left out: names that begin with a dot."""

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.contents.values()))


def read_folder(path: Path) -> Folder:
    """Read a folder that may become a site.

    Raises:
        SiteError: it is no folder, or breaks a limit or rule.
    """
    if not path.is_dir():
        raise SiteError(f"{str(path)!r} is no folder: give one with an index.html.")
    hidden: list[str] = []
    contents: dict[str, bytes] = {}
    left = sites.MAX_SITE_BYTES
    for name, file in _walk(path.resolve(), hidden):
        if len(contents) >= sites.MAX_FILES:
            raise SiteError(
                f"{str(path)!r} has more than {sites.MAX_FILES} files: leave some out."
            )
        contents[name] = _read(name, file)
        left -= len(contents[name])
        if left < 0:
            raise SiteError(
                f"{str(path)!r} has more than {_mebibytes(sites.MAX_SITE_BYTES)} of "
                "files: make images smaller or leave some out."
            )
    _check_index(path, contents.get(sites.INDEX))
    name = _shown(path.resolve().name) or "site"
    return Folder(name, contents, tuple(sorted(map(_shown, hidden))))


def check_page(folder: Folder) -> None:
    """Refuse a page that cannot be what was meant.

    Raises:
        SiteError: it shows nothing, or names files that are not there.
    """
    index = _index(folder)
    if not sites.shows_something(index):
        raise SiteError(
            f"{sites.INDEX} shows nothing: write into its <body> what visitors shall "
            "read, or push it as it is with --anyway."
        )
    if missing := _missing(folder, index):
        are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        raise SiteError(
            f"{sites.INDEX} names {_listed(missing)}, which {are} not in the folder: "
            f"bring {them} along, or push it as it is with --anyway."
        )


def advice(folder: Folder, origins: tuple[str, ...]) -> list[str]:
    """Return what may be wrong with a site's page, in sentences."""
    index = _index(folder)
    found = [] if sites.shows_something(index) else [f"{sites.INDEX} shows nothing."]
    if "/reason" not in index:
        found.append(
            f"{sites.INDEX} does not include /reason, so visitors do not read there "
            "why they see it."
        )
    for address in sites.references(index):
        origin = sites.origin_of(address)
        if origin and origin not in origins:
            found.append(
                f"{sites.INDEX} loads {address}, which its policy forbids: add "
                f"--allow {origin}, or better bring the file along."
            )
    return found + [
        f"{sites.INDEX} names {path!r}, which is not in the folder."
        for path in _missing(folder, index)
    ]


def _index(folder: Folder) -> str:
    return folder.contents[sites.INDEX].decode()


def _missing(folder: Folder, index: str) -> list[str]:
    """Return what a page loads from its own host and the folder lacks."""
    paths = dict.fromkeys(map(sites.path_of, sites.references(index)))
    return [
        path
        for path in paths
        if path and path not in folder.contents and not sites.is_page_servers(path)
    ]


def _listed(paths: list[str]) -> str:
    """Return the first of some paths, and how many more there are."""
    named, more = [f"{path:.80}" for path in paths[:3]], len(paths) - 3
    named = [repr(path) for path in named] + ([f"{more} more"] if more > 0 else [])
    *first, last = named
    return f"{', '.join(first)} and {last}" if first else last


def _walk(root: Path, hidden: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield a folder's files by their paths in it, sorted."""
    for folder, folders, files in os.walk(root, onerror=_refuse):
        place = Path(folder)
        hidden.extend(
            (place / name).relative_to(root).as_posix()
            for name in [*folders, *files]
            if name.startswith(".")
        )
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (place / name).is_symlink():
                raise SiteError(f"{name!r} is a link to a folder: copy the folder.")
        for name in sorted(name for name in files if not name.startswith(".")):
            file = place / name
            path = file.relative_to(root).as_posix()
            _check_target(path, file.resolve(), root)
            _check_path(path)
            yield path, file


def _check_target(path: str, target: Path, root: Path) -> None:
    """Refuse a link that leads out of the folder, or to what is hidden in it."""
    if not target.is_relative_to(root):
        raise SiteError(f"{path!r} leads out of the folder: copy the file.")
    # A volume of Kubernetes has its files in `..data` and the like.
    if any(
        part.startswith(".") and not part.startswith("..")
        for part in target.relative_to(root).parts
    ):
        raise SiteError(f"{path!r} leads to a hidden file: copy the file.")


def _refuse(exc: OSError) -> None:
    raise SiteError(f"A folder cannot be read: {exc}.") from exc


def _check_path(path: str) -> None:
    if not path.isprintable() or "\\" in path:
        raise SiteError(f"{path!r}: use names of letters, digits and signs.")
    if len(path) > sites.MAX_PATH_LENGTH:
        raise SiteError(
            f"{path:.40}...: use at most {sites.MAX_PATH_LENGTH} characters for a path."
        )
    if path.count("/") >= sites.MAX_DEPTH:
        raise SiteError(f"{path!r}: use at most {sites.MAX_DEPTH} folders in a row.")


def _read(path: str, file: Path) -> bytes:
    if file.exists() and not file.is_file():
        # To open a pipe would wait for whoever writes into it.
        raise SiteError(f"{path!r} is no ordinary file: leave it out.")
    try:
        with file.open("rb") as opened:
            # One more than is allowed, whatever the size was a moment ago.
            data = opened.read(sites.MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise SiteError(f"{path!r} cannot be read: {exc}.") from exc
    if len(data) > sites.MAX_FILE_BYTES:
        raise SiteError(
            f"{path!r} has more than {_mebibytes(sites.MAX_FILE_BYTES)}: make it smaller."
        )
    return data


def _check_index(folder: Path, index: bytes | None) -> None:
    if index is None:
        raise SiteError(
            f"{str(folder)!r} has no {sites.INDEX}: that is the page that visitors see."
        )
    if len(index) > sites.MAX_INDEX_BYTES:
        raise SiteError(
            f"{sites.INDEX} has {len(index):,} bytes: use at most "
            f"{sites.MAX_INDEX_BYTES:,}, and put images and scripts into other files."
        )
    try:
        text = index.decode()
    except UnicodeDecodeError as exc:
        raise SiteError(f"{sites.INDEX} is not UTF-8: save it so.") from exc
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise SiteError(
            f"{sites.INDEX} is empty or no HTML: begin with <!doctype html>."
        )


def _shown(name: str) -> str:
    """Return a name as it can be stored and printed, also where it is not UTF-8."""
    return name.encode(errors="replace").decode()


def _mebibytes(size: int) -> str:
    return f"{size // 2**20} MiB"
