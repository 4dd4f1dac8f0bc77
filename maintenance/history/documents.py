"""Objects as documents and back: the form in which the history keeps them.

A document holds the whole object, with the rows that belong to it. It names
other objects by their slugs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from maintenance.domain.codec import instant
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    Schedule,
    Service,
    Theme,
    Token,
)
from maintenance.models.service import SELECTORS

Recorded: TypeAlias = (
    Reason | Service | Schedule | Theme | Asset | PortalSettings | Token
)
Document: TypeAlias = dict[str, Any]


NOUNS: dict[str, type[Recorded]] = {
    "reason": Reason,
    "service": Service,
    "schedule": Schedule,
    "theme": Theme,
    "asset": Asset,
    "settings": PortalSettings,
    "token": Token,
}


def noun_of(subject: Recorded) -> str:
    """Return the word by which the history knows a kind of object."""
    return next(noun for noun, model in NOUNS.items() if type(subject) is model)


def to_document(subject: Recorded) -> Document:
    """Return an object with all that belongs to it."""
    return _WRITERS[noun_of(subject)](subject)


def _reason_document(reason: Reason) -> Document:
    return {
        "slug": reason.slug,
        "kind": reason.kind,
        "status": reason.status,
        "is_announcement": reason.is_announcement,
        "texts": {
            text.language: {
                "title": text.title,
                "text": text.text,
                "format": text.format,
            }
            for text in reason.texts.order_by("language")
        },
    }


def _service_document(service: Service) -> Document:
    return {
        "slug": service.slug,
        "name": service.name,
        **{name: getattr(service, name) for name in SELECTORS},
        "reason": service.reason and service.reason.slug,
        "theme": service.theme and service.theme.slug,
        "allows_cors": service.allows_cors,
    }


def _schedule_document(schedule: Schedule) -> Document:
    closes_at = schedule.closes_at
    return {
        "reason": schedule.reason.slug,
        "everywhere": schedule.everywhere,
        "services": sorted(schedule.services.values_list("slug", flat=True)),
        "opens_at": instant(schedule.opens_at),
        "closes_at": instant(closes_at) if closes_at else None,
        "keep_until_ended": schedule.keep_until_ended,
        "is_announcement": schedule.is_announcement,
    }


def _theme_document(theme: Theme) -> Document:
    return {
        "slug": theme.slug,
        "name": theme.name,
        "design": theme.design,
        "accent": theme.accent,
        "accent_dark": theme.accent_dark,
        "logo": _file(theme.logo),
        "favicon": _file(theme.favicon),
        "background": theme.background,
        "background_dark": theme.background_dark,
        "links": theme.links,
        "footer": theme.footer,
        "extra_css": theme.extra_css,
        "site": theme.site and theme.site.digest,
    }


def _file(asset: Asset | None) -> Document | None:
    return {"digest": asset.digest, "name": asset.name} if asset else None


def _asset_document(asset: Asset) -> Document:
    return {
        "name": asset.name,
        "digest": asset.digest,
        "content_type": asset.content_type,
        "size_bytes": asset.size_bytes,
    }


def _settings_document(settings: PortalSettings) -> Document:
    return {
        "default_reason": settings.default_reason and settings.default_reason.slug,
        "default_language": settings.default_language,
        "theme": settings.theme and settings.theme.slug,
    }


def _token_document(token: Token) -> Document:
    expires_at, revoked_at = token.expires_at, token.revoked_at
    return {
        "name": token.name,
        "scope": token.scope,
        "everywhere": token.everywhere,
        "services": sorted(token.services.values_list("slug", flat=True)),
        "expires_at": instant(expires_at) if expires_at else None,
        "revoked_at": instant(revoked_at) if revoked_at else None,
    }


_WRITERS: dict[str, Callable[[Any], Document]] = {
    "reason": _reason_document,
    "service": _service_document,
    "schedule": _schedule_document,
    "theme": _theme_document,
    "asset": _asset_document,
    "settings": _settings_document,
    "token": _token_document,
}
