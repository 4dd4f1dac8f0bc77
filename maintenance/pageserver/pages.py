"""The finished answers of one publication, made when they are first asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from typing import TypeAlias
from urllib.parse import quote

from maintenance.domain.answer import (
    Representation,
    default_language,
    languages_of,
    represent_page,
    represent_reason,
)
from maintenance.domain.kind import State
from maintenance.domain.negotiation import Format, choose_language
from maintenance.domain.routing import Decision
from maintenance.pageserver import heads
from maintenance.pageserver.choice import EMPTY, FORMATS, GRPC
from maintenance.pageserver.compression import IDENTITY, Compressor
from maintenance.pageserver.finished import Finished
from maintenance.pageserver.memory import Memory
from maintenance.pageserver.metrics import Responses
from maintenance.pageserver.published import Published

Variant: TypeAlias = tuple[str, str, str]
"""Form, language and content coding."""

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

    def page(self, decision: Decision, variant: Variant) -> Finished:
        """Return the page for a decision; its JSON lacks the end."""
        return self._find("page", decision, variant, self._make_page)

    def reason(self, decision: Decision, variant: Variant) -> Finished:
        """Return the reason alone, as /reason gives it."""
        return self._find("reason", decision, variant, self._make_reason)

    def _find(
        self,
        wanted: str,
        decision: Decision,
        variant: Variant,
        make: Callable[[Decision, Variant], Finished],
    ) -> Finished:
        # Objects of this publication stand for themselves: they live as long
        # as it does, and an address is a cheaper key than what is in them.
        key = (
            wanted,
            id(decision.reason),
            id(decision.schedule),
            id(decision.service),
            decision.code,
            decision.is_away,
            decision.state is State.OVERRUN,
            variant,
        )
        if found := self._finished.get(key):
            return found
        form, language, coding = variant
        if coding != IDENTITY and not self._compressor.has_time():
            return self._find(wanted, decision, (form, language, IDENTITY), make)
        finished = make(decision, variant)
        self._keep(key, finished)
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
        body, fields = (b"", {}) if form == EMPTY else self._coded(page, coding)
        if not page.is_open_ended:
            fields |= {"content_length": len(body)}
        head = heads.head(
            page.status,
            content_type=page.content_type,
            **_page_fields(page),
            **fields,
        )
        counts = self._responses.counts("page", form, page.status)
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
            **_page_fields(page),
        )
        return Finished(head, b"", 200, self._responses.counts("page", GRPC, 200))

    def _make_reason(self, decision: Decision, variant: Variant) -> Finished:
        form, language, coding = variant
        reason = represent_reason(
            self._snapshot, decision, wanted=FORMATS[form], language=language
        )
        body, fields = self._coded(reason, coding)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        head = heads.head(
            reason.status,
            content_type=reason.content_type,
            content_length=len(body),
            etag=etag,
            cache_control="no-cache",
            access_control_allow_origin="*",
            vary=heads.VARY_REASON,
            **_common_fields(reason),
            **fields,
        )
        counts = self._responses.counts("reason", form, reason.status)
        return Finished(head, body, reason.status, counts, etag)

    def _coded(
        self, answer: Representation, coding: str
    ) -> tuple[bytes, dict[str, str | int]]:
        """Return a body, compressed where that helps, and the header that says so."""
        if coding == IDENTITY or answer.is_open_ended:
            return answer.body, {}
        body, used = self._compressor.compress(answer.body, coding)
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


def _page_fields(page: Representation) -> dict[str, str | int]:
    return {
        "cache_control": "no-store",
        "vary": heads.VARY_PAGE,
        "x_robots_tag": "noindex",
        **_common_fields(page),
    }


def _common_fields(answer: Representation) -> dict[str, str | int]:
    return {
        "content_language": answer.language,
        "x_maintenance": answer.slug,
        "x_maintenance_revision": answer.revision,
        "content_security_policy": answer.content_security_policy,
        "x_content_type_options": "nosniff",
        "referrer_policy": "no-referrer",
    }
