"""Objects as documents and back: the form in which the history keeps them.

A document holds the whole object, with the rows that belong to it. It names
other objects by their slugs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import models

from maintenance.domain.codec import instant
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    ReasonText,
    Schedule,
    Service,
    Site,
    Theme,
    Token,
)
from maintenance.models.errors import in_sentences
from maintenance.models.service import SELECTORS
from maintenance.models.theme import DesignChoice

Recorded: TypeAlias = (
    Reason | Service | Schedule | Theme | Asset | PortalSettings | Token
)
Document: TypeAlias = dict[str, Any]


class RestoreError(Exception):
    """A document cannot be made an object again. Nothing was changed."""


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


def restore(noun: str, object_id: int | None, document: Document) -> Recorded:
    """Make an object what a document says, or create it anew under its number.

    Without a number it becomes a new object with the next one.

    Raises:
        RestoreError: it names an object that is not there, or breaks a rule.
    """
    model = NOUNS[noun]
    subject = _manager(model).filter(pk=object_id).first() or model(pk=object_id)
    try:
        return _READERS[noun](subject, document)
    except ValidationError as exc:
        raise RestoreError(in_sentences(exc)) from exc


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


def _restore_reason(reason: Reason, document: Document) -> Reason:
    _assign(reason, document, ("slug", "kind", "status", "is_announcement"))
    _save(reason)
    # Texts keep their numbers, by which forms that are open now know them.
    texts = {text.language: text for text in reason.texts.all()}
    reason.texts.exclude(language__in=document["texts"]).delete()
    for language, values in document["texts"].items():
        text = texts.get(language) or ReasonText(reason=reason, language=language)
        _assign(text, values, tuple(values))
        _save_text(text)
    return reason


def _save_text(text: ReasonText) -> None:
    try:
        _save(text)
    except ValidationError as exc:
        place = f"texts.{text.language}"
        raise ValidationError(
            {f"{place}.{name}": each for name, each in exc.message_dict.items()}
        ) from exc


def _service_document(service: Service) -> Document:
    return {
        "slug": service.slug,
        "name": service.name,
        **{name: getattr(service, name) for name in SELECTORS},
        "reason": service.reason and service.reason.slug,
        "theme": service.theme and service.theme.slug,
        "allows_cors": service.allows_cors,
    }


def _restore_service(service: Service, document: Document) -> Service:
    _assign(service, document, ("slug", "name", *SELECTORS))
    service.reason = _named(Reason, document["reason"])
    service.theme = _named(Theme, document["theme"])
    # Older entries of the history lack it.
    service.allows_cors = document.get("allows_cors", False)
    _save(service)
    return service


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


def _restore_schedule(schedule: Schedule, document: Document) -> Schedule:
    _assign(schedule, document, ("everywhere", "keep_until_ended", "is_announcement"))
    schedule.opens_at = datetime.fromisoformat(document["opens_at"])
    closes_at = document["closes_at"]
    schedule.closes_at = datetime.fromisoformat(closes_at) if closes_at else None
    reason = _named(Reason, document["reason"])
    if reason is None:
        raise RestoreError("A schedule needs a reason.")
    schedule.reason = reason
    services = [_named(Service, slug) for slug in document["services"]]
    _save(schedule)
    schedule.services.set([service for service in services if service])
    return schedule


# What the history of older versions does not know.
_OLDER_THEMES = {
    "design": DesignChoice.ENTRACTE,
    "background": "",
    "background_dark": "",
    "extra_css": "",
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


def _restore_theme(theme: Theme, document: Document) -> Theme:
    plain = {**_OLDER_THEMES, **document}
    _assign(theme, plain, ("slug", "name", "accent", "accent_dark", "links", "footer"))
    _assign(theme, plain, tuple(_OLDER_THEMES))
    theme.logo = _named_file(document["logo"])
    theme.favicon = _named_file(document.get("favicon"))
    digest = document.get("site")
    theme.site = Site.objects.filter(digest=digest).first() if digest else None
    if digest and theme.site is None:
        raise RestoreError(f"The site {digest[:12]} is gone: push it again.")
    _save(theme)
    return theme


def _file(asset: Asset | None) -> Document | None:
    return {"digest": asset.digest, "name": asset.name} if asset else None


def _named_file(file: Document | None) -> Asset | None:
    if file is None:
        return None
    found = Asset.objects.filter(**file).first()
    if found is None:
        raise RestoreError(f"The asset {file['name']!r} is gone: restore it first.")
    return found


def _asset_document(asset: Asset) -> Document:
    return {
        "name": asset.name,
        "digest": asset.digest,
        "content_type": asset.content_type,
        "size_bytes": asset.size_bytes,
    }


def _restore_asset(asset: Asset, document: Document) -> Asset:
    _assign(asset, document, ("name", "digest", "content_type", "size_bytes"))
    # The file itself is never removed from the storage: publications that can
    # be rolled back to show it.
    asset.file.name = f"assets/{asset.digest}/{asset.name}"
    _save(asset)
    return asset


def _settings_document(settings: PortalSettings) -> Document:
    return {
        "default_reason": settings.default_reason and settings.default_reason.slug,
        "default_language": settings.default_language,
        "theme": settings.theme and settings.theme.slug,
    }


def _restore_settings(settings: PortalSettings, document: Document) -> PortalSettings:
    settings.default_language = document["default_language"]
    settings.default_reason = _named(Reason, document["default_reason"])
    settings.theme = _named(Theme, document["theme"])
    _save(settings)
    return settings


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


def _restore_token(token: Token, document: Document) -> Token:
    # What was revoked must stay so, and nothing here knows a secret's digest.
    raise RestoreError(
        f"The token {document['name']!r} stays as it is: make a new one."
    )


_WRITERS: dict[str, Callable[[Any], Document]] = {
    "reason": _reason_document,
    "service": _service_document,
    "schedule": _schedule_document,
    "theme": _theme_document,
    "asset": _asset_document,
    "settings": _settings_document,
    "token": _token_document,
}
_READERS: dict[str, Callable[[Any, Document], Recorded]] = {
    "reason": _restore_reason,
    "service": _restore_service,
    "schedule": _restore_schedule,
    "theme": _restore_theme,
    "asset": _restore_asset,
    "settings": _restore_settings,
    "token": _restore_token,
}


def _assign(subject: models.Model, document: Document, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(subject, name, document[name])


def _save(subject: models.Model) -> None:
    subject.full_clean()
    subject.save()


def _named(model: type[models.Model], slug: str | None) -> Any:
    if slug is None:
        return None
    found = _manager(model).filter(slug=slug).first()
    if found is None:
        noun = model.__name__.lower()
        raise RestoreError(f"The {noun} {slug!r} is gone: restore it first.")
    return found


def _manager(model: type[models.Model]) -> models.Manager[Any]:
    return model._default_manager  # noqa: SLF001  public in Django, named in its docs
