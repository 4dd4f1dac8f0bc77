"""Assets: files that are uploaded once and never change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from maintenance.actions.assets import (
    AssetError,
    describe_asset,
    refuse_twin,
    store_asset,
)
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.stale import RecordedForm
from maintenance.models import Asset
from maintenance.publishing.current import current_store
from maintenance.publishing.store import StoreError, asset_name


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
        data = file.read()
        try:
            describe_asset(self.instance, file.name or "file", data)
            refuse_twin(self.instance)
            store_asset(current_store(), self.instance, data)
        except AssetError as exc:
            raise forms.ValidationError(str(exc)) from exc
        except StoreError as exc:
            raise forms.ValidationError(f"The storage did not take it: {exc}") from exc
        return file


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
