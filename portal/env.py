"""Typed readers of environment variables: a bad value stops the start, by name."""

from __future__ import annotations

import os
import re
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_PORT = re.compile(r"[0-9]{1,5}")
_SPACE = re.compile(r"[\x00-\x20\x7f]")


class SettingError(ImproperlyConfigured):
    """An environment variable is missing or unusable; the message names it."""


def text(name: str, *, default: str = "") -> str:
    """Return a variable, or the default where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def words(name: str, *, default: str = "") -> list[str]:
    """Return the comma-separated members of a variable."""
    return [
        word.strip() for word in text(name, default=default).split(",") if word.strip()
    ]


def path(name: str, *, default: Path) -> Path:
    """Return a file or folder, absolute."""
    return Path(text(name, default=str(default))).absolute()


def flag(name: str, *, default: bool) -> bool:
    """Return a yes/no setting.

    Raises:
        SettingError: the value is neither "true" nor "false".
    """
    match text(name):
        case "":
            return default
        case "true":
            return True
        case "false":
            return False
        case other:
            raise SettingError(f"{name}={other!r}: use 'true' or 'false'.")


def integer(name: str, *, default: int, at_least: int, at_most: int) -> int:
    """Return a whole number within bounds.

    Raises:
        SettingError: the value is no number or out of bounds.
    """
    value = text(name, default=str(default))
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or not at_least <= number <= at_most:
        raise SettingError(
            f"{name}={value!r}: use a whole number from {at_least} to {at_most}."
        )
    return number


def number(name: str, *, default: float, at_least: float, at_most: float) -> float:
    """Return a number within bounds.

    Raises:
        SettingError: the value is no number or out of bounds.
    """
    value = text(name, default=str(default))
    try:
        found = float(value)
    except ValueError:
        found = float("nan")
    if not isfinite(found) or not at_least <= found <= at_most:
        raise SettingError(
            f"{name}={value!r}: use a number from {at_least} to {at_most}."
        )
    return found


def choice(name: str, *, default: str, among: tuple[str, ...]) -> str:
    """Return one of a few words.

    Raises:
        SettingError: the value is another word.
    """
    value = text(name, default=default)
    if value not in among:
        raise SettingError(f"{name}={value!r}: use one of {', '.join(among)}.")
    return value


def address(name: str, *, default: str) -> tuple[str, int]:
    """Return host and port of a listener: "127.0.0.1:8080", "[::1]:8080".

    Raises:
        SettingError: the value has no port, or one out of range.
    """
    value = text(name, default=default)
    host, _, port = value.rpartition(":")
    if not host or not _PORT.fullmatch(port) or int(port) > 65535:
        raise SettingError(f"{name}={value!r}: use HOST:PORT, as in 127.0.0.1:8080.")
    return host.strip("[]"), int(port)


def url(name: str) -> str:
    """Return the address of an HTTP server, or nothing where it is unset.

    Raises:
        SettingError: the value is no such address.
    """
    value = text(name)
    if value and not _is_http(value):
        raise SettingError(f"{name}={value!r}: use http://HOST or https://HOST.")
    return value


def file(name: str) -> str:
    """Return the path of a file, or nothing where it is unset.

    Raises:
        SettingError: there is no such file.
    """
    value = text(name)
    if value and not Path(value).is_file():
        raise SettingError(f"{name}={value!r}: there is no such file.")
    return value


def secret(name: str, *, default: str | None = None) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE points to.

    Raises:
        SettingError: neither is set, or the file cannot be read or is empty.
    """
    if file := os.environ.get(f"{name}_FILE"):
        return secret_file(f"{name}_FILE", Path(file))
    if value := os.environ.get(name):
        return value
    if default is None:
        raise SettingError(f"Set {name} or {name}_FILE.")
    return default


def secret_file(name: str, file: Path) -> str:
    """Return a file's content without the space around it.

    Raises:
        SettingError: it cannot be read or is empty; the message gives `name`.
    """
    try:
        value = file.read_text().strip()
    except (OSError, ValueError) as exc:
        raise SettingError(f"{name}={str(file)!r} cannot be read: {exc}.") from exc
    if not value:
        raise SettingError(f"{name}={str(file)!r} is empty.")
    return value


def _is_http(value: str) -> bool:
    try:
        parts = urlsplit(value)
        # A port that is no number is found out only when it is asked for.
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return has_place and parts.scheme in ("http", "https") and not _SPACE.search(value)
