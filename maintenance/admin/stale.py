"""Forms that were opened before somebody else saved: they say so, and save nothing."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from maintenance.admin.rights import model_name
from maintenance.admin.wording import in_zone
from maintenance.domain.numbers import number_in
from maintenance.history.documents import NOUNS
from maintenance.models import Revision

M = TypeVar("M", bound=models.Model)

BASED_ON = "based_on"
"""The hidden field with the newest entry of the history when a form was opened."""


class StaleError(Exception):
    """Somebody else came first. Nothing was changed."""


class RecordedForm(forms.ModelForm[M]):
    """Refuses to save over what its author has not seen.

    Validate it within the lock that every change takes: see RecordedAdmin.
    """

    is_stale = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        number = self.instance.pk
        if number is not None:
            noun = next(n for n, model in NOUNS.items() if model is self._meta.model)
            try:
                _refuse(self.data, noun, number)
            except StaleError as exc:
                self.is_stale = True
                self.add_error(None, _sentence(exc, noun, number))
        return values


def newest_number(noun: str, object_id: str | int) -> int:
    """Return the number of an object's newest entry, 0 where it has none."""
    newest = Revision.objects.of(noun, number_in(str(object_id))).first()
    return newest.pk if newest else 0


def refuse_if_deleted(noun: str, object_id: str) -> None:
    """Look whether the object of a form is there. Call it within the lock of changes.

    Raises:
        StaleError: it was deleted after the form was opened.
    """
    newest = Revision.objects.filter(pk=newest_number(noun, object_id)).first()
    if newest and newest.document is None:
        raise StaleError(
            f"{newest.author} deleted this {noun}, {in_zone(newest.at)}, after this "
            "form was opened. The history can bring it back; your browser's Back "
            "button leads to what you typed"
        )


def newest_of_all() -> int:
    """Return the number of the newest entry of the history, 0 where there is none."""
    return Revision.objects.order_by("-id").values_list("id", flat=True).first() or 0


def refuse_if_stale(request: HttpRequest, noun: str, number: int) -> None:
    """Compare a form with the history. Call it within the lock of changes.

    Raises:
        StaleError: the object was changed after the form was opened.
    """
    _refuse(request.POST, noun, number)


def _refuse(data: Any, noun: str, number: int) -> None:
    newest = Revision.objects.of(noun, number).first()
    if data.get(BASED_ON) == str(newest.pk if newest else 0):
        return
    if newest is None:
        raise StaleError(f"this {noun} was perhaps changed")
    raise StaleError(f"{newest.author} changed this {noun}, {in_zone(newest.at)}")


def _sentence(exc: StaleError, noun: str, number: int) -> SafeString:
    name = f"admin:maintenance_{model_name(noun)}"
    return format_html(
        "Not saved: {}, after this form was opened. "
        '<a href="{}" target="_blank">See what changed</a>, or '
        '<a href="{}" target="_blank">open it as it is now</a>. What you typed stands '
        "below: save again to put it in the place of that.",
        exc,
        reverse(f"{name}_history", args=(number,)),
        reverse(f"{name}_change", args=(number,)),
    )
