from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.caddy import (
    ADDRESS,
    CaddyError,
    EntityTagError,
    as_json,
    entity_tag,
    is_met,
    read_reason,
    reason_in_config,
)


def static(body: object) -> dict[str, object]:
    return {"handler": "static_response", "body": body}


def config(*routes: object, server: str = "maintenance") -> bytes:
    servers = {server: {"listen": [":80"], "routes": list(routes)}}
    return json.dumps({"apps": {"http": {"servers": servers}}}).encode()


def reason_route(body: object) -> dict[str, object]:
    return {"match": [{"path": ["/reason"]}], "handle": [static(body)]}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_written_is_read_again(text: str) -> None:
    assert json.loads(as_json(text)) == text


def test_json_is_written_as_go_writes_it() -> None:
    assert as_json("é <b>&\u2028</b>\n") == (
        b'"\xc3\xa9 \\u003cb\\u003e\\u0026\\u2028\\u003c/b\\u003e\\n"\n'
    )


def test_etag_has_caddys_form_and_is_met_until_the_value_changes() -> None:
    tag = entity_tag(ADDRESS, "Down")
    assert tag.startswith(f'"{ADDRESS} ')
    assert is_met(tag, "Down")
    assert is_met(entity_tag(f"{ADDRESS}/", "Down"), "Down")
    assert not is_met(tag, "Up")
    assert not is_met(tag, None)
    assert not is_met(entity_tag("/config/", "Down"), "Down")


@pytest.mark.parametrize("header", ["", '"', "*", "abc", '"abc', 'W/"a b"'])
def test_if_match_without_quotes_is_malformed(header: str) -> None:
    with pytest.raises(EntityTagError, match="expect quoted string"):
        is_met(header, None)


@pytest.mark.parametrize("header", ['""', '"abc"', '"/a b c"', '"a b"', '"/a XY"'])
def test_if_match_without_path_and_hash_is_malformed(header: str) -> None:
    with pytest.raises(EntityTagError, match="expect format"):
        is_met(header, None)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "decoding"),
        (b"Down", "decoding"),
        (b'"a" "b"', "decoding"),
        (b"NaN", "NaN is no JSON"),
        (b'"\xff"', "it is not UTF-8, byte 2"),
        (b'\xef\xbb\xbf"a"', "byte order mark"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5_000, "a number"),
        (b"null", "null; send a JSON string"),
        (b"true", "a boolean"),
        (b"5", "a number"),
        (b"[]", "an array"),
        (b"{}", "an object"),
        (b'" \\n"', "empty"),
    ],
)
def test_what_is_no_reason_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(CaddyError, match=why):
        read_reason(body)


def test_white_space_around_a_reason_stays() -> None:
    assert read_reason(b'" Down\\n"') == " Down\n"
    assert reason_in_config(config(reason_route(" Down\n"))) == " Down\n"


def test_reason_is_found_where_the_recipe_has_it() -> None:
    assert reason_in_config(config({"handle": [static("Here")]})) == "Here"
    # The recipe's curl changes this one, whatever else matches.
    both = config({"handle": [static("Here")]}, reason_route("There"))
    assert reason_in_config(both) == "Here"


def test_reason_is_found_in_the_one_answer_to_its_path() -> None:
    sub = {"handler": "subroute", "routes": [{"handle": [static("Deep")]}]}
    matching = {"match": [{"path": ["/reason*"]}], "handle": [sub]}
    other = {"match": [{"path": ["/other"]}], "handle": [static("Other")]}
    assert reason_in_config(config(other, matching, server="srv0")) == "Deep"
    assert reason_in_config(config(reason_route("A"), server="srv0")) == "A"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"nope", "decoding"),
        (b"[]", "an array; send a JSON object"),
        (b"{}", "has no reason"),
        (config({"handle": [static(5)]}), "has no reason"),
        (config({"handle": [{"handler": "file_server"}]}), "has no reason"),
        (config({"match": 5, "handle": [static("A")]}, server="s"), "has no reason"),
        (config(reason_route("A"), reason_route("B"), server="s"), "2 different"),
        (config(reason_route(" ")), "is empty"),
    ],
)
def test_what_holds_no_reason_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(CaddyError, match=why):
        reason_in_config(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_refused_in_words(body: bytes) -> None:
    for read in (read_reason, reason_in_config):
        try:
            assert read(body).strip()
        except CaddyError:
            continue


@given(st.text())
def test_any_header_is_met_or_not_or_malformed(header: str) -> None:
    try:
        is_it = is_met(header, "Down")
    except EntityTagError:
        return
    assert is_it == (header == entity_tag(ADDRESS, "Down"))
