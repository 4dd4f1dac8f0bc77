"""Export: pages as files, for what takes files, each within its limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from django.template.loader import render_to_string

from maintenance.actions.static_pages import AWAY, StaticPage, StaticPages
from maintenance.domain.negotiation import choose_language
from maintenance.domain.snapshot import Snapshot

# tune.bufsize without tune.maxrewrite, which HAProxy keeps free for rules: 16,384
# and 1,024 bytes. HAProxy 2.6 refuses files from about 16,260 bytes on.
HAPROXY_BYTES = 16_384 - 1_024
# max_direct_response_body_size_bytes of a RouteConfiguration.
ENVOY_BYTES = 4_096
# MessageBody of a FixedResponseActionConfig.
ALB_BYTES = 1_024

# Those that `errorfile` knows and that have words, HAProxy 2.6.
_HAPROXY_CODES = frozenset(
    {400, 401, 403, 404, 405, 408, 410, 413, 425, 429, 500, 501, 503}
)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
# What an earlier release may have written, and this one does not.
_OURS = re.compile(r"nginx/[45]\d\d\.html|haproxy/[45]\d\d\.http")


class ExportError(Exception):
    """Pages cannot be written as files. What was there before is unchanged."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file below the folder of an export."""

    name: str
    data: bytes
    limit_bytes: int | None = None
    page: StaticPage | None = None


def make_files(
    snapshot: Snapshot, *, at: datetime, service: str = "", language: str = ""
) -> list[ExportedFile]:
    """Return the files of an export, as of an aware datetime.

    No service means what is nobody's; no language means the portal's.

    Raises:
        ExportError: there is no such service or language, or a page does not fit.
    """
    _refuse_what_is_unknown(snapshot, service, language)
    pages = StaticPages(snapshot, at=at, service=service, language=language)
    files = [*_for_nginx(pages), *_for_haproxy(pages), *_for_the_others(pages)]
    for file in files:
        if file.limit_bytes is not None and len(file.data) > file.limit_bytes:
            raise ExportError(
                f"{file.name} does not fit: it would have {len(file.data):,} bytes of "
                f"at most {file.limit_bytes:,}. A shorter title helps."
            )
    context = {
        "away": pages.page(AWAY),
        "has_site": pages.has_site,
        "at": f"{at:%Y-%m-%d %H:%M} UTC",
        "service": service,
        "files": files,
    }
    return [_text("README.md", context), *files]


def leaves_out_site(snapshot: Snapshot, *, at: datetime, service: str = "") -> bool:
    """Return whether visitors see a site in place of the pages of an export."""
    return StaticPages(snapshot, at=at, service=service, language="").has_site


def write_files(
    files: Iterable[ExportedFile], folder: Path, *, replaces: bool = False
) -> None:
    """Write an export into a folder that is new or empty, all of it or nothing.

    An earlier export gives way if told so; nothing else ever does.

    Raises:
        ExportError: something is in the way, or the disk refuses.
    """
    files, folder = list(files), folder.resolve()
    try:
        _refuse_what_is_in_the_way(files, folder, replaces=replaces)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside it, because a folder can be renamed within one file system alone.
        with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
            new = Path(beside) / "new"
            for file in files:
                path = new / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.data)
            _put_in_place(new, folder, old=Path(beside) / "old")
    except OSError as exc:
        raise ExportError(f"{folder} cannot be written: {exc.strerror}.") from exc


def _refuse_what_is_unknown(snapshot: Snapshot, service: str, language: str) -> None:
    slugs = [each.slug for each in snapshot.services]
    if service and service not in slugs:
        known = f"there are {', '.join(slugs[:10])}" if slugs else "there is none yet"
        raise ExportError(f"There is no service {service!r}; {known}.")
    if language and not choose_language(language, snapshot.languages, default=""):
        known = ", ".join(snapshot.languages)
        raise ExportError(f"There are no pages in {language!r}; there are {known}.")


def _for_nginx(pages: StaticPages) -> Iterator[ExportedFile]:
    made = {code: pages.page(code) for code in pages.codes}
    for code, page in made.items():
        yield ExportedFile(f"nginx/{code}.html", page.body, page=page)
    away = made.pop(AWAY)
    context = {"away": away, "codes": list(made), "other": next(iter(made.values()))}
    yield _text("nginx/error_pages.conf", context)


def _for_haproxy(pages: StaticPages) -> Iterator[ExportedFile]:
    codes = [code for code in pages.codes if code in _HAPROXY_CODES]
    for code in codes:
        page = pages.page(code)
        if len(_response(page)) > HAPROXY_BYTES:
            # That of the smaller page is no longer.
            head = len(_response(page)) - len(page.body)
            page = pages.small(code, room_bytes=HAPROXY_BYTES - head)
        name = f"haproxy/{code}.http"
        yield ExportedFile(name, _response(page), HAPROXY_BYTES, page)
    yield _text("haproxy/errors.cfg", {"codes": codes})


def _for_the_others(pages: StaticPages) -> Iterator[ExportedFile]:
    for name, limit in (("envoy", ENVOY_BYTES), ("alb", ALB_BYTES)):
        page = pages.small(AWAY, room_bytes=limit)
        yield ExportedFile(f"{name}/503.html", page.body, limit, page)
    page = pages.page(AWAY)
    for name in ("index", "error"):
        yield ExportedFile(f"s3/{name}.html", page.body, page=page)


def _response(page: StaticPage) -> bytes:
    """Return a page as HAProxy sends it: a whole response (RFC 9112, section 2)."""
    fields = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(page.body)),
        "Content-Language": page.language,
        "Cache-Control": "no-store",
        "Retry-After": page.retry_after,
        "Content-Security-Policy": page.content_security_policy,
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    lines = [f"HTTP/1.1 {page.status} {_PHRASES.get(page.status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + page.body


def _text(name: str, context: dict[str, object]) -> ExportedFile:
    return ExportedFile(name, render_to_string(f"export/{name}", context).encode())


def _refuse_what_is_in_the_way(
    files: Iterable[ExportedFile], folder: Path, *, replaces: bool
) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir():
        raise ExportError(f"{folder} is no directory. Nothing was written.")
    if not replaces:
        raise ExportError(
            f"{folder} is not empty. Nothing was written; --force replaces an "
            "earlier export."
        )
    names = {file.name for file in files}
    for path in sorted(each for each in folder.rglob("*") if not each.is_dir()):
        name = path.relative_to(folder).as_posix()
        if name not in names and not _OURS.fullmatch(name):
            raise ExportError(
                f"{path} comes from no export. Nothing was written; move it away, or "
                "name another directory."
            )


def _put_in_place(new: Path, folder: Path, *, old: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
