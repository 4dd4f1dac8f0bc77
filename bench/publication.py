"""How long a large portal takes to publish: 1,000 reasons, services and 10,000 schedules."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time

from bench.portals import fill

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
        fill(REASONS, SERVICES, SCHEDULES)
        _measure()


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
