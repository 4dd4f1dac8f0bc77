"""What the commands share: who calls, when, and what was published."""

from __future__ import annotations

import getpass
import re
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from maintenance.actions.ends import EndError, end_of
from maintenance.history.recording import Author
from maintenance.management.printing import Printer
from maintenance.models import Publication
from maintenance.models.revision import Channel
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, publish_pending

EXIT_NOT_PUBLISHED = 3
"""The change is saved; visitors do not see it yet."""


def say_briefly(parser: CommandParser, words: str) -> None:
    """Let what is wrong with the words of a command be said in two lines.

    Otherwise the names of all options, Django's too, come before it.
    """
    parser.usage = f"%(prog)s {words} (--help explains them)"


def add_actor(parser: CommandParser) -> None:
    parser.add_argument(
        "--actor", help="who the history names (default: the user's name)"
    )


def author_from(options: dict[str, Any]) -> Author:
    """Return who calls, for the history."""
    given: str | None = options["actor"]
    name = _user() if given is None else given.strip()
    if not name:
        raise CommandError("--actor is empty: say who does it, or leave it out.")
    if len(name) > 150:
        raise CommandError(f"--actor {name:.20}...: use at most 150 characters.")
    if not name.isprintable():
        raise CommandError(f"--actor {name!r}: use printable characters.")
    return Author(name, Channel.COMMAND)


def is_slug(text: str) -> bool:
    """Return whether a text can be a name, as those of services are."""
    return re.fullmatch(r"[-a-zA-Z0-9_]{1,50}", text) is not None


def add_end(parser: CommandParser) -> None:
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        "--for", dest="duration", metavar="2h30m", help="how long from now"
    )
    end.add_argument(
        "--until", metavar="2026-12-01T06:00+01:00", help="when, with a time zone"
    )


def end_from(options: dict[str, Any], at: datetime) -> datetime | None:
    """Return the end that --for or --until name, or None for an open end.

    Raises:
        CommandError: it is no duration, no date, or has no time zone.
    """
    try:
        return end_of(options["duration"], options["until"], at)
    except EndError as exc:
        raise CommandError(f"--{exc.name} {exc}") from exc


def publish_now(printer: Printer, told: dict[str, Any]) -> None:
    """Publish what was just saved, and say which publication visitors see.

    `told` is what machines are told of the change, to which this adds that.

    Raises:
        CommandError: it is saved but could not be published (exit status 3).
    """
    try:
        made = publish_pending(current_store(), at=timezone.now())
        publication = made or Publication.objects.live()
    except (PublishError, DatabaseError) as exc:
        printer.result({**told, "published": False, "publication": None})
        raise CommandError(
            f"Saved, but not published yet: {exc} `publish --watch` goes on trying.",
            returncode=EXIT_NOT_PUBLISHED,
        ) from exc
    number = publication.version if publication else None
    is_back = made is None and publication is not None and publication.rolled_back_to
    printer.result({**told, "published": not is_back, "publication": number})
    if publication is None:
        return
    if is_back:
        printer.say(
            f"Visitors go on seeing publication {publication.rolled_back_to} again, by "
            "a rollback: `publish` shows what is saved."
        )
    else:
        printer.say(f"Visitors see publication {publication.version}.")


def moment(at: datetime) -> str:
    """Return an instant for people, in UTC because a shell has no other zone."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have a number and no name.
        return "unknown"
