"""Documents of the history to objects again, new ones or as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from maintenance.history.documents import NOUNS, Document, Recorded
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
from maintenance.models.schedule import NOT_BOTH
from maintenance.models.service import SELECTORS
from maintenance.models.theme import DesignChoice


class RestoreError(Exception):
    """A document cannot be made an object again. Nothing was changed."""


# What the history of older versions does not know.
_OLDER_THEMES = {
    "design": DesignChoice.ENTRACTE,
    "background": "",
    "background_dark": "",
    "extra_css": "",
}


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
        # Its language is its name in the document.
        place = f"texts.{text.language}"
        raise ValidationError(
            {
                place
                if name in ("language", NON_FIELD_ERRORS)
                else f"{place}.{name}": e
                for name, e in exc.message_dict.items()
            }
        ) from exc


def _restore_service(service: Service, document: Document) -> Service:
    _assign(service, document, ("slug", "name", *SELECTORS))
    service.reason = _named(Reason, document["reason"])
    service.theme = _named(Theme, document["theme"])
    # Older entries of the history lack it.
    service.allows_cors = document.get("allows_cors", False)
    _save(service)
    return service


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
    if schedule.everywhere and services:
        raise ValidationError({"services": NOT_BOTH})
    _save(schedule)
    schedule.services.set([service for service in services if service])
    return schedule


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


def _named_file(file: Document | None) -> Asset | None:
    if file is None:
        return None
    found = Asset.objects.filter(**file).first()
    if found is None:
        raise RestoreError(f"The asset {file['name']!r} is gone: restore it first.")
    return found


def _restore_asset(asset: Asset, document: Document) -> Asset:
    _assign(asset, document, ("name", "digest", "content_type", "size_bytes"))
    # The file itself is never removed from the storage: publications that can
    # be rolled back to show it.
    asset.file.name = f"assets/{asset.digest}/{asset.name}"
    _save(asset)
    return asset


def _restore_settings(settings: PortalSettings, document: Document) -> PortalSettings:
    settings.default_language = document["default_language"]
    settings.default_reason = _named(Reason, document["default_reason"])
    settings.theme = _named(Theme, document["theme"])
    _save(settings)
    return settings


def _restore_token(token: Token, document: Document) -> Token:
    # What was revoked must stay so, and nothing here knows a secret's digest.
    raise RestoreError(
        f"The token {document['name']!r} stays as it is: make a new one."
    )


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
