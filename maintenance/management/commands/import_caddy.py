"""Take the reason out of a Caddy configuration, from a shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maintenance.actions.announce import AnnounceError
from maintenance.actions.single_reason import announce_html
from maintenance.domain.caddy import CaddyError, reason_in_config
from maintenance.history.recording import turn
from maintenance.management import shell
from maintenance.management.printing import Printer, add_json

_MAX_BYTES = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Announce everywhere what a Caddy configuration in JSON says at /reason. "
        "Exit status: 0 published, 1 or 2 nothing changed, 3 saved but not published "
        "yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "FILE [options]")
        parser.add_argument("file", help="caddy.json; - reads standard input")
        shell.add_actor(parser)
        add_json(parser)

    def handle(self, **options: Any) -> None:
        author, name = shell.author_from(options), options["file"]
        try:
            text = reason_in_config(_read(name))
            with turn(timezone.now) as at:
                schedule = announce_html(text, author=author, at=at)
        except (CaddyError, AnnounceError) as exc:
            raise CommandError(f"{name}: {exc}") from exc
        printer = Printer(self, as_json=options["json"])
        printer.say("Set everywhere, until it is cleared.")
        told = {"reason": schedule.reason.slug, "schedule": schedule.pk}
        shell.publish_now(printer, told)


def _read(name: str) -> bytes:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise CommandError(f"{name} cannot be read: {exc}.") from exc
    if len(data) > _MAX_BYTES:
        raise CommandError(f"{name} has more than {_MAX_BYTES:,} bytes: send less.")
    return data
