"""Write pages as files, from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maintenance.actions.export_pages import (
    ExportedFile,
    ExportError,
    leaves_out_site,
    make_files,
    write_files,
)
from maintenance.actions.visible import now_seen
from maintenance.management import shell
from maintenance.publishing.rendering import ThemeError


class Command(BaseCommand):
    help = (
        "Write the pages as files for nginx, HAProxy, Envoy, an AWS load balancer and "
        "an S3 website, as visitors see them now. The README.md among them says where "
        "each goes. Exit status: 0 written, 1 or 2 nothing was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(parser, "DIRECTORY [options]")
        parser.add_argument("directory", help="new or empty")
        parser.add_argument(
            "--service",
            default="",
            metavar="SLUG",
            help="whose pages (default: those of hosts that are no service's)",
        )
        parser.add_argument(
            "--language", default="", help="of the pages (default: the portal's)"
        )
        parser.add_argument(
            "--force", action="store_true", help="replace an earlier export"
        )

    def handle(self, **options: Any) -> None:
        at = timezone.now()
        try:
            snapshot, note = now_seen(at)
            files = make_files(
                snapshot,
                at=at,
                service=options["service"],
                language=options["language"],
            )
            folder = Path(options["directory"])
            write_files(files, folder, replaces=options["force"])
        except (ExportError, ThemeError) as exc:
            raise CommandError(str(exc)) from exc
        except OSError as exc:
            raise CommandError(f"The storage cannot be read: {exc}") from exc
        for file in files:
            self.stdout.write(_in_a_line(file))
        if note:
            self.stderr.write(note)
        if leaves_out_site(snapshot, at=at, service=options["service"]):
            self.stderr.write(
                "Visitors see a site of one's own, which is not exported: these pages "
                "have the design of its theme."
            )


def _in_a_line(file: ExportedFile) -> str:
    """Return what was written, with its bytes against the limit."""
    limit = f" of {file.limit_bytes:,}" if file.limit_bytes is not None else ""
    line = f"{file.name}: {len(file.data):,}{limit} bytes"
    page = file.page
    if page is None:
        return line
    # Only where there was a choice: the smallest formats never have a theme.
    is_bare = page.is_small and file.name.startswith("haproxy/")
    bare = ", without the theme, which does not fit" if is_bare else ""
    shortened = ", shortened" if page.is_shortened else ""
    return f"{line}, {page.language}{bare}{shortened}"
