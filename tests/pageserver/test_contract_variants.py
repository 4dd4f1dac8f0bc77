"""The contract's rows on languages and content codings, as bytes."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]  # it has no type hints
import pytest

from tests.pageserver.client import Reply, exchange
from tests.pageserver.running import serving
from tests.snapshots import (
    make_language,
    make_reason,
    make_snapshot,
    make_text,
    make_theme,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TAGS = ("en", "fr", "pt-BR", "zh-Hans", "zh-Hant", "nb")
SNAPSHOT = make_snapshot(
    reasons=(make_reason(id=0, texts={tag: make_text(tag) for tag in TAGS}),),
    languages={tag: make_language(tag) for tag in TAGS},
    themes={"calm": make_theme(TAGS, "calm")},
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(SNAPSHOT) as port:
        yield port


def send(port: int, *lines: str, method: str = "GET") -> Reply:
    head = "\r\n".join((f"{method} / HTTP/1.1", "Host: shop.test", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode("latin-1"), method=method)


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("fr-CA, fr;q=0.9, en;q=0.5", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("de-DE,de;q=0.9,fr;q=0.1", "fr"),
        ("*", "en"),
        ("", "en"),
        (None, "en"),
        ("de", "en"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-Hans-SG", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("pt-BR,pt;q=0.9", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("PT-br", "pt-BR"),
        ("nb-NO,nb;q=0.9,no;q=0.8", "nb"),
        ("fr;q=0, en;q=0.1", "en"),
        ("fr;q=0.1\xff, pt;q=2", "en"),
        ("," * 5000, "en"),
    ],
)
@pytest.mark.parametrize("form", ["text/html", "text/plain", "application/json"])
def test_page_is_in_the_best_language(
    port: int, form: str, accept_language: str | None, language: str
) -> None:
    lines = [f"Accept: {form}"]
    if accept_language is not None:
        lines.append(f"Accept-Language: {accept_language}")

    reply = send(port, *lines)

    assert reply["content-language"] == language
    assert f"{language}: more" in reply.text or f"{language}, in" in reply.text
    assert "Accept-Language" in reply["vary"]


def test_language_in_two_lines_is_one_list(port: int) -> None:
    reply = send(port, "Accept-Language: de", "accept-language: fr")

    assert reply["content-language"] == "fr"


DECODE: dict[str | None, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": zstd.decompress,
    "gzip": gzip.decompress,
    None: bytes,
}


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", id="Chrome, Firefox"),
        pytest.param("gzip, deflate, br", "br", id="Safari"),
        pytest.param("gzip, deflate", "gzip", id="plain HTTP"),
        pytest.param("gzip", "gzip", id="Go"),
        pytest.param("identity", None, id="wget"),
        pytest.param(None, None, id="curl"),
        pytest.param("", None, id="empty"),
        pytest.param("*", "br", id="any"),
        pytest.param("*;q=0", None, id="none"),
        pytest.param("br;q=0, *", "zstd", id="any but one"),
        pytest.param("br;q=0, zstd;q=0, gzip;q=0", None, id="none of ours"),
        pytest.param("gzip;q=0", None, id="gzip refused"),
        pytest.param("gzip;q=0, *;q=0.1", "br", id="anything else"),
        pytest.param("identity;q=0", None, id="nothing left"),
        pytest.param("identity;q=0, *;q=0", None, id="all refused"),
        pytest.param("identity;q=0, gzip;q=0.001", "gzip", id="last resort"),
        pytest.param("gzip;q=0.5, identity;q=0.8", None, id="identity liked better"),
        pytest.param("gzip;q=1.0, br;q=0.9", "gzip", id="by quality"),
        pytest.param("GZip", "gzip", id="any case"),
        pytest.param("deflate, compress, snappy", None, id="unknown"),
        pytest.param("gzip;q=x", None, id="no quality"),
    ],
)
def test_body_is_in_the_best_coding(
    port: int, accept_encoding: str | None, coding: str | None
) -> None:
    lines = ["Accept: text/html"]
    plain = send(port, *lines)
    if accept_encoding is not None:
        lines.append(f"Accept-Encoding: {accept_encoding}")

    reply = send(port, *lines)

    assert reply.status == 503
    assert reply.all("content-encoding") == ([coding] if coding else [])
    assert DECODE[coding](reply.body) == plain.body
    assert reply["content-length"] == str(len(reply.body))
    assert "Accept-Encoding" in reply["vary"]


def test_head_tells_the_length_of_the_coded_body(port: int) -> None:
    lines = ("Accept: text/html", "Accept-Encoding: br")

    got, head = send(port, *lines), send(port, *lines, method="HEAD")

    assert head["content-encoding"] == "br"
    assert head["content-length"] == str(len(got.body))
    assert head.body == b""


def test_problem_is_never_compressed(port: int) -> None:
    reply = send(port, "Accept: application/json", "Accept-Encoding: gzip, br")

    assert "content-encoding" not in reply
