"""Assets: files that are uploaded once and never change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from maintenance.actions.add_asset import safe_name
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.stale import RecordedForm
from maintenance.domain import snapshot as snapshots
from maintenance.models import Asset
from maintenance.publishing.current import current_store
from maintenance.publishing.store import StoreError, asset_name

MAX_BYTES = 1024 * 1024
# What browsers take for images, by how the files begin. SVG is not among them:
# it may hold scripts.
_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\x00\x00\x01\x00": "image/x-icon",
}


class AssetForm(RecordedForm[Asset]):
    """Takes the name, digest and type out of the uploaded file."""

    class Meta:
        model = Asset
        fields = ("file",)
        help_texts = {  # noqa: RUF012  Django's own form
            "file": (
                "A PNG, JPEG, GIF, WebP or ICO file of at most 1 MiB. Nobody can "
                "change it afterwards: upload another one instead."
            )
        }

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                f"{file.name} has {file.size:,} bytes: use at most {MAX_BYTES:,}."
            )
        data = file.read()
        asset = self.instance
        asset.content_type = _content_type(data)
        if not asset.content_type:
            raise forms.ValidationError(
                f"{file.name} is no PNG, JPEG, GIF, WebP or ICO file. SVG files are "
                "not taken, because they may hold scripts."
            )
        asset.name = safe_name(file.name or "file")
        asset.size_bytes = len(data)
        asset.digest = snapshots.digest(data)
        self._refuse_twins()
        self._store(data)
        return file

    def _refuse_twins(self) -> None:
        twins = Asset.objects.filter(digest=self.instance.digest)
        if twin := twins.filter(name=self.instance.name).first():
            raise forms.ValidationError(f"This file was uploaded before, as {twin}.")

    def _store(self, data: bytes) -> None:
        try:
            current_store().put_asset(self.instance.name, data)
        except StoreError as exc:
            raise forms.ValidationError(f"The storage did not take it: {exc}") from exc


@admin.register(Asset)
class AssetAdmin(RecordedAdmin[Asset]):
    form = AssetForm
    list_display = ("name", "content_type", "size", "digest")
    search_fields = ("name", "digest")
    ordering = ("name",)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        # It is stored already, under the name that page servers know.
        obj.file = asset_name(obj.digest, obj.name)
        super().save_model(request, obj, form, change)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, asset: Asset) -> str:
        return filesizeformat(asset.size_bytes).replace("\xa0", " ")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("file",)
        return ("name", "content_type", "size", "digest")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A file's address holds its digest: another file is another asset.
        return False


def _content_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((t for begin, t in _BEGINNINGS.items() if data.startswith(begin)), "")
