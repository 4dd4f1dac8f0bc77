"""Screens of our own: announce, preview, publish, roll back, revert, end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from maintenance.actions.announce import (
    AnnounceError,
    announce,
    announced_on,
    end_schedule,
)
from maintenance.actions.overview import shifts
from maintenance.actions.revert import RevertError, places_to_return, revert_to
from maintenance.admin.announce import AnnounceForm
from maintenance.admin.outspoken import warn_where_outspoken
from maintenance.admin.preview import preview_draft, preview_of
from maintenance.admin.publishing import (
    author_of,
    publish_after_commit,
    publish_and_say,
    publish_what_ended,
)
from maintenance.admin.replacing import refuse_to_replace
from maintenance.admin.rights import may_revert, model_name, still_exists
from maintenance.admin.stale import (
    BASED_ON,
    StaleError,
    newest_number,
    newest_of_all,
    refuse_if_stale,
)
from maintenance.admin.wording import (
    title_in_words,
    where_in_words,
    window_in_words,
)
from maintenance.domain.difference import difference
from maintenance.history.documents import NOUNS, to_document
from maintenance.history.names import with_present_names
from maintenance.history.recording import change, turn
from maintenance.models import Publication, Revision, Schedule, Service
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
    based_on = request.POST.get(BASED_ON, newest_of_all())
    form = AnnounceForm(request.POST or None, initial=_place(request))
    if request.method == "POST" and form.is_valid():
        try:
            schedule = _announce(request, form)
        except StaleError as exc:
            form.add_error(None, str(exc))
            based_on = newest_of_all()
        except AnnounceError as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, _announced(schedule))
            warn_where_outspoken(request, schedule, schedule.opens_at)
            publish_after_commit(request)
            return redirect("admin:index")
    context = {"form": form, BASED_ON: based_on}
    return _screen(request, "announce.html", "Announce a maintenance", **context)


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
        return _screen(request, "roll_back.html", title, **_outlook(publication))
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
    return redirect("admin:index")


def revert_view(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, then make an object what it was at an entry of the history."""
    revision = get_object_or_404(Revision, pk=number)
    based_on = newest_number(revision.noun, revision.object_id)
    model = NOUNS[revision.noun]
    subject = model.objects.filter(pk=revision.object_id).first()
    if not may_revert(request, revision, exists=subject is not None):
        raise PermissionDenied
    if request.method == "POST":
        return _revert(request, revision)
    now = to_document(subject) if subject else None
    then = with_present_names(revision) if revision.document else None
    return _screen(
        request,
        "revert.html",
        f"Revert {revision.noun} “{revision.label}”?",
        revision=revision,
        changes=difference(now, then),
        places=places_to_return(revision),
        is_deletion=revision.document is None,
        based_on=based_on,
    )


@permission_required("maintenance.change_schedule", raise_exception=True)
@require_POST
def end_view(request: HttpRequest, number: int) -> HttpResponse:
    """End a schedule now."""
    with turn(timezone.now) as at, change(author_of(request), at) as made:
        schedule = get_object_or_404(Schedule, pk=number)
        end_schedule(schedule, made, at=at)
    if made.revisions:
        messages.success(
            request, f"Ended: “{schedule.reason}”, {where_in_words(schedule)}."
        )
        publish_after_commit(request)
    elif not publish_what_ended(request, [number], at):
        messages.info(request, "Nothing was changed: it had ended before.")
    if "from_list" in request.GET:
        return redirect("admin:maintenance_schedule_changelist")
    return redirect("admin:index")


def _announce(request: HttpRequest, form: AnnounceForm) -> Schedule:
    with turn(timezone.now) as at:
        said = form.announcement(at)
        refuse_to_replace(request, announced_on(said.services, at=at))
        return announce(said, author=author_of(request), at=at)


def _revert(request: HttpRequest, revision: Revision) -> HttpResponse:
    try:
        with turn(timezone.now) as at:
            refuse_if_stale(request, revision.noun, revision.object_id)
            places = revert_to(revision, author=author_of(request), at=at)
    except StaleError as exc:
        messages.error(request, f"Not reverted: {exc}, after this page was opened.")
        return redirect("admin:revert", revision.pk)
    except RevertError as exc:
        messages.error(request, f"Not reverted: {exc}")
    else:
        back = f" It is back in {len(places)} of the schedules." if places else ""
        messages.success(request, f"Reverted {revision.noun} “{revision.label}”.{back}")
        publish_after_commit(request)
    if not still_exists(revision):
        return redirect("admin:maintenance_revision_changelist")
    name = model_name(revision.noun)
    return redirect(f"admin:maintenance_{name}_history", revision.object_id)


def _screen(
    request: HttpRequest, template: str, title: str, **context: Any
) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/{template}", context)


def _outlook(publication: Publication) -> dict[str, Any]:
    """Return what going back to a publication would change for visitors now."""
    store, live = current_store(), Publication.objects.live()
    context: dict[str, Any] = {"publication": publication}
    try:
        target = store.get(publication.digest)
        shown = store.get(live.digest) if live else None
    except StoreError as exc:
        return {**context, "content_error": str(exc)}
    changes = shifts(shown, target, timezone.now()) if shown else []
    return {**context, "shifts": changes}


def _announced(schedule: Schedule) -> str:
    """Return what visitors are told from now on, and where."""
    title, where = title_in_words(schedule.reason), where_in_words(schedule)
    is_kept = schedule.keep_until_ended
    state = window_in_words(schedule.window, schedule.opens_at, is_kept=is_kept)
    return f"Announced {where}: “{title}”. {state}."


def _place(request: HttpRequest) -> dict[str, Any]:
    """Return the choice that a link to the form makes: ?service=shop, ?everywhere."""
    if "everywhere" in request.GET:
        return {"everywhere": "yes"}
    slugs = request.GET.getlist("service")
    chosen = list(Service.objects.filter(slug__in=slugs)) if slugs else []
    return {"services": [service.pk for service in chosen]} if chosen else {}
