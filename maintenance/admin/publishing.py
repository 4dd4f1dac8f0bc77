"""What the admin does after a save: publish, and say how that went."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from maintenance.actions.visible import speak_since_rollback
from maintenance.history.recording import Author
from maintenance.models import Publication, Publisher
from maintenance.models.revision import Channel
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, publish, publish_pending

# After a failure the watcher alone goes on trying for so long: a storage that
# is away would otherwise make every save wait for its time limits.
_LEAVE_TO_WATCHER = timedelta(seconds=30)


def author_of(request: HttpRequest) -> Author:
    """Return who makes a change, for the history."""
    user = request.user
    assert isinstance(user, AbstractUser)  # noqa: S101  every view here demands it
    return Author(user.get_username(), Channel.ADMIN)


def publish_after_commit(request: HttpRequest, *, unseen: str = "") -> None:
    """Publish what this request saves, once it is saved.

    `unseen` is said in place of what visitors see, where they see nothing of it.
    """
    transaction.on_commit(lambda: _publish_unless_failing(request, unseen))


def publish_and_say(request: HttpRequest) -> None:
    """Publish what is saved, and tell the operator what visitors see."""
    store, at = current_store(), timezone.now()
    try:
        made = publish(store, at=at, author=author_of(request))
    except PublishError as exc:
        messages.warning(request, f"Not published: {exc}")
    else:
        messages.success(request, f"Visitors see publication {made.version}.")


def publish_what_ended(
    request: HttpRequest, numbers: Collection[int], at: datetime
) -> bool:
    """Publish if visitors meet ended schedules because of a rollback, and say so."""
    if not speak_since_rollback(current_store(), numbers, at):
        return False
    messages.info(
        request,
        "It had ended before, and a rollback showed it again: what is saved is "
        "published now.",
    )
    publish_and_say(request)
    return True


def is_failing(at: datetime) -> Publisher | None:
    """Return the row that says how, if publishing failed a moment ago."""
    return Publisher.objects.filter(failed_at__gt=at - _LEAVE_TO_WATCHER).first()


def _publish_unless_failing(request: HttpRequest, unseen: str) -> None:
    if failing := is_failing(timezone.now()):
        messages.warning(request, f"Saved, but not published yet: {failing.error}")
        return
    try:
        made = publish_pending(current_store(), at=timezone.now())
    except PublishError as exc:
        messages.warning(request, f"Saved, but not published yet: {exc}")
        return
    live = made or Publication.objects.live()
    if live and live.rolled_back_to:
        messages.warning(
            request,
            "Nothing is different from what was saved before, so visitors go on seeing "
            f"publication {live.rolled_back_to} again.",
        )
    elif unseen:
        messages.info(request, unseen)
    elif live:
        messages.success(request, f"Visitors see it: publication {live.version}.")
