"""The pages of a service as they are at an instant, for files that do not change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from maintenance.domain.answer import (
    Representation,
    default_language,
    languages_of,
    represent_page,
)
from maintenance.domain.asked import Asked
from maintenance.domain.negotiation import Format, choose_language
from maintenance.domain.retry import RetryAfter, retry_after
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.domain.shortening import beginning
from maintenance.domain.snapshot import Snapshot, Text
from maintenance.publishing import words
from maintenance.publishing.rendering import render_small_theme, without_script

AWAY = 503
"""The code whose page is the reason; 502 and 504 have the same."""


@dataclass(frozen=True, slots=True)
class StaticPage:
    """A page that stays as it is until somebody writes it again."""

    status: int
    language: str
    content_security_policy: str
    retry_after: str
    """A date, or seconds, or nothing: a number of seconds to a date would go stale."""
    body: bytes
    is_small: bool = False
    is_shortened: bool = False


class StaticPages:
    """Makes the pages of a service, or of what is no service's (an empty slug)."""

    def __init__(
        self, snapshot: Snapshot, *, at: datetime, service: str, language: str
    ) -> None:
        self._snapshot = snapshot
        self._at = at
        self._slug = service
        self._wanted = language or snapshot.default_language
        self._now = RoutingTable(snapshot)
        # What an error means does not depend on what is scheduled at the moment.
        self._idle = RoutingTable(replace(snapshot, schedules=()))

    @property
    def codes(self) -> list[int]:
        """Return the codes that have a page of their own."""
        errors = next(iter(self._snapshot.languages.values())).errors
        own = {int(code) for code in errors if code.isdecimal()}
        return sorted(own - {502, 504})

    @property
    def has_site(self) -> bool:
        """Return whether visitors see a site in place of these pages."""
        return (
            self._snapshot.themes[self._theme_slug(self._decision(AWAY))].site
            is not None
        )

    def page(self, code: int) -> StaticPage:
        """Return the page for a code in the design of the service's theme."""
        decision = self._decision(code)
        slug = self._theme_slug(decision)
        themes = {slug: without_script(self._snapshot.themes[slug])}
        return self._finished(replace(self._snapshot, themes=themes), decision)

    def small(self, code: int, *, room_bytes: int) -> StaticPage:
        """Return the page for a code without its theme, shortened to fit.

        It is still larger where there is no room for anything but the title.
        """
        decision = self._decision(code)
        language = self._language(decision)
        whole = self._small(decision)
        if len(whole.body) <= room_bytes or decision.code is not None:
            return whole
        text = decision.reason.texts[language]
        note = f" … {words.shortened(language)}"
        bare = self._small(_saying(decision, language, text.title, note))
        plain = " ".join(text.plain.split())
        said = beginning(plain, room_bytes - len(bare.body)) + note
        page = self._small(_saying(decision, language, text.title, said))
        return replace(page, is_shortened=True)

    def _decision(self, code: int) -> Decision:
        table = self._now if code == AWAY else self._idle
        return table.resolve(Asked(slug=self._slug, code=code), self._at)

    def _theme_slug(self, decision: Decision) -> str:
        service = decision.service
        return (service and service.theme) or self._snapshot.theme

    def _language(self, decision: Decision) -> str:
        return choose_language(
            self._wanted,
            languages_of(self._snapshot, decision),
            default=default_language(self._snapshot, decision),
        )

    def _small(self, decision: Decision) -> StaticPage:
        theme = render_small_theme(self._language(decision))
        themes = {self._theme_slug(decision): theme}
        small = replace(self._snapshot, themes=themes)
        return replace(self._finished(small, decision), is_small=True)

    def _finished(self, snapshot: Snapshot, decision: Decision) -> StaticPage:
        made: Representation = represent_page(
            snapshot,
            decision,
            wanted=Format.HTML,
            language=self._language(decision),
            unmatched_status=AWAY,
        )
        return StaticPage(
            status=made.status,
            language=made.language,
            content_security_policy=made.content_security_policy,
            retry_after=_retry_after(retry_after(decision, made.status)),
            body=made.body,
        )


def _saying(decision: Decision, language: str, title: str, plain: str) -> Decision:
    """Return a decision whose reason says something else in one language."""
    text = Text(title, f"<p>{escape(plain)}</p>", plain)
    reason = decision.reason
    texts = {**reason.texts, language: text}
    return replace(decision, reason=replace(reason, texts=texts))


def _retry_after(after: RetryAfter | None) -> str:
    if after is None:
        return ""
    if after.closes_at:
        return format_datetime(
            datetime.fromtimestamp(after.closes_at, UTC), usegmt=True
        )
    return str(after.at_least_seconds)
