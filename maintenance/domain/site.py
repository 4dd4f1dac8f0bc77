"""A site of one's own: files that stand in place of a design.

`index.html` is the page, with a page's status. The other files are what it is made
of. Their names are looked up in a dictionary, so that no path leads elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping  # the codec reads hints at run time
from dataclasses import dataclass
from html import unescape
from posixpath import normpath
from urllib.parse import unquote, urljoin

INDEX = "index.html"
MAX_FILES = 500
MAX_INDEX_BYTES = 256 * 1024
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_SITE_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 10
MAX_PATH_LENGTH = 200
MAX_ORIGINS = 10

_UNKNOWN_TYPE = "application/octet-stream"
_TEXT_TYPES = {
    "css": "text/css",
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "map": "application/json",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
}
_OTHER_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "ttf": "font/ttf",
    "wasm": "application/wasm",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
}
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
# Comments, and what stands inside of elements whose text is no markup.
_ASIDE = re.compile(
    r"<!--(?:-?>|.*?(?:-->|\Z))"
    r"|(<(script|style|template|textarea|title)\b[^<>]*>).*?(?=</\2\b|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# A tag that is not closed ends at the next one: else many of them would be looked
# through again and again.
_TAG = re.compile(
    r"<(script|img|link|source|iframe|video|audio|base)\b([^<>]*)", re.IGNORECASE
)
_ATTRIBUTE = re.compile(
    r"""([^\s"'=/<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?"""
)
_LOADING_LINKS = frozenset(
    {"stylesheet", "icon", "apple-touch-icon", "manifest", "modulepreload", "preload"}
)
# A script may write the page, and `refresh` leads to another one.
_SHOWN = re.compile(
    r"<(?:audio|button|canvas|embed|frame|hr|iframe|img|input|math|meter|object"
    r"|progress|script|select|svg|textarea|video|meta\s[^<>]*refresh)\b",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*>?")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file, stored under site/<digest>."""

    digest: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Site:
    """The files of a site by path, and what its pages may load."""

    files: Mapping[str, SiteFile]
    """By path without the first slash; `index.html` is among them."""
    content_security_policy: str

    @property
    def index(self) -> SiteFile:
        return self.files[INDEX]

    def find(self, path: str, *, is_part: bool) -> SiteFile | None:
        """Return the file at a path of a URL, or None where the page stands.

        `is_part`: a browser asks for a part of a page, not for a page. The page
        is the same at every address, so that its `css/style.css` is asked for
        below whatever address that was: it is found by the end of the path.
        """
        name = unquote(path).lstrip("/")
        for each in _ends(name) if is_part else (name,):
            # The page has a status of its own, by whatever address it is asked for.
            if each != INDEX and (found := self.files.get(each)):
                return found
        return None


def _ends(name: str) -> Iterator[str]:
    """Yield a path and its ends, as long as a file's path can be, the longest first."""
    steps = name.split("/")[-MAX_DEPTH:]
    yield from ("/".join(steps[start:]) for start in range(len(steps)))


def content_type(path: str) -> str:
    """Return the media type of a file by the end of its name."""
    ending = path.rpartition(".")[2].lower()
    if text := _TEXT_TYPES.get(ending):
        return f"{text}; charset=utf-8"
    return _OTHER_TYPES.get(ending, _UNKNOWN_TYPE)


def is_text(content_type: str) -> bool:
    """Return whether compression makes files of a type smaller."""
    return content_type.endswith("charset=utf-8")


def policy(origins: tuple[str, ...] = ()) -> str:
    """Return the policy of a site's pages: its own host, and origins that it names.

    Inline style and script are allowed: whoever may push a site is trusted with it.
    """
    sources = " ".join(("'self'", "data:", *origins))
    return (
        f"default-src {sources}; "
        f"script-src {sources} 'unsafe-inline'; style-src {sources} 'unsafe-inline'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def is_origin(text: str) -> bool:
    """Return whether a text is an origin that a policy can name: https://HOST[:PORT]."""
    return bool(_ORIGIN.fullmatch(text))


def references(index: str) -> list[str]:
    """Return the addresses of what a page loads, as far as its tags tell."""
    base, found = "", []
    for tag, words in _TAG.findall(_ASIDE.sub(r"\1", index)):
        has = _attributes(words)
        match tag.lower():
            case "base":
                base = base or has.get("href", "")
            case "link":
                if _LOADING_LINKS.intersection(has.get("rel", "").lower().split()):
                    found.append(has.get("href", ""))
            case _:
                found.append(has.get("src", ""))
    return list(dict.fromkeys(_below(base, each) for each in found if each))


def shows_something(index: str) -> bool:
    """Return whether a page has words, or an element that can be seen.

    What style alone draws does not count, and what a script writes is not known.
    """
    page = _ASIDE.sub(r"\1", index)
    if _SHOWN.search(page):
        return True
    text = unescape(_ANY_TAG.sub("", page))
    return any(char.isprintable() and not char.isspace() for char in text)


def _attributes(words: str) -> dict[str, str]:
    """Return the attributes of a tag; of those that stand there twice, the first."""
    return {
        name.lower(): unescape("".join(values)).strip()
        for name, *values in reversed(_ATTRIBUTE.findall(words))
    }


def _below(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        # One of them is no address, such as "//[".
        return address


def origin_of(address: str) -> str:
    """Return the origin of an address on another host, or nothing."""
    scheme, separator, rest = address.partition("//")
    if not separator or scheme.lower() not in ("https:", "http:", ""):
        return ""
    return f"{scheme.lower() or 'https:'}//{re.split('[/?#]', rest)[0].lower()}"


def path_of(address: str) -> str:
    """Return the file that an address on the site's own host names, or nothing."""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|#", address):
        return ""
    path = unquote(re.split("[?#]", address)[0])
    return normpath(f"/{path.lstrip('/')}").removeprefix("/")


def is_page_servers(path: str) -> bool:
    """Return whether the page server answers a path of a site's host by itself."""
    return path == "reason" or path.startswith(".maintenance/")
