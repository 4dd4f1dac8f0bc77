"""The one short form of an announcement: where, why, until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from maintenance.actions.announce import Announcement, default_language
from maintenance.admin.languages import LanguageSelect
from maintenance.domain.kind import Kind
from maintenance.models import ReasonText, Service
from maintenance.models.reason import MAX_TEXT_LENGTH, KindChoice, TextFormat

_DURATIONS = {
    "15m": ("15 minutes", timedelta(minutes=15)),
    "30m": ("30 minutes", timedelta(minutes=30)),
    "1h": ("1 hour", timedelta(hours=1)),
    "2h": ("2 hours", timedelta(hours=2)),
    "4h": ("4 hours", timedelta(hours=4)),
}
_ENDS = [
    *((key, label) for key, (label, _) in _DURATIONS.items()),
    ("until", "A date and time"),
    ("open", "Not known yet: until I end it"),
]


class AnnounceForm(forms.Form):
    """What an operator says to visitors from now on."""

    everywhere = forms.ChoiceField(
        label="Where",
        choices=[("", "Services"), ("yes", "Everywhere")],
        required=False,
        widget=forms.RadioSelect,
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    kind = forms.ChoiceField(
        choices=KindChoice.choices, initial=Kind.PLANNED, widget=forms.RadioSelect
    )
    title = forms.CharField(
        max_length=200,
        required=False,
        help_text="Empty: what suits the kind, such as “Closed for maintenance”.",
    )
    text = forms.CharField(
        label="Reason",
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    language = forms.CharField(widget=LanguageSelect())
    format = forms.ChoiceField(choices=TextFormat.choices, initial=TextFormat.MARKDOWN)
    ends = forms.ChoiceField(
        label="Until when", choices=_ENDS, initial="1h", widget=forms.RadioSelect
    )
    until = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}
        ),
    )
    keep_until_ended = forms.BooleanField(
        label="Keep it until I end it",
        required=False,
        help_text="Past its end the page then stays, and says that it takes longer.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["language"].initial = default_language()
        if not Service.objects.exists():
            self.fields["everywhere"].initial = "yes"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("everywhere") and not values.get("services"):
            self.add_error("services", "Choose at least one service, or everywhere.")
        if values.get("ends") == "until" and not values.get("until"):
            self.add_error("until", "Give the date and time of the end.")
        if values.get("ends") == "open":
            # Without an end it stays until it is ended anyway.
            values["keep_until_ended"] = False
        return values

    def closes_at(self, at: datetime) -> datetime | None:
        """Return the end for a start, or None where it is not known."""
        ends = self.cleaned_data.get("ends", "")
        if ends in _DURATIONS:
            return at + _DURATIONS[ends][1]
        until: datetime | None = self.cleaned_data.get("until")
        return until if ends == "until" else None

    def announcement(self, at: datetime) -> Announcement:
        """Return what a valid form says."""
        values = self.cleaned_data
        services = () if values["everywhere"] else values["services"]
        return Announcement(
            text=values["text"],
            title=values["title"],
            language=values["language"],
            kind=Kind(values["kind"]),
            format=TextFormat(values["format"]),
            services=tuple(service.slug for service in services),
            closes_at=self.closes_at(at),
            keep_until_ended=values["keep_until_ended"],
        )

    def draft(self) -> tuple[ReasonText, Kind, Service | None]:
        """Return what a form says so far, valid or not, for a preview."""
        self.is_valid()
        values = self.cleaned_data
        text = ReasonText(
            language=values.get("language") or "en",
            title=values.get("title") or "",
            text=values.get("text") or "…",
            format=values.get("format") or TextFormat.MARKDOWN,
        )
        services = values.get("services") or []
        first = None if values.get("everywhere") else next(iter(services), None)
        return text, Kind(values.get("kind") or Kind.PLANNED), first
