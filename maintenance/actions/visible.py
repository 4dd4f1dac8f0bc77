"""What visitors see where that is not what is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from maintenance.actions.overview import in_force
from maintenance.domain.snapshot import Snapshot
from maintenance.models import Publication
from maintenance.publishing.builder import build_snapshot
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import is_behind
from maintenance.publishing.store import SnapshotStore, StoreError


def differs(live: Publication | None) -> bool:
    """Return whether what is live is not what the database holds.

    It is not after a rollback, nor while a change is not published yet.
    """
    return live is not None and (bool(live.rolled_back_to) or is_behind(live))


def seen_instead(store: SnapshotStore, live: Publication | None) -> Snapshot | None:
    """Return what is live if the database holds something else.

    Raises:
        StoreError: it cannot be read.
    """
    return store.get(live.digest) if live and differs(live) else None


def now_seen(
    at: datetime, *, tell: Callable[[StoreError], str] = str
) -> tuple[Snapshot, str]:
    """Return what visitors see, and in which way that is not what is saved.

    Where they see nothing of it yet, or it cannot be read, it is what is saved. What
    the storage says is told as the shell tells it.
    """
    live = Publication.objects.live()
    if live is None:
        note = "Not published yet: visitors see the built-in page."
        return build_snapshot(at), note
    try:
        seen = seen_instead(current_store(), live)
    except StoreError as exc:
        note = f"This is what is saved: what visitors see cannot be read. {tell(exc)}"
        return build_snapshot(at), note
    if seen is None:
        return build_snapshot(at), ""
    if live.rolled_back_to:
        return seen, (
            f"Visitors see publication {live.rolled_back_to} again. What was changed "
            "since is saved and not visible: `publish` shows it."
        )
    return seen, (
        f"Visitors still see publication {live.version}. What was changed since is "
        "saved and not published yet."
    )


def speak_since_rollback(
    store: SnapshotStore, schedule_ids: Collection[int], at: datetime
) -> bool:
    """Return whether visitors meet one of some schedules because of a rollback."""
    live = Publication.objects.live()
    if live is None or not live.rolled_back_to:
        return False
    try:
        seen = seen_instead(store, live)
    except StoreError:
        return False
    rows = in_force(seen, at) if seen else []
    speaking = [row.decision.schedule for row in rows if row.decision.schedule]
    return any(schedule.id in schedule_ids for schedule in speaking)
