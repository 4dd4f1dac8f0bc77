"""Portals of any size: `python -m bench.portals REASONS SERVICES SCHEDULES`.

Fills the database that the environment names, and publishes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from tests.processes.copy import ROOT, Copy

# As operators write: two paragraphs, a bold word, a link.
TEXT = (
    "We are moving {} to faster machines, and it has to be closed while the data "
    "travels. Your orders are safe, and **nothing is lost**.\n\n"
    "News are on our [status page](https://status.example.com), and the people at "
    "support answer the telephone as always.\n"
)


def fill_copy(made: Copy, *sizes: int) -> None:
    """Fill a copy's own database, by a process that has its environment."""
    subprocess.run(  # noqa: S603  this module
        [sys.executable, "-m", "bench.portals", *map(str, sizes)],
        cwd=ROOT,
        env=made.environment,
        check=True,
    )


def fill(reasons: int, services: int, schedules: int) -> None:
    """Save a portal in which every service has a window that is open now."""
    from django.utils import timezone

    from maintenance.models import Reason, ReasonText, Schedule, Service

    now = timezone.now()
    why = Reason.objects.bulk_create(
        Reason(slug=f"reason-{number}") for number in range(reasons)
    )
    ReasonText.objects.bulk_create(
        ReasonText(reason=reason, language=language, text=TEXT.format(reason.slug))
        for reason in why
        for language in ("en", "fr")
    )
    where = Service.objects.bulk_create(
        Service(slug=f"s{number}", name=f"S {number}", hosts=[f"s{number}.example.com"])
        for number in range(services)
    )
    when = Schedule.objects.bulk_create(
        Schedule(
            reason=why[number % reasons],
            opens_at=now + timedelta(hours=number // services * 24 - 1),
            closes_at=now + timedelta(hours=number // services * 24 + 12),
        )
        for number in range(schedules)
    )
    link = Schedule.services.through
    link.objects.bulk_create(
        link(schedule=schedule, service=where[number % services])
        for number, schedule in enumerate(when)
    )


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()

    from django.utils import timezone

    from maintenance.publishing.current import current_store
    from maintenance.publishing.publish import publish

    fill(*map(int, sys.argv[1:]))
    publish(current_store(), at=timezone.now())


if __name__ == "__main__":
    main()
