from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import env
from portal.env import SettingError

NAME = "PORTAL_EXAMPLE"

Read = Callable[[], object]

flag = partial(env.flag, NAME, default=False)
integer = partial(env.integer, NAME, default=7, at_least=1, at_most=10)
number = partial(env.number, NAME, default=0.5, at_least=0.1, at_most=10)
choice = partial(env.choice, NAME, default="a", among=("a", "b"))
address = partial(env.address, NAME, default="127.0.0.1:8000")
text = partial(env.text, NAME, default="default")
words = partial(env.words, NAME, default="a,b")
path = partial(env.path, NAME, default=Path("/var/default"))
url = partial(env.url, NAME)
file = partial(env.file, NAME)

READERS = (flag, integer, number, choice, address, text, words, path, url, file)

GOOD = [
    (text, "some text", "some text"),
    (text, "  trimmed\n", "trimmed"),
    (words, "one", ["one"]),
    (words, " one , two,,three ,", ["one", "two", "three"]),
    (words, ",", []),
    (path, "/srv/data", Path("/srv/data")),
    (path, "relative", Path.cwd() / "relative"),
    (flag, "true", True),
    (flag, "false", False),
    (flag, " true ", True),
    (integer, "1", 1),
    (integer, "10", 10),
    (number, "0.1", 0.1),
    (number, "10", 10.0),
    (number, "1e0", 1.0),
    (choice, "b", "b"),
    (address, "10.0.0.1:80", ("10.0.0.1", 80)),
    (address, "[::1]:8080", ("::1", 8080)),
    (address, "localhost:0", ("localhost", 0)),
    (address, "localhost:65535", ("localhost", 65535)),
    (file, __file__, __file__),
    (url, "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    (url, "https://s3.example.com", "https://s3.example.com"),
    (url, "https://[::1]:9000/base", "https://[::1]:9000/base"),
]

BAD = [
    (flag, "yes", "use 'true' or 'false'"),
    (flag, "True", "use 'true' or 'false'"),
    (flag, "1", "use 'true' or 'false'"),
    (integer, "0", "use a whole number from 1 to 10"),
    (integer, "11", "use a whole number from 1 to 10"),
    (integer, "-1", "use a whole number from 1 to 10"),
    (integer, "1.5", "use a whole number from 1 to 10"),
    (integer, "5s", "use a whole number from 1 to 10"),
    (integer, "1" * 5000, "use a whole number from 1 to 10"),
    (number, "0.09", "use a number from 0.1 to 10"),
    (number, "10.1", "use a number from 0.1 to 10"),
    (number, "nan", "use a number from 0.1 to 10"),
    (number, "inf", "use a number from 0.1 to 10"),
    (number, "1s", "use a number from 0.1 to 10"),
    (choice, "c", "use one of a, b"),
    (choice, "A", "use one of a, b"),
    (address, "8080", "use HOST:PORT"),
    (address, ":8080", "use HOST:PORT"),
    (address, "localhost", "use HOST:PORT"),
    (address, "localhost:", "use HOST:PORT"),
    (address, "localhost:http", "use HOST:PORT"),
    (address, "localhost:-1", "use HOST:PORT"),
    (address, "localhost:65536", "use HOST:PORT"),
    (address, "localhost:\u0661", "use HOST:PORT"),
    (address, "localhost:" + "1" * 5000, "use HOST:PORT"),
    (file, "/nowhere/ca.pem", "there is no such file"),
    (file, "/", "there is no such file"),
    (url, "127.0.0.1:9000", "use http://HOST or https://HOST"),
    (url, "minio:9000", "use http://HOST or https://HOST"),
    (url, "s3://bucket", "use http://HOST or https://HOST"),
    (url, "https://", "use http://HOST or https://HOST"),
    (url, "https://[::1", "use http://HOST or https://HOST"),
    (url, "https://a:b", "use http://HOST or https://HOST"),
    (url, "https://a b", "use http://HOST or https://HOST"),
]

DEFAULTS = [
    (text, "default"),
    (words, ["a", "b"]),
    (path, Path("/var/default")),
    (flag, False),
    (integer, 7),
    (number, 0.5),
    (choice, "a"),
    (address, ("127.0.0.1", 8000)),
    (url, ""),
    (file, ""),
]


def name_of(value: object) -> str:
    return value.func.__name__ if isinstance(value, partial) else repr(value)[:20]


@pytest.mark.parametrize(("read", "value", "expected"), GOOD, ids=name_of)
def test_good_value_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Read, value: str, expected: object
) -> None:
    monkeypatch.setenv(NAME, value)

    assert read() == expected


@pytest.mark.parametrize(("read", "value", "remedy"), BAD, ids=name_of)
def test_bad_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, read: Read, value: str, remedy: str
) -> None:
    monkeypatch.setenv(NAME, value)

    with pytest.raises(SettingError) as refused:
        read()

    assert str(refused.value).startswith(f"{NAME}={value!r}: {remedy}")


@pytest.mark.parametrize(("read", "default"), DEFAULTS, ids=name_of)
@pytest.mark.parametrize("value", [None, "", "  "], ids=["unset", "empty", "space"])
def test_variable_that_says_nothing_means_the_default(
    monkeypatch: pytest.MonkeyPatch, read: Read, default: object, value: str | None
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if value is not None:
        monkeypatch.setenv(NAME, value)

    assert read() == default


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30))
def test_any_value_is_read_or_refused_by_name(value: str) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(NAME, value)
        for read in READERS:
            try:
                read()
            except SettingError as exc:
                assert str(exc).startswith(f"{NAME}=")  # noqa: PT017  either is right


def test_secret_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " s3cret ")

    assert env.secret(NAME) == " s3cret "


def test_secret_comes_from_its_file_without_the_space_around_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(" s3cret of two words\n\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))

    assert env.secret(NAME) == "s3cret of two words"


def test_file_outweighs_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from the file")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(NAME, "from the variable")

    assert env.secret(NAME) == "from the file"


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_missing_secret_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if value is not None:
        monkeypatch.setenv(NAME, value)

    with pytest.raises(SettingError, match=f"^Set {NAME} or {NAME}_FILE.$"):
        env.secret(NAME)


def test_missing_secret_may_have_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", "")

    assert env.secret(NAME, default="") == ""


def make_missing(file: Path) -> None:
    assert not file.exists()


def make_empty(file: Path) -> None:
    file.write_text(" \n")


def make_folder(file: Path) -> None:
    file.mkdir()


def make_binary(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (make_missing, "cannot be read: .*No such file"),
        (make_folder, "cannot be read: .*Is a directory"),
        (make_binary, "cannot be read: .*codec can't decode"),
        (make_empty, "is empty"),
    ],
)
def test_unusable_file_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    make: Callable[[Path], None],
    problem: str,
) -> None:
    file = tmp_path / "secret"
    make(file)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))

    # A default must not hide that a secret was meant to be there.
    with pytest.raises(SettingError, match=f"^{NAME}_FILE='.*secret' {problem}"):
        env.secret(NAME, default="")


def test_refusal_does_not_repeat_what_is_in_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2\xff")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))

    with pytest.raises(SettingError) as refused:
        env.secret(NAME)

    assert "hunter2" not in str(refused.value)
