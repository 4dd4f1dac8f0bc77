"""How long a large portal takes to publish: 1,000 reasons, services and 10,000 schedules."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from datetime import timedelta

# As operators write: two paragraphs, a bold word, a link.
TEXT = (
    "We are moving {} to faster machines, and it has to be closed while the data "
    "travels. Your orders are safe, and **nothing is lost**.\n\n"
    "News are on our [status page](https://status.example.com), and the people at "
    "support answer the telephone as always.\n"
)
REASONS, SERVICES, SCHEDULES = 1_000, 1_000, 10_000
ROUNDS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "PORTAL_DATA_DIR": folder,
            "PORTAL_SECRET_KEY": secrets.token_hex(32),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _fill()
        _measure()


def _fill() -> None:
    from django.utils import timezone

    from maintenance.models import Reason, ReasonText, Schedule, Service

    now = timezone.now()
    reasons = Reason.objects.bulk_create(
        Reason(slug=f"reason-{number}") for number in range(REASONS)
    )
    ReasonText.objects.bulk_create(
        ReasonText(reason=reason, language=language, text=TEXT.format(reason.slug))
        for reason in reasons
        for language in ("en", "fr")
    )
    services = Service.objects.bulk_create(
        Service(slug=f"s{number}", name=f"S {number}", hosts=[f"s{number}.example.com"])
        for number in range(SERVICES)
    )
    schedules = Schedule.objects.bulk_create(
        Schedule(
            reason=reasons[number % REASONS],
            opens_at=now + timedelta(hours=number),
            closes_at=now + timedelta(hours=number + 1),
        )
        for number in range(SCHEDULES)
    )
    link = Schedule.services.through
    link.objects.bulk_create(
        link(schedule=schedule, service=services[number % SERVICES])
        for number, schedule in enumerate(schedules)
    )


def _measure() -> None:
    from django.utils import timezone

    from maintenance.publishing.current import current_store
    from maintenance.publishing.publish import publish

    for number in range(ROUNDS):
        began = time.monotonic()
        made = publish(current_store(), at=timezone.now())
        seconds = time.monotonic() - began
        which = "first in its process" if number == 0 else "later"
        kibibytes = made.size_bytes / 1024
        sys.stdout.write(
            f"publication, {which}: {seconds:.2f} s, {kibibytes:.0f} KiB\n"
        )


if __name__ == "__main__":
    main()
