"""Whether a snapshot is whole: with which one every request can be answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.kind import Kind, State
from maintenance.domain.site import INDEX, Site

if TYPE_CHECKING:
    from maintenance.domain.snapshot import Document, Language, Snapshot, Theme

DIGEST = re.compile(r"[0-9a-f]{64}")

SLOTS = frozenset(
    {
        "kind",  # the kind in lower case: planned, incident, ...
        "kind_label",  # its name in the page's language
        "title",
        "body",  # HTML in documents, plain text in plain documents
        "service",  # the service's own name, or nothing
        "opens_at",  # ISO 8601, UTC
        "opens_text",  # for people, in the page's language, UTC
        "closes_at",
        "closes_text",
        "code",  # the HTTP status
        "reason",  # its slug
        "revision",  # the history's number of the newest change behind the page
        "style",  # the theme's, the same in all its pages
        "script",
    }
)

_MONTHS = 12
_KINDS = frozenset(Kind)
_STATES = frozenset(state.value for state in State)
_ERROR_CLASSES = frozenset({"4xx", "5xx"})


def check(snapshot: Snapshot) -> None:
    """Refuse a snapshot with which a page server could not answer every request.

    Raises:
        SnapshotFormatError: a part is missing, or names what is not there.
    """
    _check_names(snapshot)
    for tag, language in snapshot.languages.items():
        _check_words(tag, language)
    for slug, theme in snapshot.themes.items():
        _check_theme(slug, theme, snapshot.languages.keys())


def _check_names(snapshot: Snapshot) -> None:
    """Refuse a snapshot whose parts name other parts that are not there."""
    reasons = {reason.id for reason in snapshot.reasons}
    named = {snapshot.default_reason}
    named.update(schedule.reason for schedule in snapshot.schedules)
    named.update(s.reason for s in snapshot.services if s.reason is not None)
    if missing := named - reasons:
        raise SnapshotFormatError(f"The snapshot lacks the reason {min(missing)}.")
    themes = {snapshot.theme, *(s.theme for s in snapshot.services if s.theme)}
    if unknown := themes - snapshot.themes.keys():
        raise SnapshotFormatError(f"The snapshot lacks the theme {min(unknown)!r}.")
    for reason in snapshot.reasons:
        if reason.language not in reason.texts:
            raise SnapshotFormatError(f"Reason {reason.slug!r} lacks its own language.")
        if absent := reason.texts.keys() - snapshot.languages.keys():
            raise SnapshotFormatError(f"The snapshot lacks words for {min(absent)!r}.")


def _check_words(tag: str, language: Language) -> None:
    if (
        len(language.months) != _MONTHS
        or _KINDS - language.kinds.keys()
        or _ERROR_CLASSES - language.errors.keys()
        or _STATES - language.plain.keys()
    ):
        raise SnapshotFormatError(f"The words for {tag!r} are incomplete.")
    for document in language.plain.values():
        _check_document(document)


def _check_theme(slug: str, theme: Theme, languages: Iterable[str]) -> None:
    for tag in languages:
        pages = theme.pages.get(tag, {})
        if _STATES - pages.keys():
            raise SnapshotFormatError(f"Theme {slug!r} lacks pages in {tag!r}.")
        for document in pages.values():
            _check_document(document)
    if theme.site:
        _check_site(slug, theme.site)


def _check_site(slug: str, site: Site) -> None:
    if INDEX not in site.files:
        raise SnapshotFormatError(f"The site of theme {slug!r} has no {INDEX}.")
    for file in site.files.values():
        # It becomes part of a file's name.
        if not DIGEST.fullmatch(file.digest):
            raise SnapshotFormatError(f"A file has the digest {file.digest!r:.80}.")


def _check_document(document: Document) -> None:
    if unknown := set(document[1::2]) - SLOTS:
        raise SnapshotFormatError(f"A page has the unknown slot {min(unknown)!r:.40}.")
