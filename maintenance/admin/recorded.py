"""Model admins whose every save leaves a revision and is published."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from maintenance.actions.delete import delete
from maintenance.admin.declared import DeclaredFilter, owner_of
from maintenance.admin.entries import entries
from maintenance.admin.looking import for_looking
from maintenance.admin.lookups import SoundLookups
from maintenance.admin.publishing import author_of, publish_after_commit
from maintenance.admin.rights import may_revert
from maintenance.admin.stale import (
    BASED_ON,
    RecordedForm,
    StaleError,
    newest_number,
    refuse_if_deleted,
)
from maintenance.history.documents import NOUNS
from maintenance.history.recording import Change, change, turn
from maintenance.models import Declaration, Publisher, Revision

M = TypeVar("M", bound=models.Model)

HISTORY_SHOWN = 200


class RecordedAdmin(SoundLookups[M]):
    """Records whole objects: what Django calls related is part of them.

    Django's own log is not written: one history is enough.
    """

    form: Any = RecordedForm
    save_on_top = False
    change_form_template = "admin/recorded_form.html"
    delete_confirmation_template = "admin/recorded_delete.html"
    delete_selected_confirmation_template = "admin/recorded_delete_selected.html"
    object_history_template = "admin/object_revisions.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show a form, or save it, within the lock that every change takes."""
        if request.method != "POST":
            return self._based_form(request, object_id, form_url, extra_context)
        with transaction.atomic():
            # Before any row is read or written: what the form is compared with
            # must stay so until it is saved.
            Publisher.objects.lock_changes()
            try:
                refuse_if_deleted(self._noun, unquote(object_id or ""))
            except StaleError as exc:
                messages.error(request, f"Not saved: {exc}.")
                return redirect("admin:index")
            return self._based_form(request, object_id, form_url, extra_context)

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        if Declaration.objects.filter(noun=self._noun).exists():
            return (*filters, DeclaredFilter)
        return filters

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        # Django's view holds a transaction around all of this.
        Change(author_of(request), timezone.now()).record(form.instance)
        publish_after_commit(request, unseen=self.unseen(form.instance))

    def unseen(self, subject: Any) -> str:
        """Return, in a sentence, that visitors see nothing of what is saved, if so."""
        return ""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return for_looking(fieldsets, self.opts)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what goes, and what stands in the way of that."""
        deleted, counts, lacking, users = super().get_deleted_objects(objs, request)
        # What uses an object is not going to be deleted, so that takes no right.
        return deleted, counts, lacking & {self.opts.verbose_name}, users

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._delete(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        self._delete(request, list(queryset))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show who changed an object, when, and what, the newest first."""
        subject = self.get_object(request, object_id)
        if subject is None:
            raise Http404
        if not self.has_view_permission(request, subject):
            raise PermissionDenied
        revisions = list(
            Revision.objects.of(self._noun, subject.pk)[: HISTORY_SHOWN + 1]
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {subject}",
            "subject": subject,
            "opts": self.opts,
            "entries": [
                (entry, may_revert(request, entry.revision, exists=True))
                for entry in entries(revisions)[:HISTORY_SHOWN]
            ],
            "is_cut": len(revisions) > HISTORY_SHOWN,
        }
        return TemplateResponse(request, self.object_history_template, context)

    def log_addition(self, *args: Any) -> Any:
        return None

    def log_change(self, *args: Any) -> Any:
        return None

    def log_deletions(self, *args: Any) -> Any:
        return None

    @property
    def _noun(self) -> str:
        return next(noun for noun, model in NOUNS.items() if model is self.model)

    def _based_form(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> Any:
        # Read before the object: a change in between makes the form too old, and
        # never too new.
        number = newest_number(self._noun, unquote(object_id or ""))
        context = {
            **(extra_context or {}),
            BASED_ON: number,
            "declared_by": owner_of(self._noun, unquote(object_id or "")),
        }
        return super().changeform_view(request, object_id, form_url, context)

    def _delete(self, request: HttpRequest, subjects: list[Any]) -> None:
        with turn(timezone.now) as at, change(author_of(request), at) as made:
            for subject in subjects:
                delete(subject, made)
        publish_after_commit(request)
