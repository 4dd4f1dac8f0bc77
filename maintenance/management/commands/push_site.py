"""Push a folder of files to stand in place of a theme's design."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from maintenance.actions.push_site import (
    find_site,
    find_theme,
    go_back,
    make_site,
    show,
    site_before,
    theme_for_site,
    unseen,
    upload,
)
from maintenance.actions.site_folder import (
    Folder,
    SiteError,
    advice,
    check_page,
    read_folder,
)
from maintenance.domain.site import MAX_ORIGINS, SiteFile, is_origin
from maintenance.history.recording import change, turn
from maintenance.management import shell
from maintenance.management.printing import Printer, add_json
from maintenance.models import Site, Theme
from maintenance.publishing.current import current_store
from maintenance.publishing.store import StoreError

_VERBS = ("back", "to", "remove", "list")
_ADVICE_SHOWN = 10
_COLUMNS = {
    "short": "DIGEST",
    "name": "FOLDER",
    "files": "FILES",
    "size_bytes": "BYTES",
    "when": "PUSHED",
    "pushed_by": "BY",
    "themes": "SHOWN BY",
}


class Command(BaseCommand):
    help = (
        "Push a folder with an index.html, which visitors then see in place of the "
        "theme's design. Exit status: 0 published, 1 or 2 nothing changed, 3 saved but "
        "not published yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        shell.say_briefly(
            parser, "DIRECTORY|--back|--to DIGEST|--remove|--list [options]"
        )
        parser.add_argument("directory", nargs="?", type=Path)
        parser.add_argument(
            "--theme",
            metavar="SLUG",
            help="whose pages it replaces (default: the portal's theme)",
        )
        parser.add_argument(
            "--allow",
            action="append",
            default=[],
            dest="origins",
            metavar="https://HOST",
            help="another host from which its page may load; repeatable",
        )
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="push also a page that shows nothing, or names files that are not there",
        )
        verb = parser.add_mutually_exclusive_group()
        verb.add_argument(
            "--back",
            action="store_true",
            help="show what the theme showed before; again: what it showed before that",
        )
        verb.add_argument("--to", metavar="DIGEST", help="show a site pushed earlier")
        verb.add_argument(
            "--remove", action="store_true", help="show the theme's design again"
        )
        verb.add_argument("--list", action="store_true", help="list what was pushed")
        shell.add_actor(parser)
        add_json(parser)

    def handle(self, **options: Any) -> None:
        _refuse_what_does_not_go_together(options)
        self.printer = Printer(self, as_json=options["json"])
        try:
            if options["list"]:
                self._list()
            elif options["directory"] is not None:
                self._push(options)
            else:
                self._choose(options)
        except (SiteError, StoreError) as exc:
            raise CommandError(str(exc)) from exc

    def _push(self, options: dict[str, Any]) -> None:
        author, origins = shell.author_from(options), _origins(options["origins"])
        if options["theme"] is not None:
            # Before the work of uploading, not after it.
            find_theme(options["theme"])
        folder = read_folder(options["directory"])
        for name in folder.hidden[:_ADVICE_SHOWN]:
            self.stderr.write(f"Left out: {name}")
        if not options["anyway"]:
            check_page(folder)
        for sentence in advice(folder, origins)[:_ADVICE_SHOWN]:
            self.stderr.write(sentence)
        files = self._upload(folder)
        with turn(timezone.now) as at:
            theme = theme_for_site(options["theme"], author, at)
            site = make_site(folder, files, origins, author=author, at=at)
            with change(author, at) as made:
                show(site, theme, made)
            way_back = _way_back(theme, options)
        self.printer.say(f"Theme {theme.slug} shows {site}.", *way_back)
        shell.publish_now(self.printer, {"theme": theme.slug, "site": site.digest})
        self.printer.say(*filter(None, [unseen(theme)]))

    def _upload(self, folder: Folder) -> dict[str, SiteFile]:
        bar = tqdm(
            total=folder.size_bytes,
            desc=f"Uploading {len(folder.contents)} files",
            unit="B",
            unit_scale=True,
            # A bar is for people who wait, not for logs.
            disable=not sys.stderr.isatty(),
        )
        with bar:
            return upload(folder, current_store(), bar.update)

    def _choose(self, options: dict[str, Any]) -> None:
        author = shell.author_from(options)
        with turn(timezone.now) as at:
            theme = find_theme(options["theme"])
            site = find_site(options["to"]) if options["to"] is not None else None
            with change(author, at) as made:
                if options["back"]:
                    go_back(theme, made)
                else:
                    show(site, theme, made)
            way_back = _way_back(theme, options)
        shown = theme.site
        self.printer.say(
            f"Theme {theme.slug} shows {shown or 'its design'}.", *way_back
        )
        told = {"theme": theme.slug, "site": shown.digest if shown else None}
        shell.publish_now(self.printer, told)
        self.printer.say(*filter(None, [unseen(theme)]))

    def _list(self) -> None:
        rows = [
            {
                "digest": site.digest,
                "short": site.digest[:12],
                "name": site.name,
                "files": len(site.files),
                "size_bytes": site.size_bytes,
                "when": shell.moment(site.pushed_at),
                "pushed_by": site.pushed_by,
                "themes": [theme.slug for theme in site.themes.all()],
            }
            for site in Site.objects.prefetch_related("themes")
        ]
        self.printer.table(_COLUMNS, rows)


def _way_back(theme: Theme, options: dict[str, Any]) -> list[str]:
    """Return what --back would show next, in a sentence."""
    try:
        before = site_before(theme)
    except SiteError:
        if not options["back"]:
            return []
        return [
            "Nothing was shown before it: `push_site --list` shows what was pushed."
        ]
    words = " --theme " + theme.slug if options["theme"] else ""
    again = " again" if options["back"] else ""
    return [
        f"`push_site{words} --back`{again} shows the one before: "
        f"{before or 'its design'}."
    ]


def _refuse_what_does_not_go_together(options: dict[str, Any]) -> None:
    given = [f"--{name}" for name in _VERBS if options[name] not in (None, False)]
    if not given and options["directory"] is None:
        raise CommandError(
            "Give a DIRECTORY, or --back, --to, --remove or --list.", returncode=2
        )
    others = {
        "a directory": options["directory"] is not None,
        "--allow": options["origins"],
        "--anyway": options["anyway"],
    }
    if given and (other := next((name for name in others if others[name]), None)):
        raise CommandError(f"{given[0]} does not go with {other}.", returncode=2)
    if options["list"] and options["theme"] is not None:
        raise CommandError("--list does not go with --theme.", returncode=2)


def _origins(given: list[str]) -> tuple[str, ...]:
    for origin in given:
        if not is_origin(origin):
            raise CommandError(
                f"--allow {origin!r}: use an origin such as https://cdn.example.com."
            )
    if len(given) > MAX_ORIGINS:
        raise CommandError(f"--allow: name at most {MAX_ORIGINS} hosts.")
    return tuple(sorted(set(given)))
