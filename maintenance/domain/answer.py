"""Snapshot, request and instant to an answer: status, headers and body.

Nothing here depends on who asks beyond what the snapshot offers for a choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from maintenance.domain.agenda import Planned
from maintenance.domain.codec import instant
from maintenance.domain.kind import State
from maintenance.domain.markup import DECLARATION, xml_element
from maintenance.domain.negotiation import Format, choose_language
from maintenance.domain.routing import Decision
from maintenance.domain.site import Site
from maintenance.domain.snapshot import Document, Language, Reason, Snapshot, Text

NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For what a browser only shows, if it shows it at all."""


@dataclass(frozen=True, slots=True)
class Representation:
    """An answer's body and what goes with it, the same for every client."""

    status: int
    content_type: str
    language: str
    slug: str
    revision: int
    content_security_policy: str
    body: bytes
    allows_cors: bool = False
    """Scripts of other origins may read it."""
    is_open_ended: bool = False
    """The body lacks its end, which differs each time: see `end_problem`."""


def status_of(decision: Decision, *, unmatched_status: int) -> int:
    """Return the HTTP status of a page.

    `unmatched_status` answers a request that no service, schedule or error code
    says anything about.
    """
    if decision.code is not None:
        return decision.code
    if decision.schedule or decision.service or decision.is_away:
        return decision.reason.status
    return unmatched_status


def languages_of(snapshot: Snapshot, decision: Decision) -> Mapping[str, object]:
    """Return what a page can be had in: the reason's languages, or all for errors."""
    if decision.state is State.ERROR:
        return snapshot.languages
    return decision.reason.texts


def default_language(snapshot: Snapshot, decision: Decision) -> str:
    """Return the language for those who understand none of the offered ones."""
    offered = languages_of(snapshot, decision)
    if snapshot.default_language in offered:
        return snapshot.default_language
    if decision.reason.language in offered:
        return decision.reason.language
    return next(iter(offered))


def language_of(snapshot: Snapshot, reason: Reason, wanted: str) -> str:
    """Return the language in which a reason stands in a text of another one."""
    own = reason.language
    default = snapshot.default_language
    return choose_language(
        wanted, reason.texts, default=default if default in reason.texts else own
    )


def theme_of(snapshot: Snapshot, decision: Decision) -> str:
    """Return the slug of the theme of a decision's pages."""
    return (decision.service and decision.service.theme) or snapshot.theme


def site_of(snapshot: Snapshot, decision: Decision) -> Site | None:
    """Return the site that stands in place of a decision's page, if there is one.

    An error page has words of its own, which no site has.
    """
    if decision.state is State.ERROR:
        return None
    return snapshot.themes[theme_of(snapshot, decision)].site


def represent_page(
    snapshot: Snapshot,
    decision: Decision,
    *,
    wanted: Format,
    language: str,
    unmatched_status: int,
) -> Representation:
    """Return the page for a decision in one format and language."""
    text = _text(snapshot, decision, language)
    status = status_of(decision, unmatched_status=unmatched_status)
    policy = NO_CONTENT_POLICY
    match wanted:
        case Format.HTML:
            theme = snapshot.themes[theme_of(snapshot, decision)]
            policy = theme.content_security_policy
            slots = _escaped(_slots(snapshot, decision, language, status), text)
            slots |= {"style": theme.style, "script": theme.script}
            body = _fill(theme.pages[language][decision.state.value], slots)
        case Format.TEXT:
            document = snapshot.languages[language].plain[decision.state.value]
            slots = _slots(snapshot, decision, language, status)
            body = _fill(document, slots | {"title": text.title, "body": text.plain})
        case _:
            problem = {"type": "about:blank", "status": status}
            problem |= _facts(decision, text, language)
            upcoming = [_next(snapshot, p, language) for p in decision.upcoming]
            body = _begun(problem | {"upcoming": upcoming}, wanted)
    return Representation(
        status=status,
        content_type=wanted.value,
        language=language,
        slug=_slug(decision),
        revision=_revision(decision),
        content_security_policy=policy,
        body=body,
        allows_cors=bool(decision.service and decision.service.allows_cors),
        is_open_ended=wanted in (Format.PROBLEM, Format.JSON, Format.XML),
    )


