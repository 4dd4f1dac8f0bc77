"""Make what is saved visible, and go back to what was visible before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, Max

from maintenance.domain import snapshot as snapshots
from maintenance.domain.snapshot import Pointer
from maintenance.history.recording import Author
from maintenance.models import Publication, Publisher, Revision
from maintenance.models.revision import Channel
from maintenance.publishing.builder import build_snapshot
from maintenance.publishing.lock import publisher_lock
from maintenance.publishing.reading import one_state
from maintenance.publishing.rendering import ThemeError
from maintenance.publishing.store import Live, SnapshotStore, StoreError

SYSTEM = Author("system", Channel.SYSTEM)
_ATTEMPTS = 3


class PublishError(Exception):
    """Nothing became visible. What was saved stays saved and pending."""


def publish(
    store: SnapshotStore, *, at: datetime, author: Author | None = None
) -> Publication:
    """Build a snapshot from the database, store it, and make it live.

    The order is what makes a failure harmless: the snapshot first, then a row
    that says what is being tried, then the pointer that readers follow. The
    author is that of the newest change, unless somebody publishes by hand.

    Raises:
        PublishError: visitors still get the old pages.
    """
    with _failures_noted(at), publisher_lock():
        return _publish(store, at, author)


def publish_pending(store: SnapshotStore, *, at: datetime) -> Publication | None:
    """Publish if visitors do not see yet what is saved; return what was published.

    Raises:
        PublishError: visitors still get the old pages.
    """
    with _failures_noted(at), publisher_lock():
        # Whoever held the lock before may have published the same change.
        adopt(store)
        if not has_pending() and is_live(store):
            return None
        return _publish(store, at, None)


def adopt(store: SnapshotStore) -> None:
    """Count a publication as published whose publisher was killed too early.

    It had moved the pointer, and could not write that down any more.
    """
    drafts = Publication.objects.filter(published_at=None)
    if not drafts.exists():
        return
    try:
        pointer = store.live().pointer
    except StoreError:
        return
    if pointer is not None:
        moved = drafts.filter(version=pointer.version, digest=pointer.digest)
        moved.update(published_at=F("prepared_at"))


def roll_back(
    store: SnapshotStore, version: int, *, author: Author, at: datetime
) -> Publication:
    """Publish an older publication's content again, under a new number.

    The database keeps what it holds: the next change publishes that again.

    Raises:
        PublishError: there is no such publication, visitors see it, its snapshot is
            lost, or the storage refused; visitors still get the old pages.
    """
    old = Publication.objects.filter(version=version, published_at__isnull=False)
    target = old.first()
    if target is None:
        raise PublishError(f"There is no publication {version}.")
    with _failures_noted(at), publisher_lock():
        _refuse_what_is_seen(target)
        store.get(target.digest)
        newest = Revision.objects.that_visitors_see().order_by("-id").first()
        draft = Publication(
            digest=target.digest,
            size_bytes=target.size_bytes,
            author=author.name,
            channel=author.channel,
            prepared_at=at,
            cause=target.cause,
            covers=newest.id if newest else 0,
            rolled_back_to=version,
        )
        return _make_live(store, draft)


def _refuse_what_is_seen(target: Publication) -> None:
    live = Publication.objects.live()
    # While something is pending, going back to what is live keeps it from visitors.
    if live and live.digest == target.digest and not is_behind(live):
        again = "" if live == target else f" again, as publication {live.version}"
        raise PublishError(f"Visitors see publication {target.version}{again} already.")


def has_pending() -> bool:
    """Return whether a change is saved that no publication covers."""
    return is_behind(Publication.objects.live())


def is_behind(live: Publication | None) -> bool:
    """Return whether the database holds what the live publication does not cover."""
    newest = Revision.objects.that_visitors_see().order_by("-id").first()
    return live is None or (newest.pk if newest else 0) > live.covers


def is_live(store: SnapshotStore) -> bool:
    """Return whether the storage holds, undamaged, what was published last.

    It does not after it was emptied or restored, or when a publisher was killed
    before it could move the pointer.
    """
    expected = Publication.objects.live()
    try:
        pointer = _live(store).pointer
        if expected is None or pointer is None:
            return False
        store.read_blob(pointer.digest)
    except StoreError:
        return False
    return pointer.version >= expected.version and pointer.digest == expected.digest


@contextmanager
def _failures_noted(at: datetime) -> Iterator[None]:
    """Turn what can go wrong into PublishError, and tell the admin of it."""
    try:
        yield
    except DatabaseError as exc:
        # Drivers add hints on further lines.
        cause = str(exc).partition("\n")[0]
        raise PublishError(f"The database cannot be used: {cause}.") from exc
    except (StoreError, ThemeError, OSError) as exc:
        note = {"failed_at": at, "error": str(exc)}
        # A full disk may have no room for the note, which is no failure by itself.
        with suppress(DatabaseError):
            Publisher.objects.update_or_create(id=1, defaults=note)
        raise PublishError(str(exc)) from exc
    with suppress(DatabaseError):
        noted = Publisher.objects.filter(id=1).exclude(failed_at=None)
        noted.update(failed_at=None, error="")


def _publish(store: SnapshotStore, at: datetime, author: Author | None) -> Publication:
    with transaction.atomic():
        Publisher.objects.lock_changes()
        cause = Revision.objects.that_visitors_see().order_by("-id").first()
    # It may show what was saved since, too: that stays pending, and is published
    # once more.
    with one_state():
        data = snapshots.encode(build_snapshot(at))
    digest = store.put(data)
    by = author or _author_of(cause)
    draft = Publication(
        digest=digest,
        size_bytes=len(data),
        author=by.name,
        channel=by.channel,
        prepared_at=at,
        cause=cause,
        covers=cause.id if cause else 0,
    )
    return _make_live(store, draft)


def _author_of(cause: Revision | None) -> Author:
    return Author(cause.author, Channel(cause.channel)) if cause else SYSTEM


def _make_live(store: SnapshotStore, draft: Publication) -> Publication:
    """Number a publication, and move the pointer to it.

    The storage may be shared with a publisher on another database, or have
    taken a write whose answer was lost, so what it holds decides.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        live = _live(store)
        stored = live.pointer.version if live.pointer else 0
        draft.version = max(_highest_version(), stored) + 1
        draft.pk = None
        draft.save(force_insert=True)
        pointer = Pointer(draft.version, draft.digest, draft.prepared_at)
        try:
            store.make_live(pointer, after=live)
        except StoreError:
            if store.live().pointer != pointer:
                draft.delete()
                if attempt == _ATTEMPTS:
                    raise
                continue
        draft.published_at = draft.prepared_at
        draft.save(update_fields=["published_at"])
        return draft
    raise AssertionError("unreachable")


def _live(store: SnapshotStore) -> Live:
    """Return what is live. A pointer that no publisher can have written counts as none.

    Raises:
        StoreError: the storage cannot be read.
    """
    live = store.live()
    if live.pointer and not live.pointer.can_follow(_highest_version()):
        return Live(None, live.tag)
    return live


def _highest_version() -> int:
    highest: int | None = Publication.objects.aggregate(highest=Max("version"))[
        "highest"
    ]
    return highest or 0
