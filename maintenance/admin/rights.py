"""Who may go back to an entry of the history: the rights that doing it by hand takes."""

from __future__ import annotations

from django.http import HttpRequest

from maintenance.history.documents import NOUNS
from maintenance.models import Revision


def may_revert(request: HttpRequest, revision: Revision, *, exists: bool) -> bool:
    """Return whether a user may make an object what it was, or make it go again."""
    if revision.noun == "token":
        # What was revoked must stay so.
        return False
    verb = "change" if exists else "add"
    if revision.document is None:
        verb = "delete"
    return request.user.has_perm(f"maintenance.{verb}_{model_name(revision.noun)}")


def model_name(noun: str) -> str:
    """Return the name of a noun's model in permissions and addresses."""
    return NOUNS[noun].__name__.lower()


def still_exists(revision: Revision) -> bool:
    """Return whether the object of an entry is there now."""
    return NOUNS[revision.noun].objects.filter(pk=revision.object_id).exists()
