"""Screens of our own: announce, preview, publish, roll back, revert, end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from maintenance.actions.announce import AnnounceError, announce, end_schedule
from maintenance.actions.revert import RevertError, revert_to
from maintenance.admin.announce import AnnounceForm
from maintenance.admin.preview import preview_draft, preview_of
from maintenance.admin.publishing import (
    author_of,
    publish_after_commit,
    publish_and_say,
)
from maintenance.domain.difference import difference
from maintenance.history.documents import NOUNS, to_document
from maintenance.history.recording import Change
from maintenance.models import Publication, Revision, Schedule
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, roll_back
from maintenance.publishing.rendering import ThemeError
from maintenance.publishing.store import StoreError

_may_announce = permission_required(
    ("maintenance.add_schedule", "maintenance.add_reason"), raise_exception=True
)
_may_publish = permission_required("maintenance.publish", raise_exception=True)


@_may_announce
def announce_view(request: HttpRequest) -> HttpResponse:
    """Show the form, or announce what it says."""
    form = AnnounceForm(request.POST or None, initial=_named_services(request))
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            schedule = announce(form.announcement(at), author=author_of(request), at=at)
        except AnnounceError as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, f"Announced: {_where(schedule)}.")
            publish_after_commit(request)
            return redirect("admin:index")
    return _screen(request, "announce.html", "Announce a maintenance", form=form)


@_may_announce
@require_POST
def preview_draft_view(request: HttpRequest) -> HttpResponse:
    """Return the page of what the form says so far."""
    form = AnnounceForm(request.POST)
    text, kind, service = form.draft()
    at = timezone.now()
    try:
        return preview_draft(
            text, kind, service=service, opens_at=at, closes_at=form.closes_at(at)
        )
    except (OSError, ThemeError) as exc:
        return HttpResponse(str(exc), status=503, content_type="text/plain")


@permission_required("maintenance.view_publication", raise_exception=True)
def preview_view(request: HttpRequest, version: int) -> HttpResponse:
    """Return a service's page out of a publication, as it was then or is now."""
    publication = get_object_or_404(Publication, version=version)
    at = timezone.now() if "now" in request.GET else publication.prepared_at
    try:
        snapshot = current_store().get(publication.digest)
    except StoreError as exc:
        return HttpResponse(str(exc), status=503, content_type="text/plain")
    return preview_of(snapshot, request.GET.get("service", ""), at)


@_may_publish
@require_POST
def publish_view(request: HttpRequest) -> HttpResponse:
    """Publish what is saved, because somebody does not want to wait."""
    publish_and_say(request)
    return redirect("admin:index")


@_may_publish
def roll_back_view(request: HttpRequest, version: int) -> HttpResponse:
    """Ask, then show visitors an older publication again."""
    publication = get_object_or_404(Publication, version=version)
    if request.method != "POST":
        title = f"Roll back to publication {version}?"
        return _screen(request, "roll_back.html", title, publication=publication)
    try:
        made = roll_back(
            current_store(), version, author=author_of(request), at=timezone.now()
        )
    except PublishError as exc:
        messages.error(request, f"Not rolled back: {exc}")
    else:
        messages.success(
            request, f"Visitors see publication {version} again, as {made.version}."
        )
    return redirect("admin:maintenance_publication_changelist")


def revert_view(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, then make an object what it was at an entry of the history."""
    revision = get_object_or_404(Revision, pk=number)
    model_admin = admin.site.get_model_admin(NOUNS[revision.noun])
    subject = NOUNS[revision.noun].objects.filter(pk=revision.object_id).first()
    needed = (
        model_admin.has_change_permission if subject else model_admin.has_add_permission
    )
    if not needed(request):
        raise PermissionDenied
    if request.method != "POST":
        now = to_document(subject) if subject else None
        return _screen(
            request,
            "revert.html",
            f"Revert {revision.noun} “{revision.label}”?",
            revision=revision,
            changes=difference(now, revision.document),
        )
    try:
        revert_to(revision, author=author_of(request), at=timezone.now())
    except RevertError as exc:
        messages.error(request, f"Not reverted: {exc}")
    else:
        messages.success(request, f"Reverted {revision.noun} “{revision.label}”.")
        publish_after_commit(request)
    return redirect("admin:maintenance_revision_changelist")


@permission_required("maintenance.change_schedule", raise_exception=True)
@require_POST
def end_view(request: HttpRequest, number: int) -> HttpResponse:
    """End a schedule now."""
    schedule = get_object_or_404(Schedule, pk=number)
    at = timezone.now()
    with transaction.atomic():
        end_schedule(schedule, Change(author_of(request), at), at=at)
    messages.success(request, f"Ended: {_where(schedule)}.")
    publish_after_commit(request)
    return redirect("admin:index")


def _screen(
    request: HttpRequest, template: str, title: str, **context: Any
) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/{template}", context)


def _named_services(request: HttpRequest) -> dict[str, Any]:
    """Return the choice that a link to the form makes: ?service=3."""
    chosen = [each for each in request.GET.getlist("service") if each.isdigit()]
    return {"services": chosen} if chosen else {}


def _where(schedule: Schedule) -> str:
    if schedule.everywhere:
        return "everywhere"
    return ", ".join(schedule.services.order_by("name").values_list("name", flat=True))
