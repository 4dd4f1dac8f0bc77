"""The form of a theme: what looks well is found out while it is filled in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from maintenance.actions.assets import store_fitted
from maintenance.admin.stale import RecordedForm
from maintenance.domain.colour import READABLE, contrast, readable
from maintenance.domain.design import Design, Paper
from maintenance.models import Asset, Theme
from maintenance.publishing.current import current_store
from maintenance.publishing.images import Fitted, ImageError, fit_favicon, fit_logo
from maintenance.publishing.store import StoreError

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
ICON_TYPES = (*IMAGE_TYPES, "image/x-icon")
MAX_UPLOAD_BYTES = 2 * 1024 * 1024
MAX_FAVICON_BYTES = 8 * 1024
_TYPES = ".png,.jpg,.jpeg,.gif,.webp"
_FITTED = {"logo": fit_logo, "favicon": fit_favicon}


class ThemeForm(RecordedForm[Theme]):
    """Takes new images beside the choice of those that are there."""

    logo_file = forms.FileField(
        label="Upload a logo",
        required=False,
        widget=forms.FileInput(attrs={"accept": _TYPES}),
        help_text="PNG, JPEG, GIF or WebP of at most 2 MiB; it is made to fit.",
    )
    favicon_file = forms.FileField(
        label="Upload a favicon",
        required=False,
        widget=forms.FileInput(attrs={"accept": f"{_TYPES},.ico"}),
        help_text="An image of at most 2 MiB; it becomes a PNG of 64 pixels.",
    )

    class Meta:
        model = Theme
        fields = "__all__"
        widgets = {  # noqa: RUF012  Django's own form
            "accent": forms.TextInput(attrs={"type": "color"}),
            "accent_dark": forms.TextInput(attrs={"type": "color"}),
            "background": forms.TextInput(attrs={"placeholder": "#f6f1e7", "size": 9}),
            "background_dark": forms.TextInput(
                attrs={"placeholder": "#251d17", "size": 9}
            ),
            # Their characters are read beside each other, not one at a time.
            "design": forms.RadioSelect,
            "extra_css": forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        }

    stores_images = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.new_images: dict[str, Asset] = {}
        """What was uploaded and stored, by the field that it is for."""
        self._names: dict[str, str] = {}

    def clean_logo_file(self) -> Fitted | None:
        return self._image("logo")

    def clean_favicon_file(self) -> Fitted | None:
        return self._image("favicon")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.errors and self.stores_images:
            for field, image in self.uploaded().items():
                self._store(field, image)
        return values

    def uploaded(self) -> dict[str, Fitted]:
        """Return what was uploaded, made to fit, by the field that it is for."""
        files = {field: self.cleaned_data.get(f"{field}_file") for field in _FITTED}
        return {field: image for field, image in files.items() if image}

    def _store(self, field: str, image: Fitted) -> None:
        try:
            asset = store_fitted(image, self._names[field], current_store())
        except StoreError as exc:
            self.add_error(f"{field}_file", f"The storage did not take it: {exc}")
        else:
            self.new_images[field] = asset

    def _image(self, field: str) -> Fitted | None:
        file: UploadedFile[bytes] | None = self.cleaned_data[f"{field}_file"]
        if not file:
            return None
        self._names[field] = name = file.name or field
        if (file.size or 0) > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                f"{name} has {file.size:,} bytes: use at most {MAX_UPLOAD_BYTES:,}."
            )
        try:
            return _FITTED[field](file.read(), name)
        except ImageError as exc:
            raise forms.ValidationError(str(exc)) from exc


class DraftForm(ThemeForm):
    """The same form, looked at and not saved."""

    stores_images = False


def images_for(field: str) -> Any:
    """Return the assets that can be a theme's logo or favicon."""
    if field == "logo":
        return Asset.objects.filter(content_type__in=IMAGE_TYPES).order_by("name")
    small = Asset.objects.filter(size_bytes__lte=MAX_FAVICON_BYTES)
    return small.filter(content_type__in=ICON_TYPES).order_by("name")


def contrast_notes(theme: Theme) -> list[str]:
    """Return, in sentences, which colours are too faint and what is shown instead."""
    own = Design(theme.design).paper
    paper = Paper(theme.background or own.light, theme.background_dark or own.dark)
    pairs = (
        ("light", theme.accent, paper.light),
        ("dark", theme.accent_dark, paper.dark),
    )
    return [
        f"On the {scheme} background {ground}, {colour} has a contrast of "
        f"{contrast(colour, ground):.1f}, and text needs {READABLE}: words get "
        f"{readable(colour, ground)} instead."
        for scheme, colour, ground in pairs
        if contrast(colour, ground) < READABLE
    ]