def represent_reason(
    snapshot: Snapshot, decision: Decision, *, wanted: Format, language: str
) -> Representation:
    """Return the reason alone, for /reason: a fragment, JSON or plain text."""
    text = _text(snapshot, decision, language)
    match wanted:
        case Format.HTML:
            body = text.html.encode()
        case Format.TEXT:
            body = text.plain.encode()
        case _:
            facts = _facts(decision, text, language)
            body = _json({"status": decision.reason.status} | facts)
    return Representation(
        status=200,
        content_type=wanted.value,
        language=language,
        slug=_slug(decision),
        revision=_revision(decision),
        content_security_policy=NO_CONTENT_POLICY,
        body=body,
    )


def end_problem(
    body: bytes, wanted: Format, *, retry_after: int | None, request_id: str
) -> bytes:
    """Return an open-ended problem with what differs from request to request."""
    end = {"retry_after": retry_after, "request_id": request_id}
    if wanted is Format.XML:
        members = "".join(xml_element(name, value) for name, value in end.items())
        return b"%b%b</problem>\n" % (body, members.encode())
    return b"%b,%b\n" % (body, json.dumps(end)[1:].encode())


def for_people(language: Language, at: datetime) -> str:
    """Return an instant in a language's own way of writing dates, in UTC."""
    at = at.astimezone(UTC)
    month = language.months[at.month - 1]
    date = month.replace("{day}", str(at.day)).replace("{year}", str(at.year))
    return language.moment.replace("{date}", date).replace("{time}", f"{at:%H:%M}")


def _text(snapshot: Snapshot, decision: Decision, language: str) -> Text:
    if decision.code is None:
        return decision.reason.texts[language]
    errors = snapshot.languages[language].errors
    return errors.get(str(decision.code)) or errors[f"{decision.code // 100}xx"]


def _slug(decision: Decision) -> str:
    return decision.reason.slug if decision.code is None else str(decision.code)


def _revision(decision: Decision) -> int:
    """Return the history's number of the newest change behind a page."""
    scheduled = decision.schedule.revision if decision.schedule else 0
    return max(decision.reason.revision, scheduled)


def _slots(
    snapshot: Snapshot, decision: Decision, language: str, status: int
) -> dict[str, str]:
    words = snapshot.languages[language]
    kind = decision.reason.kind
    slots = {
        "kind": kind.value.lower(),
        "kind_label": words.kinds[kind],
        "service": decision.service.name if decision.service else "",
        "code": str(status),
        "reason": _slug(decision),
        "revision": str(_revision(decision)),
        "style": "",
        "script": "",
    }
    opens_at, closes_at = _times(decision)
    for name, at in (("opens", opens_at), ("closes", closes_at)):
        slots[f"{name}_at"] = instant(at) if at else ""
        slots[f"{name}_text"] = for_people(words, at) if at else ""
    return slots


def _escaped(slots: Mapping[str, str], text: Text) -> dict[str, str]:
    filled = {name: escape(value) for name, value in slots.items()}
    # The body was sanitised when it was published; everything else is plain.
    return filled | {"title": escape(text.title), "body": text.html}


def _fill(document: Document, slots: Mapping[str, str]) -> bytes:
    parts = list(document)
    parts[1::2] = [slots[name] for name in parts[1::2]]
    return "".join(parts).encode()


def _times(decision: Decision) -> tuple[datetime | None, datetime | None]:
    if decision.schedule is None:
        return None, None
    return decision.schedule.window.opens_at, decision.schedule.window.closes_at


def _facts(decision: Decision, text: Text, language: str) -> dict[str, object]:
    opens_at, closes_at = _times(decision)
    return {
        "title": text.title,
        "detail": text.plain,
        "reason": _slug(decision),
        "kind": "error" if decision.code else decision.reason.kind.value.lower(),
        "starts_at": instant(opens_at) if opens_at else None,
        "ends_at": instant(closes_at) if closes_at else None,
        "service": decision.service.slug if decision.service else None,
        "language": language,
        "revision": _revision(decision),
    }


def _next(snapshot: Snapshot, planned: Planned, language: str) -> dict[str, object]:
    window, reason = planned.schedule.window, planned.reason
    closes_at = window.closes_at
    return {
        "starts_at": instant(window.opens_at),
        "ends_at": instant(closes_at) if closes_at else None,
        "title": reason.texts[language_of(snapshot, reason, language)].title,
        "kind": reason.kind.value.lower(),
        "reason": reason.slug,
    }


def _begun(problem: Mapping[str, object], wanted: Format) -> bytes:
    """Return a problem without its end (RFC 9457, with appendix B for XML)."""
    if wanted is not Format.XML:
        return _json(problem)[:-1]
    members = "".join(xml_element(name, value) for name, value in problem.items())
    return f'{DECLARATION}<problem xmlns="urn:ietf:rfc:7807">{members}'.encode()


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
