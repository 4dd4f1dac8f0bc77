"""Rows and rendering to a Snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from maintenance.domain.codec import instant
from maintenance.domain.kind import Kind
from maintenance.domain.site import Site as PublishedSite
from maintenance.domain.site import SiteFile, policy
from maintenance.domain.snapshot import BUILTIN_REASON, Snapshot, Text
from maintenance.domain.snapshot import Asset as PublishedAsset
from maintenance.domain.snapshot import Reason as PublishedReason
from maintenance.domain.snapshot import Schedule as PublishedSchedule
from maintenance.domain.snapshot import Service as PublishedService
from maintenance.domain.window import Window
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Schedule,
    Service,
    Site,
    Theme,
)
from maintenance.publishing import words
from maintenance.publishing.looks import look
from maintenance.publishing.rendering import (
    Look,
    render_language,
    render_theme,
)
from maintenance.publishing.texts import render_text

# The name under which snapshots hold the theme that no operator made.
BUILTIN_THEME = ""

Revisions = dict[tuple[str, int], tuple[int, datetime]]
"""The number and time of the last change, by noun and number of the object."""
_NEVER_CHANGED = (0, None)


def build_snapshot(at: datetime) -> Snapshot:
    """Build what visitors see from the database, as of an aware datetime.

    Schedules that are over are left out: they can never speak again.

    Raises:
        ThemeError: a theme cannot be rendered.
        OSError: the logo of a theme cannot be read from the storage.
    """
    settings = PortalSettings.objects.filter(id=1).select_related("theme__site").first()
    revisions = Revision.objects.last_changes()
    written = Reason.objects.prefetch_related("texts").order_by("id")
    reasons = [
        builtin_reason(),
        *(_reason(r, revisions) for r in written if r.texts.all()),
    ]
    languages = _languages(reasons)
    services = Service.objects.select_related("theme__site").order_by("slug")
    portal_theme = settings.theme if settings else None
    used = {s.theme.slug: s.theme for s in services if s.theme}
    if portal_theme:
        used[portal_theme.slug] = portal_theme
    looks = {BUILTIN_THEME: Look()} | {slug: look(t) for slug, t in used.items()}
    sites = {slug: _site(theme.site) for slug, theme in used.items() if theme.site}
    usable = {reason.id for reason in reasons}
    not_over = Schedule.objects.exclude(
        id__in=Schedule.objects.over_at(at).values("id")
    )
    default = settings.default_reason_id if settings else None
    return Snapshot(
        default_language=settings.default_language if settings else "en",
        default_reason=default if default in usable else BUILTIN_REASON,
        theme=portal_theme.slug if portal_theme else BUILTIN_THEME,
        reasons=tuple(reasons),
        languages={code: render_language(code) for code in languages},
        themes={
            slug: replace(render_theme(each, languages), site=sites.get(slug))
            for slug, each in looks.items()
        },
        services=tuple(_service(row, usable) for row in services),
        schedules=tuple(_schedules(not_over, usable, revisions)),
        assets=tuple(_asset(row) for row in Asset.objects.order_by("digest", "name")),
        portal=_portal(),
    )


def speaking_snapshot(at: datetime, slugs: Collection[str] | None = None) -> Snapshot:
    """Return what speaks at an instant, for questions of who is heard where.

    It has titles, but no looks, no texts, and no services' own reasons; and if told
    so, some of the services alone.
    """
    rows, services = Schedule.objects.speaking_at(at), Service.objects.order_by("slug")
    if slugs is not None:
        services = services.filter(slug__in=slugs)
        here = Q(everywhere=True) | Q(services__slug__in=slugs)
        rows = rows.filter(here).distinct()
    spoken = Reason.objects.filter(schedules__in=rows, texts__isnull=False).distinct()
    reasons = [_titled(row) for row in spoken.prefetch_related("texts")]
    names = services.values_list("slug", "name")
    return Snapshot(
        default_language=words.SOURCE_LANGUAGE,
        default_reason=BUILTIN_REASON,
        theme=BUILTIN_THEME,
        reasons=(builtin_reason(), *reasons),
        languages={},
        themes={},
        services=tuple(PublishedService(slug=slug, name=name) for slug, name in names),
        schedules=tuple(_schedules(rows, {reason.id for reason in reasons}, {})),
    )


def builtin_snapshot() -> Snapshot:
    """Return what page servers show before they have read anything."""
    reason = builtin_reason()
    languages = _languages([reason])
    return Snapshot(
        default_language=words.SOURCE_LANGUAGE,
        default_reason=BUILTIN_REASON,
        theme=BUILTIN_THEME,
        reasons=(reason,),
        languages={code: render_language(code) for code in languages},
        themes={BUILTIN_THEME: render_theme(Look(), languages)},
    )


def builtin_reason() -> PublishedReason:
    """Return the reason that speaks when the operators named none."""
    return PublishedReason(
        id=BUILTIN_REASON,
        slug="unannounced",
        kind=Kind.INCIDENT,
        status=503,
        language=words.SOURCE_LANGUAGE,
        texts={code: words.builtin_text(code) for code in words.catalogue_languages()},
    )


def published_reason(
    row: Reason,
    written: Iterable[ReasonText],
    last_change: tuple[int, datetime | None] = _NEVER_CHANGED,
) -> PublishedReason:
    """Return a reason as page servers know it, its texts rendered."""
    kind = Kind(row.kind)
    texts = {}
    for text in written:
        texts[text.language] = finished_text(text, kind)
    return PublishedReason(
        id=row.id,
        slug=row.slug,
        kind=kind,
        status=row.effective_status,
        language=next(iter(texts)),
        texts=texts,
        revision=last_change[0],
        changed_at=last_change[1],
    )


def finished_text(text: ReasonText, kind: Kind) -> Text:
    """Return an author's words as they are published, with a title."""
    html, plain = render_text(text.text, text.format)
    return Text(_title(text, kind), html, plain)


