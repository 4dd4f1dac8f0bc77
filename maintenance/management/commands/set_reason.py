"""Say why visitors see a page, from a shell."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maintenance.actions.announce import (
    AnnounceError,
    Announcement,
    announce,
    default_language,
    find_services,
    withdraw,
)
from maintenance.actions.overview import in_force
from maintenance.actions.visible import now_seen
from maintenance.domain.kind import Kind
from maintenance.history.recording import turn
from maintenance.management import shell, speaking
from maintenance.management.printing import Printer, add_json
from maintenance.models.reason import MAX_TEXT_LENGTH, TextFormat

_OF_A_TEXT = {
    "title": "--title",
    "duration": "--for",
    "until": "--until",
    "language": "--language",
    "kind": "--kind",
    "format": "--format",
    "keep": "--keep",
}
_UNSAID = (None, False)


class Command(BaseCommand):
    help = (
        "Set the reason that visitors see, at once. It replaces what an earlier "
        "set_reason put on the same services. Exit status: 0 published, 1 or 2 "
        "nothing changed, 3 saved but not published yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "TEXT|--clear|--show [options]")
        parser.add_argument(
            "text", nargs="?", help="the reason; - reads standard input"
        )
        parser.add_argument("--title", help="default: what suits the kind")
        parser.add_argument(
            "--service",
            action="append",
            default=[],
            metavar="SLUG",
            dest="services",
            help="where, repeatable (default: everywhere)",
        )
        shell.add_end(parser)
        parser.add_argument("--language", help="of the text (default: the portal's)")
        parser.add_argument(
            "--kind",
            choices=[kind.value.lower() for kind in Kind],
            help="default: planned",
        )
        parser.add_argument(
            "--format",
            choices=[name.lower() for name in TextFormat.values],
            help="of the text (default: markdown); both are sanitised",
        )
        parser.add_argument(
            "--keep",
            action="store_true",
            help="past the end, stay and say that it takes longer, until --clear",
        )
        shell.add_actor(parser)
        add_json(parser)
        verb = parser.add_mutually_exclusive_group()
        verb.add_argument("--clear", action="store_true", help="end it")
        verb.add_argument("--show", action="store_true", help="print what is in force")

    def handle(self, **options: Any) -> None:
        self.printer = Printer(self, as_json=options["json"])
        _refuse_what_does_not_go_together(options)
        try:
            if options["show"]:
                self._show(options["services"])
            elif options["clear"]:
                self._clear(options)
            else:
                self._set(options)
        except AnnounceError as exc:
            raise CommandError(str(exc)) from exc

    def _set(self, options: dict[str, Any]) -> None:
        author, text = shell.author_from(options), _text(options["text"])
        with turn(timezone.now) as at:
            said = _announcement(options, text, shell.end_from(options, at))
            schedule = announce(said, author=author, at=at)
            where = speaking.where(schedule)
        self.printer.say(f"Set {where}, {speaking.until(said.closes_at)}.")
        told = {"reason": schedule.reason.slug, "schedule": schedule.pk}
        shell.publish_now(self.printer, told)
        self._note(*speaking.heard_instead(schedule, at))

    def _clear(self, options: dict[str, Any]) -> None:
        author, slugs = shell.author_from(options), options["services"]
        with turn(timezone.now) as at:
            ended = withdraw(slugs, author=author, at=at)
            where = speaking.where(ended[0]) if ended else ""
        told = {"ended": [schedule.pk for schedule in ended]}
        if ended:
            self.printer.say(f"Ended {where}.")
            shell.publish_now(self.printer, told)
        else:
            self.printer.say("There was nothing to end.")
            self.printer.result(told)
        is_wide = not ended and not slugs
        self._note(*speaking.still_heard(slugs, at, widely=is_wide))

    def _show(self, slugs: list[str]) -> None:
        wanted = {service.slug for service in find_services(slugs)}
        at = timezone.now()
        snapshot, note = now_seen(at)
        rows = in_force(snapshot, at)
        shown = [row for row in rows if not wanted or row.slug in wanted]
        self.printer.table(speaking.COLUMNS, [speaking.in_a_row(row) for row in shown])
        for slug in sorted(wanted - {row.slug for row in rows}):
            self.stderr.write(
                f"{slug}: no service for visitors yet, who see what * says"
            )
        if note:
            self.stderr.write(note)

    def _note(self, *lines: str) -> None:
        """Say what is good to know, beside what a machine reads."""
        self.printer.say(*lines)
        if self.printer.as_json:
            for line in lines:
                self.stderr.write(line)


def _refuse_what_does_not_go_together(options: dict[str, Any]) -> None:
    verb = next((f"--{name}" for name in ("clear", "show") if options[name]), "")
    if not verb and options["text"] is None:
        raise CommandError("Give a TEXT, or --clear, or --show.", returncode=2)
    if not verb:
        return
    if options["text"] is not None:
        raise CommandError(
            f"{verb} takes no text such as {options['text']!r:.40}: name a service "
            "with --service.",
            returncode=2,
        )
    others = {**_OF_A_TEXT, **({"actor": "--actor"} if verb == "--show" else {})}
    given = [other for name, other in others.items() if options[name] not in _UNSAID]
    if given:
        raise CommandError(
            f"{verb} does not go with {', '.join(given)}: nothing was changed.",
            returncode=2,
        )


def _announcement(
    options: dict[str, Any], text: str, closes_at: datetime | None
) -> Announcement:
    if options["keep"] and closes_at is None:
        raise CommandError("--keep needs an end: add --for or --until.")
    return Announcement(
        text=text,
        title=options["title"] or "",
        language=options["language"] or default_language(),
        kind=Kind((options["kind"] or Kind.PLANNED).upper()),
        format=TextFormat((options["format"] or TextFormat.MARKDOWN).upper()),
        services=tuple(options["services"]),
        closes_at=closes_at,
        keep_until_ended=options["keep"],
    )


def _text(argument: str) -> str:
    # One more than is allowed, so that what is too long is refused, not cut.
    source = sys.stdin.read(MAX_TEXT_LENGTH + 1) if argument == "-" else argument
    if not source.strip():
        raise CommandError("The text is empty: say why visitors see the page.")
    return source.strip()
