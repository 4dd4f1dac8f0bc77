"""Where documents come from: a file, a folder of files, or standard input."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from maintenance.declared.documents import merge, read_portal
from maintenance.declared.problems import DeclarationError, Problem, problem
from maintenance.declared.reading import MAX_BYTES, read_json, read_yaml
from maintenance.declared.shape import Portal

MAX_FILES = 100
_READERS: dict[str, Callable[[bytes], list[Any]]] = {
    ".yaml": read_yaml,
    ".yml": read_yaml,
    ".json": read_json,
}
# A folder that changes all the time is read in vain so often.
_ATTEMPTS = 20

Files = tuple[tuple[str, bytes], ...]


def read_path(path: Path) -> Files:
    """Return a file, or the files of a folder, all of one moment.

    ConfigMaps and git-sync replace whole folders by moving a link. What was
    read before and after that does not belong together, so files are read until
    twice the same was found.

    Raises:
        DeclarationError: there is none, too many or too large ones.
        OSError: they cannot be read.
    """
    files = _read_once(path)
    for _ in range(_ATTEMPTS):
        again = _read_once(path)
        if again == files:
            return files
        files = again
    raise problem(f"{path} does not stay the same while it is read")


def read_stream(stream: BinaryIO) -> Files:
    """Return what standard input holds; JSON if it begins as an object does."""
    # One byte more than is allowed, so that what is too long is refused, not cut.
    data = stream.read(MAX_BYTES + 1)
    is_json = data.lstrip()[:1] == b"{"
    return (("-.json" if is_json else "-.yaml", data),)


def digest(files: Files) -> str:
    """Return what tells files from others, by name and content."""
    summed = hashlib.sha256()
    for name, data in files:
        summed.update(f"{name}\0{len(data)}\0".encode())
        summed.update(data)
    return summed.hexdigest()


def to_portal(files: Files) -> Portal:
    """Return what files declare together.

    Raises:
        DeclarationError: they are no documents, or do not go together.
    """
    if sum(len(data) for _, data in files) > MAX_BYTES:
        raise problem(f"the documents have more than {MAX_BYTES:,} bytes")
    parts = [(name, tree) for name, data in files for tree in _read(name, data, files)]
    if not parts:
        raise problem("there is no document in it: declare at least its version")
    return read_portal(merge(parts))


def _read(name: str, data: bytes, files: Files) -> list[Any]:
    try:
        return _READERS[Path(name).suffix](data)
    except DeclarationError as exc:
        if len(files) == 1:
            raise
        raise DeclarationError(
            Problem(": ".join(filter(None, (name, each.path))), each.message)
            for each in exc.problems
        ) from exc


def _read_once(path: Path) -> Files:
    if not path.is_dir():
        # A file without one of the endings is YAML.
        name = path.name if path.suffix in _READERS else f"{path.name}.yaml"
        return ((name, _bytes_of(path)),)
    found = sorted(
        each
        for each in path.iterdir()
        if each.suffix in _READERS and not each.name.startswith(".")
    )
    if not found:
        raise problem(f"{path} has no file that ends in {', '.join(_READERS)}")
    if len(found) > MAX_FILES:
        raise problem(f"{path} has more than {MAX_FILES} files")
    return tuple((each.name, _bytes_of(each)) for each in found)


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
