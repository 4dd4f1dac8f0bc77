"""XML by hand: values as elements, without what XML cannot hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(value: str) -> str:
    """Return text for an element or attribute (XML 1.0, section 2.2).

    A character that XML has no place for becomes the replacement character.
    """
    # A carriage return that is not escaped reaches readers as a line feed.
    return escape(_NOT_XML.sub("\ufffd", value)).replace("\r", "&#13;")


def xml_element(name: str, value: object) -> str:
    """Return a value of JSON as an element, as problem details map them.

    An object holds its members, a list holds elements "i"; what is None is left
    out (RFC 9457, appendix B).
    """
    match value:
        case None:
            return ""
        case Mapping():
            inner = "".join(xml_element(key, each) for key, each in value.items())
        case list() | tuple():
            inner = "".join(xml_element("i", each) for each in value)
        case _:
            inner = xml_text(str(value))
    return f"<{name}>{inner}</{name}>"
