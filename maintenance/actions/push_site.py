"""Push a folder of files as a site, and choose which of them a theme shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from maintenance.actions.site_folder import Folder, SiteError
from maintenance.domain import site as sites
from maintenance.domain.codec import to_plain
from maintenance.history.recording import Author, Change, change
from maintenance.models import PortalSettings, Revision, Site, Theme
from maintenance.models.revision import Action
from maintenance.publishing.store import SnapshotStore

_NEW_THEME = "site"


def upload(
    folder: Folder, store: SnapshotStore, progress: Callable[[int], object]
) -> dict[str, sites.SiteFile]:
    """Store a folder's files, which nothing shows yet; return them by path.

    `progress` is called with the number of bytes of each file that is stored.

    Raises:
        StoreError: the storage refused; trying again does no harm.
    """
    files = {}
    for path, data in folder.contents.items():
        digest = store.put_site_file(data)
        files[path] = sites.SiteFile(digest, sites.content_type(path), len(data))
        progress(len(data))
    return files


def make_site(
    folder: Folder,
    files: Mapping[str, sites.SiteFile],
    origins: tuple[str, ...],
    *,
    author: Author,
    at: datetime,
) -> Site:
    """Return the site of stored files; the same folder again is the same site."""
    plain = {path: to_plain(file) for path, file in sorted(files.items())}
    identity = json.dumps([plain, list(origins)], sort_keys=True).encode()
    site, _ = Site.objects.get_or_create(
        digest=hashlib.sha256(identity).hexdigest(),
        defaults={
            "name": folder.name[:100],
            "files": plain,
            "origins": list(origins),
            "size_bytes": folder.size_bytes,
            "pushed_at": at,
            "pushed_by": author.name,
        },
    )
    return site


def show(site: Site | None, theme: Theme, made: Change) -> None:
    """Make a theme show a site, or its design again, within a change."""
    theme.site = site
    theme.save()
    made.record(theme)


def theme_for_site(slug: str | None, author: Author, at: datetime) -> Theme:
    """Return the theme that is named, or the portal's, made where there is none.

    Raises:
        SiteError: no theme has that name.
    """
    if slug is not None:
        return find_theme(slug)
    if theme := _portals_theme():
        return theme
    with change(author, at) as made:
        theme, _ = Theme.objects.get_or_create(
            slug=_NEW_THEME, defaults={"name": "Site"}
        )
        made.record(theme)
        settings = PortalSettings.objects.filter(id=1).first() or PortalSettings(id=1)
        settings.theme = theme
        settings.save()
        made.record(settings)
    return theme


def find_theme(slug: str | None) -> Theme:
    """Return the theme that is named, or the portal's.

    Raises:
        SiteError: there is none.
    """
    if slug is None:
        if portals := _portals_theme():
            return portals
        raise SiteError("The portal has no theme of its own: name one with --theme.")
    theme = Theme.objects.filter(slug=slug).first()
    if theme is None:
        known = ", ".join(Theme.objects.order_by("slug").values_list("slug", flat=True))
        raise SiteError(
            f"There is no theme {slug!r}; "
            + (f"there are {known}." if known else "make one in the admin.")
        )
    return theme


def _portals_theme() -> Theme | None:
    settings = PortalSettings.objects.select_related("theme").filter(id=1).first()
    return settings.theme if settings else None


def unseen(theme: Theme) -> str:
    """Return that nobody sees a theme, in a sentence; nothing where it is in use."""
    is_portals = PortalSettings.objects.filter(theme=theme).exists()
    if is_portals or theme.services.exists():
        return ""
    return (
        f"Nobody sees theme {theme.slug} yet: give it to a service, or to the portal in "
        "its settings."
    )


def find_site(digest: str) -> Site:
    """Return a pushed site by the beginning of its digest.

    Raises:
        SiteError: none or several begin so.
    """
    found = list(Site.objects.filter(digest__startswith=digest)[:2]) if digest else []
    if len(found) != 1:
        how_many = "several sites begin" if found else "no site begins"
        raise SiteError(f"{digest!r}: {how_many} so; --list shows them.")
    return found[0]


def go_back(theme: Theme, made: Change) -> None:
    """Make a theme show what it showed before, within a change.

    The history has it as a step back, from which the next one goes on.

    Raises:
        SiteError: it showed nothing before.
    """
    theme.site = site_before(theme)
    theme.save()
    made.record(theme, note="push_site --back", reverts=True)


def site_before(theme: Theme) -> Site | None:
    """Return what a theme showed before what it shows now; None is its design.

    Raises:
        SiteError: it showed nothing before.
    """
    before = _shown_by(theme)[:-1]
    if not before:
        shown = theme.site or "its design"
        raise SiteError(
            f"Theme {theme.slug!r} showed nothing before {shown}: --list shows what was "
            "pushed, and --to DIGEST shows any of it."
        )
    return Site.objects.get(digest=before[-1]) if before[-1] else None


def _shown_by(theme: Theme) -> list[str | None]:
    """Return the digests of what a theme showed, oldest first; None is its design.

    What was gone back from is left out, and so is the step back: the end is what
    the theme shows, and before it stands what comes next on the way back.
    """
    shown: list[str | None] = []
    history = Revision.objects.of("theme", theme.pk).order_by("id")
    for action, document in history.values_list("action", "document").iterator():
        digest = (document or {}).get("site")
        if action == Action.REVERTED and digest in shown:
            while shown[-1] != digest:
                shown.pop()
        elif not shown or shown[-1] != digest:
            shown.append(digest)
    return shown
