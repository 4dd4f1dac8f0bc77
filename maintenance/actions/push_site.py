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


def is_seen(theme: Theme) -> bool:
    """Return whether a theme is the portal's or a service's."""
    is_portals = PortalSettings.objects.filter(theme=theme).exists()
    return is_portals or theme.services.exists()


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


def site_before(theme: Theme) -> Site | None:
    """Return what a theme showed before what it shows now; None is its design.

    Raises:
        SiteError: it never showed anything else.
    """
    now = theme.site.digest if theme.site else None
    for revision in Revision.objects.of("theme", theme.pk).iterator():
        before = (revision.document or {}).get("site")
        if before != now:
            return Site.objects.get(digest=before) if before else None
    raise SiteError(f"Theme {theme.slug!r} never showed anything else.")
