"""The reason as Caddy's admin API shows it, and where it stands in Caddy's JSON.

What Caddy answers was seen with Caddy 2.11.7; its code is in `admin.go`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from maintenance.domain.json_faults import in_words

ADDRESS = "/config/apps/http/servers/maintenance/routes/0/handle/0/body"
"""Where the recipe keeps the reason."""

# What reads the reason in the recipe's page, and what a matcher may add to it.
_REASON_PATHS = frozenset({"/reason", "/reason/", "/reason*", "/reason/*"})
# Go escapes what HTML could take for a tag, and what ends a line in JavaScript.
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_ETAG = re.compile(r'"(/[^ "]*) ([0-9a-f]+)"')


class CaddyError(ValueError):
    """What was sent cannot be taken for a reason. The message says why."""


class EntityTagError(ValueError):
    """An If-Match header is not of Caddy's form."""


def as_json(value: str | None) -> bytes:
    """Return a value as Caddy writes it: escaped for HTML, with a line's end."""
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPED).encode() + b"\n"


def entity_tag(path: str, value: str | None) -> str:
    """Return the Etag of a value at a path: `"<path> <hash>"`, as Caddy has it.

    The hash is not Caddy's, which nobody can compare between two servers.
    """
    return f'"{path} {_hash(value)}"'


def is_met(if_match: str, value: str | None) -> bool:
    """Return whether an If-Match header names a value as it is now.

    Raises:
        EntityTagError: it is no quoted path and hash.
    """
    if len(if_match) < 2 or not (if_match[0] == if_match[-1] == '"'):
        raise EntityTagError("malformed If-Match header; expect quoted string")
    found = _ETAG.fullmatch(if_match)
    if not found:
        raise EntityTagError('malformed If-Match header; expect format "<path> <hash>"')
    path, digest = found.groups()
    return path.rstrip("/") == ADDRESS and digest == _hash(value)


def read_reason(body: bytes) -> str:
    """Return the reason in the body of a write: a JSON string that says something.

    Raises:
        CaddyError: it is no JSON, no string, or says nothing.
    """
    value = _parse(body)
    if not isinstance(value, str):
        raise CaddyError(f"the body is {_named(value)}; send a JSON string")
    if not value.strip():
        raise CaddyError('the reason is empty; use DELETE to end it, or send "words"')
    return value


def reason_in_config(body: bytes) -> str:
    """Return the reason in a whole Caddy configuration in JSON.

    It stands where the recipe has it, or in the one static response to /reason.

    Raises:
        CaddyError: it is no such JSON, or holds no reason, or several.
    """
    config = _parse(body)
    if not isinstance(config, dict):
        raise CaddyError(f"the configuration is {_named(config)}; send a JSON object")
    found = _at_address(config)
    if found is None:
        found = _in_routes(config)
    if not found.strip():
        raise CaddyError("the reason in the configuration is empty; write its words")
    return found


def _parse(body: bytes) -> Any:
    try:
        # Numbers say nothing here, and may have more digits than Python reads.
        return json.loads(
            body.decode(), parse_int=float, parse_constant=_refuse_constant
        )
    except RecursionError as exc:
        raise CaddyError("the JSON is nested too deeply; send less of it") from exc
    except ValueError as exc:
        raise CaddyError(f"decoding request body: {in_words(exc)}") from exc


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _named(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _hash(value: str | None) -> str:
    return hashlib.sha256(as_json(value)).hexdigest()[:16]


def _at_address(config: object) -> str | None:
    """Return the body at the recipe's address, if that is a static response's."""
    *way, name = ADDRESS.split("/")[2:]
    for step in way:
        if isinstance(config, list):
            config = config[int(step)] if int(step) < len(config) else None
        else:
            config = config.get(step) if isinstance(config, dict) else None
    return _static_body(config) if isinstance(config, dict) and name in config else None


def _in_routes(config: dict[str, Any]) -> str:
    bodies = list(dict.fromkeys(_reasons(config, answers_reason=False)))
    if not bodies:
        raise CaddyError(
            "the configuration has no reason: neither a static_response at "
            f"{ADDRESS}, nor one in a route that matches the path /reason"
        )
    if len(bodies) > 1:
        raise CaddyError(
            f"the configuration has {len(bodies)} different static responses to "
            "/reason; send it with one of them"
        )
    return bodies[0]


def _reasons(value: object, *, answers_reason: bool) -> Iterator[str]:
    """Yield the bodies of static responses in routes that match /reason."""
    if isinstance(value, list):
        for each in value:
            yield from _reasons(each, answers_reason=answers_reason)
    if not isinstance(value, dict):
        return
    answers_reason = answers_reason or _matches_reason(value.get("match"))
    body = _static_body(value) if answers_reason else None
    if body is not None:
        yield body
    for name, each in value.items():
        if name != "match":
            yield from _reasons(each, answers_reason=answers_reason)


def _matches_reason(matchers: object) -> bool:
    if not isinstance(matchers, list):
        return False
    paths = [m["path"] for m in matchers if isinstance(m, dict) and "path" in m]
    return any(
        isinstance(each, str) and each in _REASON_PATHS
        for path in paths
        for each in (path if isinstance(path, list) else [path])
    )


def _static_body(handler: dict[str, Any]) -> str | None:
    body = handler.get("body")
    is_static = handler.get("handler") == "static_response"
    return body if is_static and isinstance(body, str) else None
