"""Names of hosts: as clients write them, and as services are selected by them."""

from __future__ import annotations

import re
from contextlib import suppress
from unicodedata import normalize

_LABEL_LENGTH = 63  # RFC 1035, section 2.3.4
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
# Sharp s and final sigma. The codec is of 2003 and replaces them; for browsers
# they are letters of their own since (UTS 46, non-transitional processing).
_LATER = re.compile("[\u00df\u03c2]")


def clean_host(value: str) -> str:
    """Return a Host header's name in lower case, without port and trailing dot.

    A name outside ASCII becomes the one that browsers send; what can be no name
    of a host is empty.
    """
    # Other white space may be half of a character, as headers are read.
    host = value.strip(" \t")
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    host = host.partition(":")[0].rstrip(".")
    if "@" in host:
        return ""
    return host.lower() if host.isascii() else _foreign(host)


def to_ascii(host: str) -> str:
    """Return a host as browsers send it: müller.example is xn--mller-kva.example.

    Raises:
        ValueError: one of its labels can be in no name.
    """
    return ".".join(map(_to_ascii_label, _DOTS.split(host)))


def _foreign(host: str) -> str:
    # Headers are bytes, taken for Latin-1; clients write UTF-8 in them. What
    # comes out of an address in a query was decoded before.
    with suppress(UnicodeError):
        host = host.encode("latin-1").decode()
    try:
        return to_ascii(host)
    except ValueError:
        return ""


def _to_ascii_label(label: str) -> str:
    lower = label.lower()
    if lower.isascii():
        return lower
    if not _LATER.search(lower):
        return label.encode("idna").decode("ascii")
    name = "xn--" + normalize("NFKC", lower).encode("punycode").decode("ascii")
    if len(name) > _LABEL_LENGTH:
        raise ValueError(f"{label!r:.80} is too long for a label.")
    return name
