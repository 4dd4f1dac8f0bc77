"""Make a token for a program, from a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maintenance.actions.announce import AnnounceError, find_services
from maintenance.actions.tokens import TokenError, create_token
from maintenance.domain.duration import parse_duration
from maintenance.history.recording import turn
from maintenance.management import shell
from maintenance.models import Token
from maintenance.models.token import Scope


class Command(BaseCommand):
    help = (
        "Make a token for the API. Standard output gets the token and nothing else; "
        "nobody can print it again. Exit status: 0 made, 1 or 2 nothing changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "NAME --scope read|announce|manage [options]")
        parser.add_argument("name", help="who uses it, for the history")
        parser.add_argument(
            "--scope",
            required=True,
            choices=[scope.lower() for scope in Scope.values],
            help="read everything, set and end the reason, or manage everything",
        )
        parser.add_argument(
            "--service",
            action="append",
            default=[],
            metavar="SLUG",
            dest="services",
            help="with announce: only there; repeatable (default: everywhere)",
        )
        parser.add_argument(
            "--expires",
            dest="duration",
            metavar="90d",
            help="how long it works (default: until it is revoked)",
        )
        shell.add_actor(parser)

    def handle(self, **options: Any) -> None:
        author = shell.author_from(options)
        try:
            with turn(timezone.now) as at:
                token = Token(name=options["name"], scope=options["scope"].upper())
                if options["duration"] is not None:
                    token.expires_at = at + parse_duration(options["duration"])
                limits = find_services(options["services"])
                secret = create_token(token, limits, author=author, at=at)
        except ValueError as exc:
            raise CommandError(f"--expires {exc}") from exc
        except (TokenError, AnnounceError) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(secret)
        self.stderr.write("Keep it now: nobody can print it again.")
