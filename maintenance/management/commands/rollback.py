"""Show visitors an older publication again, from a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maintenance.management import shell
from maintenance.management.printing import Printer, add_json
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, roll_back


class Command(BaseCommand):
    help = (
        "Publish an older publication's content again, under a new number. The "
        "database keeps what it holds; the next change publishes that again. "
        "Exit status: 0 published, 1 or 2 nothing changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "VERSION [options]")
        parser.add_argument("version", type=int)
        shell.add_actor(parser)
        add_json(parser)

    def handle(self, **options: Any) -> None:
        author = shell.author_from(options)
        try:
            made = roll_back(
                current_store(), options["version"], author=author, at=timezone.now()
            )
        except PublishError as exc:
            raise CommandError(f"Not rolled back: {exc}") from exc
        printer = Printer(self, as_json=options["json"])
        printer.say(
            f"Publication {made.version} shows publication {options['version']} again."
        )
        printer.result(
            {"publication": made.version, "rolled_back_to": made.rolled_back_to}
        )
