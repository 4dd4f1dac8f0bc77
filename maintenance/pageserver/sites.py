"""Files of sites, as they are served beside their page."""

from __future__ import annotations

from dataclasses import dataclass

from maintenance.domain.answer import site_of
from maintenance.domain.routing import Decision
from maintenance.domain.site import Site, SiteFile
from maintenance.pageserver import heads
from maintenance.pageserver.published import FileData, Published


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a site, and what a page that it is may load."""

    file: SiteFile
    data: FileData
    content_security_policy: str

    def answer(self, *, takes_gzip: bool) -> tuple[bytes, bytes, str]:
        """Return head, body and tag. The path may be the service's own again soon."""
        is_smaller = takes_gzip and bool(self.data.gzipped)
        body = self.data.gzipped if is_smaller else self.data.data
        etag = f'"{self.file.digest}{"-gzip" if is_smaller else ""}"'
        head = heads.head(
            200,
            content_type=self.file.content_type,
            content_length=len(body),
            content_encoding="gzip" if is_smaller else None,
            cache_control="no-cache",
            etag=etag,
            vary=heads.VARY_FILE,
            content_security_policy=self.content_security_policy,
            x_content_type_options="nosniff",
            x_robots_tag="noindex",
        )
        return head, body, etag


class Sites:
    """The sites of one publication."""

    def __init__(self, published: Published) -> None:
        self._snapshot = published.snapshot
        self._files = published.site_files
        themes = published.snapshot.themes.values()
        # The last part of every path of every site.
        self._names = frozenset(
            path.rpartition("/")[2]
            for theme in themes
            if theme.site
            for path in theme.site.files
        )
        self.exist = bool(self._names)
        """It is asked for every request: most portals have none."""

    def may_have(self, target: str) -> bool:
        """Return whether a request's target may name a file."""
        path = target.partition("?")[0]
        return self.exist and (path.rpartition("/")[2] in self._names or "%" in path)

    def page(self, decision: Decision) -> tuple[Site, bytes] | None:
        """Return the site in place of a decision's page, and its index.html."""
        site = site_of(self._snapshot, decision)
        return (site, self._files[site.index.digest].data) if site else None

    def find(self, decision: Decision, path: str, *, is_part: bool) -> Found | None:
        """Return the file at a path, or None where the page stands."""
        site = site_of(self._snapshot, decision)
        file = site.find(path, is_part=is_part) if site else None
        data = self._files.get(file.digest) if file else None
        if site is None or file is None or data is None:
            return None
        return Found(file, data, site.content_security_policy)
