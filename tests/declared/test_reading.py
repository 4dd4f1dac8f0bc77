from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.declared import reading, sources
from maintenance.declared.problems import DeclarationError
from maintenance.declared.reading import MAX_BYTES, read_json, read_yaml
from tests.declared.documents import WHOLE

LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
DEEP = "[" * 11 + "]" * 11

REFUSED = {
    "alias": (LAUGHS, "line 1: anchors and aliases are not allowed"),
    "alias alone": ("a: *b", "anchors and aliases|undefined alias"),
    "merge": ("a: {x: 1}\n<<: *a", "anchors and aliases|undefined alias"),
    "object": ("a: !!python/object/apply:os.system [id]", "types .!. are not allowed"),
    "binary": ("a: !!binary aGk=", "types .!. are not allowed"),
    "own type": ("a: !mine x", "types .!. are not allowed"),
    "twice": ("a: 1\nb: 2\na: 3", "line 3: 'a' stands there twice"),
    "twice inside": ("a:\n  b: 1\n  b: 2", "line 3: 'b' stands there twice"),
    "list as name": ("? [a]\n: 1", "line 1: a name has to be a text"),
    "deep": (DEEP, "nested more than 10 deep"),
    "deep blocks": ("\n".join(" " * n + "a:" for n in range(12)), "nested more than"),
    "no YAML": ("a: [", "line 1|line 2"),
    "tab": ("a:\n\t- b", "this is no YAML: line 2"),
    "NUL": ("a: \0", "this is no YAML"),
    "half a character": ('a: "\\ud800"', "half a character|no YAML"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_yaml_that_could_surprise_is_refused(text: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        read_yaml(text.encode())


REFUSED_JSON = {
    "twice": ('{"a": {"b": 1, "b": 2}}', "'b' stands there twice"),
    "deep": (DEEP, "nested more than 10 deep"),
    "very deep": ("[" * 100_000, "nested more than 10 deep"),
    "no number": ('{"a": NaN}', "NaN is no number"),
    "endless": ('{"a": -Infinity}', "-Infinity is no number"),
    "half a character": ('{"a": ["\\ud800"]}', r"^a\[0\]: the text holds half a char"),
    "half a name": ('{"\\ud800": 1}', "half a character"),
    "no JSON": ("{", "this is no JSON"),
    "digits": ("1" * 5000, "a number has more than 19 digits"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED_JSON.values(), ids=REFUSED_JSON)
def test_json_that_could_surprise_is_refused(text: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        read_json(text.encode())


@pytest.mark.parametrize("read", [read_yaml, read_json])
def test_what_is_too_large_is_refused(read: object) -> None:
    with pytest.raises(DeclarationError, match=f"more than {MAX_BYTES:,} bytes"):
        read(b" " * (MAX_BYTES + 1))  # type: ignore[operator]


@pytest.mark.parametrize("read", [read_yaml, read_json])
def test_what_is_no_utf8_is_refused(read: object) -> None:
    with pytest.raises(DeclarationError, match="not UTF-8: byte 1 is wrong"):
        read(b"a\xff")  # type: ignore[operator]


@pytest.mark.parametrize("data", [b"- a\n", b"[1]"], ids=["block", "flow"])
def test_too_many_values_are_refused(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_VALUES", 10)

    with pytest.raises(DeclarationError, match="more than 10 values"):
        read_yaml(b"- a\n" * 30)
    with pytest.raises(DeclarationError, match="more than 10 values"):
        read_json(json.dumps(list(range(11))).encode())


def test_plain_words_are_read_as_yaml_1_2_reads_them() -> None:
    text = (
        "no: yes\nat: 22:30\non: 2026-12-01\noctal: 010\nyes: true\nnothing: ~\n"
        "number: 12\nhalf: 1.5\nunder: 1_000\nbig: 99999999999999999999\n"
    )

    assert read_yaml(text.encode()) == [
        {
            "no": "yes",
            "at": "22:30",
            "on": "2026-12-01",
            "octal": "010",
            "yes": True,
            "nothing": None,
            "number": 12,
            "half": 1.5,
            "under": "1_000",
            "big": "99999999999999999999",
        }
    ]


def test_empty_documents_in_a_file_are_passed_over() -> None:
    assert read_yaml(b"---\n---\nversion: 1\n---\n") == [{"version": 1}]


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_yaml, read_json):
        with suppress(DeclarationError):
            assert isinstance(read(data), list)


def portal_in(path: Path) -> object:
    return sources.to_portal(sources.read_path(path)).model_dump()


def test_a_folder_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "version: 1\nreasons: {a: {texts: {en: {text: A}}}}"
    )
    (tmp_path / "b.json").write_text(
        '{"reasons": {"b": {"texts": {"en": {"text": "B"}}}}}'
    )
    (tmp_path / "c.yml").write_text("version: 1\nthemes: {c: {}}\n---\nthemes: {d: {}}")
    (tmp_path / ".hidden.yaml").write_text("oops")
    (tmp_path / "README.md").write_text("oops")

    portal = portal_in(tmp_path)

    assert isinstance(portal, dict)
    assert sorted(portal["reasons"]) == ["a", "b"]
    assert sorted(portal["themes"]) == ["c", "d"]


def test_an_object_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(WHOLE)

    with pytest.raises(DeclarationError, match=r"services.shop: stands in b.yaml, too"):
        portal_in(tmp_path)


BAD_FOLDERS: dict[str, tuple[dict[str, str], str]] = {
    "empty": ({}, "has no file that ends in"),
    "nothing": ({"a.yaml": "# nothing"}, "there is no document in it"),
    "list": ({"a.yaml": "[1]", "b.yaml": "version: 1"}, "a.yaml: write names with"),
    "text": ({"a.yaml": "themes: x", "b.yaml": "version: 1"}, "a.yaml: themes: write"),
    "versions": ({"a.yaml": "version: 1", "b.yaml": "version: 2"}, "b.yaml: version 2"),
    "broken": ({"a.yaml": "a: [", "b.yaml": "version: 1"}, "a.yaml: this is no YAML"),
    "many": ({f"{n}.yaml": "version: 1" for n in range(101)}, "more than 100 files"),
    "large": ({f"{n}.yaml": "#" * 2**21 for n in range(3)}, "documents have more than"),
}


@pytest.mark.parametrize(("files", "message"), BAD_FOLDERS.values(), ids=BAD_FOLDERS)
def test_folders_that_are_no_document_are_refused(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(DeclarationError, match=message):
        portal_in(tmp_path)


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_each_file_of_a_folder_may_name_the_schema(tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        document = {"$schema": f"../{name}.schema.json", "version": 1}
        (tmp_path / f"{name}.{ending}").write_text(json.dumps(document))

    assert list(sources.to_portal(sources.read_path(tmp_path)).objects()) == []


def test_a_schema_that_is_no_text_is_refused_in_any_file(tmp_path: Path) -> None:
    for name, schema in (("a", "a.json"), ("b", 5), ("c", "c.json")):
        document = {"$schema": schema, "version": 1}
        (tmp_path / f"{name}.json").write_text(json.dumps(document))

    with pytest.raises(DeclarationError, match=r"schema: 5: write a text"):
        sources.to_portal(sources.read_path(tmp_path))
