"""The finished answers of one publication, made when they are first asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeAlias
from urllib.parse import quote

from maintenance.domain import calendar, feed
from maintenance.domain.answer import (
    NO_CONTENT_POLICY,
    Representation,
    default_language,
    languages_of,
    represent_page,
    represent_reason,
)
from maintenance.domain.kind import State
from maintenance.domain.negotiation import Format, choose_language
from maintenance.domain.plan import (
    Listing,
    Plan,
    in_words,
    languages_of_plan,
    to_json,
)
from maintenance.domain.routing import Decision
from maintenance.pageserver import heads
from maintenance.pageserver.choice import EMPTY, FORMATS, GRPC
from maintenance.pageserver.compression import IDENTITY, Compressor
from maintenance.pageserver.finished import Finished
from maintenance.pageserver.memory import Memory
from maintenance.pageserver.metrics import Responses
from maintenance.pageserver.published import Published
from maintenance.pageserver.sites import Sites

Variant: TypeAlias = tuple[str, str, str]
"""Form, language and content coding."""
_LISTINGS: dict[str, tuple[str, Callable[[Listing], bytes]]] = {
    "upcoming": (Format.JSON.value, to_json),
    "calendar": (calendar.CONTENT_TYPE, calendar.to_calendar),
    "feed": (feed.CONTENT_TYPE, feed.to_feed),
}
"""What is planned, by its form: content type and writer."""

_LANGUAGES_AT_MOST = 4096
_LONGEST = 1024

# Visible ASCII and the space; gRPC escapes everything else, and "%" (gRPC over
# HTTP/2, "Status-Message").
_GRPC_SAFE = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


class Pages:
    """One publication, and its answers as far as they were asked for."""

    def __init__(
        self,
        published: Published,
        *,
        unmatched_status: int,
        cache_bytes: int,
        responses: Responses,
        compressor: Compressor,
    ) -> None:
        self.published = published
        self.table = published.table
        self.memory = Memory(published.table)
        self.assets = {key: self._asset(key) for key in published.assets}
        self.sites = Sites(published)
        self._snapshot = published.snapshot
        self._unmatched_status = unmatched_status
        self._responses = responses
        self._compressor = compressor
        self._languages: dict[tuple[int, str], str] = {}
        self._finished: dict[Hashable, Finished] = {}
        self._bytes_left = cache_bytes

    def language(self, decision: Decision, accept_language: str) -> str:
        """Return the language of a decision's page for an Accept-Language header."""
        offered = 0 if decision.state is State.ERROR else id(decision.reason)
        key = (offered, accept_language[:_LONGEST])
        if found := self._languages.get(key):
            return found
        if len(self._languages) >= _LANGUAGES_AT_MOST:
            self._languages.clear()
        self._languages[key] = language = choose_language(
            key[1],
            languages_of(self._snapshot, decision).keys(),
            default=default_language(self._snapshot, decision),
        )
        return language

    def language_of_plan(self, plan: Plan, accept_language: str) -> str:
        """Return the language of a plan for an Accept-Language header."""
        offered = languages_of_plan(self._snapshot, plan)
        default = self._snapshot.default_language
        return choose_language(
            accept_language[:_LONGEST],
            offered,
            default=default if default in offered else next(iter(offered)),
        )

    def page(self, decision: Decision, variant: Variant) -> Finished:
        """Return the page for a decision; its JSON lacks the end."""
        return self._find(
            ("page", *_who_speaks(decision)),
            variant,
            partial(self._make_page, decision),
        )

    def reason(self, decision: Decision, variant: Variant) -> Finished:
        """Return the reason alone, as /reason gives it."""
        return self._find(
            ("reason", *_who_speaks(decision)),
            variant,
            partial(self._make_reason, decision),
        )

    def plan(self, plan: Plan, variant: Variant) -> Finished:
        """Return what is planned; the form is that of a listing."""
        windows = tuple((id(p.schedule), p.phase) for p in plan.planned)
        return self._find(
            ("plan", id(plan.service), windows),
            variant,
            partial(self._make_plan, plan),
        )

    def _find(
        self, key: Hashable, variant: Variant, make: Callable[[Variant], Finished]
    ) -> Finished:
        if found := self._finished.get((key, variant)):
            return found
        form, language, coding = variant
        if coding != IDENTITY and not self._compressor.has_time():
            return self._find(key, (form, language, IDENTITY), make)
        finished = make(variant)
        self._keep((key, variant), finished)
        return finished

    def _keep(self, key: Hashable, finished: Finished) -> None:
        size = finished.size_bytes
        self._bytes_left -= size
        while self._bytes_left < 0 and self._finished:
            # The memory would keep alive what is dropped here.
            self.memory.clear()
            oldest = next(iter(self._finished))
            self._bytes_left += self._finished.pop(oldest).size_bytes
        if self._bytes_left < 0:
            self._bytes_left += size
        else:
            self._finished[key] = finished

    def _make_page(self, decision: Decision, variant: Variant) -> Finished:
        form, language, coding = variant
        page = represent_page(
            self._snapshot,
            decision,
            wanted=FORMATS.get(form, Format.TEXT),
            language=language,
            unmatched_status=self._unmatched_status,
        )
        if form == GRPC:
            return self._grpc(page, decision)
        body, fields = page.body, heads.page_fields(page)
        if form == "html" and (own := self.sites.page(decision)):
            site, body = own
            fields |= heads.site_fields(site)
        if form == EMPTY:
            body = b""
        elif not page.is_open_ended:
            body, coded = self._coded(body, coding)
            fields |= coded
        if not page.is_open_ended:
            fields["content_length"] = len(body)
        head = heads.head(page.status, content_type=page.content_type, **fields)
        counts = self._responses.counts("page", form, page.status, decision)
        return Finished(head, body, page.status, counts)

    def _grpc(self, page: Representation, decision: Decision) -> Finished:
        """Return an answer of trailers only, status UNAVAILABLE."""
        facts = represent_reason(
            self._snapshot, decision, wanted=Format.JSON, language=page.language
        )
        head = heads.head(
            200,
            content_type="application/grpc",
            grpc_status=14,
            grpc_message=quote(json.loads(facts.body)["title"], safe=_GRPC_SAFE),
            content_length=0,
            **heads.page_fields(page),
        )
        counts = self._responses.counts("page", GRPC, 200, decision)
        return Finished(head, b"", 200, counts)

    def _make_reason(self, decision: Decision, variant: Variant) -> Finished:
        form, language, _ = variant
        reason = represent_reason(
            self._snapshot, decision, wanted=FORMATS[form], language=language
        )
        fields = {"content_type": reason.content_type, **heads.common_fields(reason)}
        counts = self._responses.counts("reason", form, 200, decision)
        return self._tagged(counts, variant, reason.body, fields)

    def _make_plan(self, plan: Plan, variant: Variant) -> Finished:
        form, language, _ = variant
        content_type, write = _LISTINGS[form]
        body = write(in_words(self._snapshot, plan, language))
        fields: heads.Fields = {
            "content_type": content_type,
            "content_language": language,
            "content_security_policy": NO_CONTENT_POLICY,
            "x_content_type_options": "nosniff",
            "x_robots_tag": "noindex",
        }
        counts = self._responses.counts("plan", form, 200)
        return self._tagged(counts, variant, body, fields)

    def _tagged(
        self, counts: list[int], variant: Variant, body: bytes, fields: heads.Fields
    ) -> Finished:
        """Return an answer that clients may keep, and ask whether it still holds."""
        _, _, coding = variant
        body, coded = self._coded(body, coding)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        head = heads.head(
            200,
            content_length=len(body),
            etag=etag,
            cache_control="no-cache",
            access_control_allow_origin="*",
            vary=heads.VARY_REASON,
            **fields,
            **coded,
        )
        return Finished(head, body, 200, counts, etag)

    def _coded(self, body: bytes, coding: str) -> tuple[bytes, heads.Fields]:
        """Return a body, compressed where that helps, and the header that says so."""
        if coding == IDENTITY:
            return body, {}
        body, used = self._compressor.compress(body, coding)
        return body, {} if used == IDENTITY else {"content_encoding": used}

    def _asset(self, key: str) -> tuple[bytes, bytes]:
        asset, data = self.published.assets[key]
        head = heads.head(
            200,
            content_type=asset.content_type,
            content_length=len(data),
            cache_control=heads.ASSET_CACHING,
            etag=f'"{asset.digest}"',
            content_security_policy=heads.ASSET_POLICY,
            x_content_type_options="nosniff",
        )
        return head, data


def _who_speaks(decision: Decision) -> tuple[Hashable, ...]:
    # Objects of this publication stand for themselves: they live as long as it
    # does, and an address is a cheaper key than what is in them.
    return (
        id(decision.reason),
        id(decision.schedule),
        id(decision.service),
        decision.code,
        decision.is_away,
        decision.state is State.OVERRUN,
        tuple(id(planned.schedule) for planned in decision.upcoming),
    )