def draft_snapshot(text: ReasonText, kind: Kind, theme: Theme | None) -> Snapshot:
    """Return a snapshot of one reason that nobody saved, for a preview.

    Raises:
        ThemeError: the theme cannot be rendered.
        OSError: its logo cannot be read from the storage.
    """
    reason = PublishedReason(
        id=BUILTIN_REASON,
        slug="draft",
        kind=kind,
        status=kind.status,
        language=text.language,
        texts={text.language: finished_text(text, kind)},
    )
    return Snapshot(
        default_language=text.language,
        default_reason=BUILTIN_REASON,
        theme=BUILTIN_THEME,
        reasons=(reason,),
        languages={text.language: render_language(text.language)},
        themes={
            BUILTIN_THEME: render_theme(
                look(theme) if theme else Look(), (text.language,)
            )
        },
    )


def _reason(row: Reason, revisions: Revisions) -> PublishedReason:
    written = sorted(row.texts.all(), key=lambda each: each.id)
    last_change = revisions.get(("reason", row.id), _NEVER_CHANGED)
    return published_reason(row, written, last_change)


def _titled(row: Reason) -> PublishedReason:
    kind, (text, *_) = Kind(row.kind), sorted(row.texts.all(), key=lambda each: each.id)
    return PublishedReason(
        id=row.id,
        slug=row.slug,
        kind=kind,
        status=row.effective_status,
        language=text.language,
        texts={text.language: Text(_title(text, kind), "", "")},
    )


def _title(text: ReasonText, kind: Kind) -> str:
    return text.title or words.default_title(kind, text.language)


def _languages(reasons: Iterable[PublishedReason]) -> tuple[str, ...]:
    written = {language for reason in reasons for language in reason.texts}
    return tuple(sorted({*words.catalogue_languages(), *written}))


def _service(row: Service, usable: set[int]) -> PublishedService:
    return PublishedService(
        slug=row.slug,
        name=row.name,
        hosts=tuple(row.hosts),
        paths=tuple(row.paths),
        namespaces=tuple(row.namespaces),
        ingresses=tuple(row.ingresses),
        kubernetes_services=tuple(row.kubernetes_services),
        reason=row.reason_id if row.reason_id in usable else None,
        theme=row.theme.slug if row.theme else BUILTIN_THEME,
        allows_cors=row.allows_cors,
    )


def _schedules(
    rows: QuerySet[Schedule], usable: set[int], revisions: Revisions
) -> Iterable[PublishedSchedule]:
    # Plain values, because there may be 10,000: objects took three times as long.
    services = defaultdict(list)
    links = Schedule.services.through.objects.filter(schedule__in=rows).values_list(
        "schedule_id", "service__slug"
    )
    for schedule_id, slug in links.order_by("service__slug"):
        services[schedule_id].append(slug)
    names = ("reason_id", "everywhere", "keep_until_ended", "opens_at", "closes_at")
    for number, reason, everywhere, keep, opens_at, closes_at in rows.order_by(
        "id"
    ).values_list("id", *names):
        if reason in usable:
            revision, changed_at = revisions.get(("schedule", number), _NEVER_CHANGED)
            yield PublishedSchedule(
                id=number,
                reason=reason,
                window=Window(opens_at, closes_at),
                everywhere=everywhere,
                services=tuple(services[number]),
                keep_until_ended=keep,
                revision=revision,
                changed_at=changed_at,
            )


def _site(row: Site) -> PublishedSite:
    files = {path: SiteFile(**values) for path, values in row.files.items()}
    return PublishedSite(files, policy(tuple(row.origins)))


def _portal() -> str:
    """Return what no other portal has: the instant at which its history began."""
    began_at = Revision.objects.began_at()
    return instant(began_at) if began_at else ""


def _asset(row: Asset) -> PublishedAsset:
    return PublishedAsset(row.digest, row.name, row.content_type, row.size_bytes)
