"""Who may go back to an entry of the history: the rights that doing it by hand takes."""

from __future__ import annotations

from django.http import HttpRequest

from maintenance.history.documents import NOUNS
from maintenance.models import Revision, Theme

PUBLISH_SITE = "maintenance.publish_site"


def may_revert(request: HttpRequest, revision: Revision, *, exists: bool) -> bool:
    """Return whether a user may make an object what it was, or make it go again."""
    if revision.noun == "token":
        # What was revoked must stay so.
        return False
    verb = "change" if exists else "add"
    if revision.document is None:
        verb = "delete"
    rights = [f"maintenance.{verb}_{model_name(revision.noun)}"]
    if _changes_site(revision):
        rights.append(PUBLISH_SITE)
    return request.user.has_perms(rights)


def _changes_site(revision: Revision) -> bool:
    """Return whether a theme would show other files, which may hold scripts."""
    if revision.noun != "theme" or revision.document is None:
        return False
    theme = Theme.objects.select_related("site").filter(pk=revision.object_id).first()
    now = theme.site.digest if theme and theme.site else None
    return bool(revision.document.get("site") != now)


def model_name(noun: str) -> str:
    """Return the name of a noun's model in permissions and addresses."""
    return NOUNS[noun].__name__.lower()


def still_exists(revision: Revision) -> bool:
    """Return whether the object of an entry is there now."""
    return NOUNS[revision.noun].objects.filter(pk=revision.object_id).exists()
