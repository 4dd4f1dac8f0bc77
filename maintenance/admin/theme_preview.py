"""Pages of a theme as it stands in its form, saved or not."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from maintenance.admin.languages import language_choices
from maintenance.admin.preview import page_of
from maintenance.admin.theme_form import DraftForm, ThemeForm, contrast_notes
from maintenance.domain.css import OWN_ASSETS
from maintenance.domain.kind import Kind, State
from maintenance.domain.negotiation import Format
from maintenance.domain.numbers import number_in
from maintenance.domain.routing import Decision
from maintenance.domain.snapshot import BUILTIN_REASON, Reason, Snapshot, digest
from maintenance.domain.snapshot import Schedule as PublishedSchedule
from maintenance.domain.snapshot import Service as PublishedService
from maintenance.domain.window import Window
from maintenance.models import Theme
from maintenance.publishing import words
from maintenance.publishing.builder import BUILTIN_THEME
from maintenance.publishing.images import Fitted, shown_size
from maintenance.publishing.looks import asset_address, look, travels_in_page
from maintenance.publishing.rendering import (
    Look,
    Picture,
    ThemeError,
    data_uri,
    render_language,
    render_theme,
    with_scheme,
)

MAX_PAGE_BYTES = 14 * 1024
"""What a server may send before it hears from the client again (RFC 6928)."""

_SITUATIONS = {
    "planned": ("Planned, with an end", Kind.PLANNED, State.UNTIL),
    "incident": ("Incident, no end known", Kind.INCIDENT, State.OPEN),
    "overload": ("Too many visitors", Kind.OVERLOAD, State.UNTIL),
    "overrun": ("Longer than planned", Kind.PLANNED, State.OVERRUN),
    "retired": ("Closed for good", Kind.RETIRED, State.OPEN),
    "idle": ("Nothing scheduled", Kind.INCIDENT, State.IDLE),
    "error": ("An error code", Kind.INCIDENT, State.ERROR),
}
_FORMATS = {"html": Format.HTML, "json": Format.PROBLEM, "text": Format.TEXT}
_SERVICE = PublishedService("shop", "Shop")


class PreviewForm(forms.Form):
    """What to look at, and how."""

    prefix = "preview"
    situation = forms.ChoiceField(
        label="Page",
        choices=[(name, label) for name, (label, *_) in _SITUATIONS.items()],
    )
    code = forms.IntegerField(
        min_value=400, max_value=599, initial=404, required=False, label="Code"
    )
    language = forms.ChoiceField(choices=language_choices, initial="en")
    scheme = forms.ChoiceField(
        label="Mode", choices=[("light", "Light"), ("dark", "Dark")]
    )
    width = forms.ChoiceField(
        choices=[("desktop", "Desktop"), ("phone", "Phone")], required=False
    )
    form = forms.ChoiceField(
        label="As", choices=[("html", "Page"), ("json", "JSON"), ("text", "Text")]
    )

    # Django's own would mark what a browser cannot submit without.
    use_required_attribute = False


@permission_required(
    ("maintenance.view_theme", "maintenance.change_theme"), raise_exception=True
)
@require_POST
def preview_theme_view(request: HttpRequest) -> HttpResponse:
    """Return a page of the theme that a form describes, or what is wrong with it."""
    wanted = PreviewForm(request.POST)
    number = number_in(request.POST.get("preview-theme"))
    stored = Theme.objects.filter(pk=number).first()
    form = DraftForm(request.POST, request.FILES, instance=stored)
    if problems := _problems(form, wanted):
        return _notes(problems)
    try:
        return _page(form.instance, form.uploaded(), wanted.cleaned_data)
    except (OSError, ThemeError) as exc:
        return _notes([str(exc)])


def weight_note(theme: Theme) -> list[str]:
    """Return a sentence about a theme whose pages are too heavy, or nothing."""
    try:
        snapshot = _snapshot(look(theme), Kind.PLANNED, "en", "light")
    except (OSError, ThemeError):
        return []
    page = page_of(snapshot, _decision(snapshot, State.UNTIL, 0))
    size = len(gzip.compress(page.content))
    if size <= MAX_PAGE_BYTES:
        return []
    return [
        f"A page has {size / 1024:.1f} KiB as it is sent, and 14 KiB arrive at once: "
        "use a smaller logo or less CSS."
    ]


def _problems(form: ThemeForm, wanted: PreviewForm) -> list[str]:
    return [
        f"{getattr(owner.fields.get(field), 'label', None) or field}: {message}"
        for owner in (form, wanted)
        for field, messages in owner.errors.items()
        # Names are on no page; and that somebody was faster is told by saving.
        if field not in ("__all__", "name", "slug")
        for message in messages
    ]


def _page(
    theme: Theme, uploaded: Mapping[str, Fitted], values: dict[str, Any]
) -> HttpResponse:
    _, kind, state = _SITUATIONS[values["situation"]]
    shown = _with_images(look(theme), uploaded)
    snapshot = _snapshot(shown, kind, values["language"], values["scheme"])
    decision = _decision(snapshot, state, values["code"] or 404)
    wanted = _FORMATS[values["form"]]
    response = page_of(snapshot, decision, wanted)
    saved = _as_saved(shown, uploaded)
    size = len(gzip.compress(response.content))
    if saved != shown:
        snapshot = _snapshot(saved, kind, values["language"], values["scheme"])
        size = len(gzip.compress(page_of(snapshot, decision, wanted).content))
    response.headers["X-Preview-Notes"] = " ".join(
        [
            f"{size / 1024:.1f} KiB as sent, of 14.",
            *_requests(saved),
            *contrast_notes(theme),
            *_site(theme),
        ]
    )
    return response


def _requests(saved: Look) -> list[str]:
    if saved.logo is None or not saved.logo.address.startswith(OWN_ASSETS):
        return []
    return ["The logo is a request of its own."]


def _site(theme: Theme) -> list[str]:
    if theme.site is None:
        return []
    return ["A site of your own stands in place of these pages, but for error codes."]


def _notes(problems: list[str]) -> HttpResponse:
    page = render_to_string("admin/preview_problems.html", {"problems": problems})
    response = HttpResponse(page, status=422)
    response.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'self'; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _with_images(shown: Look, uploaded: Mapping[str, Fitted]) -> Look:
    """Return a look with images that are stored nowhere yet."""
    found: dict[str, Any] = {}
    for field, image in uploaded.items():
        address = data_uri(image.content_type, image.data)
        found[field] = address
        if field == "logo":
            found[field] = Picture(address, *shown_size(image.data))
    return replace(shown, **found)


def _as_saved(shown: Look, uploaded: Mapping[str, Fitted]) -> Look:
    """Return a look whose new logo is where saving puts it: in the page, or not."""
    image = uploaded.get("logo")
    if image is None or shown.logo is None or travels_in_page(len(image.data)):
        return shown
    address = asset_address(digest(image.data), f"logo.{image.ending}")
    return replace(shown, logo=shown.logo._replace(address=address))


def _snapshot(shown: Look, kind: Kind, language: str, scheme: str) -> Snapshot:
    rendered = with_scheme(render_theme(shown, (language,)), scheme)
    told = words.builtin_text(language)
    reason = Reason(
        id=BUILTIN_REASON,
        slug="preview",
        kind=kind,
        status=kind.status,
        language=language,
        texts={language: replace(told, title=words.default_title(kind, language))},
    )
    return Snapshot(
        default_language=language,
        default_reason=BUILTIN_REASON,
        theme=BUILTIN_THEME,
        reasons=(reason,),
        languages={language: render_language(language)},
        themes={BUILTIN_THEME: rendered},
    )


def _decision(snapshot: Snapshot, state: State, code: int) -> Decision:
    (reason,) = snapshot.reasons
    if state is State.ERROR:
        return Decision(reason, state, _SERVICE, code=code)
    if state is State.IDLE:
        return Decision(reason, state, _SERVICE)
    now = timezone.now()
    ends = {
        State.UNTIL: now + timedelta(minutes=40),
        State.OVERRUN: now - timedelta(minutes=5),
    }
    window = Window(now - timedelta(minutes=65), ends.get(state))
    schedule = PublishedSchedule(0, BUILTIN_REASON, window)
    return Decision(reason, state, _SERVICE, schedule)
