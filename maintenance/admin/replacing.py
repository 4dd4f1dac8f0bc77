"""Which announcements a new one may end: those that its author saw, and may end."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from maintenance.actions.announce import AnnounceError
from maintenance.admin.stale import BASED_ON, StaleError
from maintenance.admin.wording import in_zone, title_in_words, where_in_words
from maintenance.domain.numbers import number_in
from maintenance.models import Revision, Schedule
from maintenance.models.revision import Action


def refuse_to_replace(request: HttpRequest, earlier: Iterable[Schedule]) -> None:
    """Refuse to end announcements that a user may not end, or did not know of.

    Call it within the lock of changes.

    Raises:
        AnnounceError: ending them takes a right that is missing.
        StaleError: they were made or changed after the form was opened.
    """
    for schedule in earlier:
        newest = Revision.objects.of("schedule", schedule.pk).first()
        if not request.user.has_perm("maintenance.change_schedule"):
            raise AnnounceError(
                f"{_said(schedule, newest)}. Yours would end that, which takes the "
                "right to change schedules: ask somebody who has it."
            )
        if newest and newest.pk > number_in(request.POST.get(BASED_ON, "")):
            raise StaleError(
                f"{_said(schedule, newest)}, after this form was opened. Announce "
                "again to put yours in its place."
            )


def _said(schedule: Schedule, newest: Revision | None) -> str:
    where = where_in_words(schedule)
    what = f"“{title_in_words(schedule.reason)}”"
    what += f" {where}" if schedule.everywhere else f" for {where}"
    if newest is None:
        return f"There is {what}"
    verb = "announced" if newest.action == Action.CREATED else "changed"
    return f"{newest.author} {verb} {what}, {in_zone(newest.at)}"
