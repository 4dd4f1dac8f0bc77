"""The reason as one value: what is announced everywhere, in the portal's language."""

from __future__ import annotations

from datetime import datetime

from maintenance.actions.announce import (
    Announcement,
    announce,
    announced_on,
    default_language,
)
from maintenance.history.recording import Author
from maintenance.models import Schedule
from maintenance.models.reason import TextFormat


def single_reason(at: datetime) -> str | None:
    """Return the text that was announced everywhere, as its author wrote it."""
    announced = announced_on((), at=at)
    if not announced:
        return None
    texts = {text.language: text.text for text in announced[-1].reason.texts.all()}
    return texts.get(default_language()) or next(iter(texts.values()), None)


def announce_html(text: str, *, author: Author, at: datetime) -> Schedule:
    """Announce HTML everywhere until it is ended, as the recipe's `curl` did.

    It stays as it was sent, with the white space around it.

    Raises:
        AnnounceError: it breaks a rule for texts.
    """
    said = Announcement(text, language=default_language(), format=TextFormat.HTML)
    return announce(said, author=author, at=at)
