"""Make the portal what documents declare, once or whenever they change."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from maintenance.actions.apply import DEFAULT_OWNER, Applying, apply_document
from maintenance.declared import sources
from maintenance.declared.outcome import Outcome
from maintenance.declared.problems import DeclarationError
from maintenance.declared.shape import Portal
from maintenance.history.recording import turn
from maintenance.management import shell
from maintenance.management.differences import in_lines
from maintenance.management.printing import Printer, add_json
from maintenance.management.watching import Watcher
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, publish_pending

logger = logging.getLogger(__name__)

MIN_SECONDS, MAX_SECONDS = 0.1, 3600.0


class Command(BaseCommand):
    help = (
        "Make the portal what documents in YAML or JSON declare: all of it or nothing. "
        "Exit status: 0 it is as declared and published, 1 or 2 nothing changed, 3 "
        "saved but not published yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "-f PATH [options]")
        parser.add_argument(
            "-f",
            "--file",
            required=True,
            metavar="PATH",
            help="a file, a folder of *.yaml, *.yml and *.json, or - for standard input",
        )
        parser.add_argument(
            "--prune",
            action="store_true",
            help="delete what this owner declared before and declares no longer",
        )
        parser.add_argument(
            "--owner",
            default=DEFAULT_OWNER,
            metavar="NAME",
            help="whose document it is, where there are several (default: %(default)s)",
        )
        once = parser.add_mutually_exclusive_group()
        once.add_argument(
            "--dry-run", action="store_true", help="print the difference alone"
        )
        once.add_argument(
            "--watch",
            action="store_true",
            help="apply again what changes, until SIGTERM",
        )
        parser.add_argument(
            "--every",
            type=float,
            default=5.0,
            metavar="SECONDS",
            help="how often --watch looks (default: %(default)s)",
        )
        shell.add_actor(parser)
        add_json(parser)

    def handle(self, **options: Any) -> None:
        how = _how(options)
        if options["watch"]:
            self._watch(options, how)
            return
        try:
            outcome = _apply(sources.to_portal(_files(options["file"])), how)
        except DeclarationError as exc:
            raise self._refusal(exc, options) from exc
        except OSError as exc:
            raise CommandError(f"{options['file']} cannot be read: {exc}") from exc
        printer = Printer(self, as_json=options["json"])
        printer.say(*in_lines(outcome))
        if how.dry_run:
            printer.result(outcome.to_json())
        else:
            # Also without changes: those of the last time may not be published yet.
            shell.publish_now(printer, outcome.to_json())

    def _watch(self, options: dict[str, Any], how: Applying) -> None:
        seconds: float = options["every"]
        if options["file"] == "-":
            raise CommandError("--watch needs a file or a folder.", returncode=2)
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise CommandError(
                f"--every {seconds:g}: use {MIN_SECONDS:g} to {MAX_SECONDS:g} seconds.",
                returncode=2,
            )
        ApplyingWatcher(Path(options["file"]), how, seconds).run()

    def _refusal(self, exc: DeclarationError, options: dict[str, Any]) -> CommandError:
        if options["json"]:
            problems = [{"path": p.path, "message": p.message} for p in exc.problems]
            told = {"problems": problems, "more": exc.more}
            Printer(self, as_json=True).result(told)
        else:
            for each in exc.problems:
                self.stderr.write(str(each))
        count = len(exc.problems) + exc.more
        found = "1 problem" if count == 1 else f"{count} problems"
        return CommandError(f"{options['file']}: {found}. Nothing was changed.")


class ApplyingWatcher(Watcher):
    """Applies files whenever they hold something else than before."""

    failures = (DatabaseError, OSError, DeclarationError)
    failed = "Not applied, all is as it was: %s"
    mended = "What is declared is applied again."

    def __init__(self, path: Path, how: Applying, every_seconds: float) -> None:
        super().__init__(logger)
        self.every_seconds = every_seconds
        self._path = path
        self._how = how
        self._tried = ""
        self._refused: DeclarationError | None = None

    def look(self) -> None:
        """Apply what the files hold, unless it was applied or refused before."""
        files = sources.read_path(self._path)
        found = sources.digest(files)
        if found != self._tried:
            self._refused = self._try(files)
            # A database that is away raises before this, so it is asked again.
            self._tried = found
        if self._refused:
            raise self._refused

    def _try(self, files: sources.Files) -> DeclarationError | None:
        try:
            outcome = _apply(sources.to_portal(files), self._how)
        except DeclarationError as exc:
            return exc
        for line in in_lines(outcome):
            self.logger.info("%s", line)
        self._publish()
        return None

    def _publish(self) -> None:
        try:
            publish_pending(current_store(), at=timezone.now())
        except (PublishError, DatabaseError):
            # `publish --watch` goes on trying, and says so.
            self.logger.exception("Saved, but not published yet.")


def _how(options: dict[str, Any]) -> Applying:
    owner: str = options["owner"]
    if not shell.is_slug(owner):
        raise CommandError(
            f"--owner {owner!r:.60}: use 1 to 50 letters, digits, - and _.",
            returncode=2,
        )
    return Applying(
        shell.author_from(options), owner, options["prune"], options["dry_run"]
    )


def _files(path: str) -> sources.Files:
    if path == "-":
        return sources.read_stream(sys.stdin.buffer)
    return sources.read_path(Path(path))


def _apply(portal: Portal, how: Applying) -> Outcome:
    with turn(timezone.now) as at:
        return apply_document(portal, how, at=at)
