"""The built-in designs: the closed set of characters that a theme can have."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Paper(NamedTuple):
    """What a design is printed on, by the visitor's preference."""

    light: str
    dark: str


class Design(StrEnum):
    """How pages are laid out and drawn. The values are stored with themes.

    Each has a template and a style of its name in templates/pages/.
    """

    ENTRACTE = "ENTRACTE"
    """House lights and a curtain."""
    PLAIN = "PLAIN"
    """Nothing but type on paper."""
    SIGNAL = "SIGNAL"
    """A departure board: times are the heroes."""
    TERMINAL = "TERMINAL"
    """A calm console."""
    BLUEPRINT = "BLUEPRINT"
    """A drawing from the workshop."""
    NIGHT_SHIFT = "NIGHT_SHIFT"
    """A town with one lit window."""

    @property
    def file(self) -> str:
        """Return the name that its files have, without an ending."""
        return self.value.lower()

    @property
    def paper(self) -> Paper:
        """Return the colours on which its text stands; its style has the same."""
        return _PAPERS[self]

    @property
    def board(self) -> str:
        """Return the dark ground of its own, whatever the paper, if it has one."""
        return _BOARDS.get(self, "")


_PAPERS = {
    Design.ENTRACTE: Paper("#f6f1e7", "#251d17"),
    Design.PLAIN: Paper("#ffffff", "#161616"),
    Design.SIGNAL: Paper("#f3f4f6", "#10141b"),
    Design.TERMINAL: Paper("#f4f3ee", "#14171c"),
    Design.BLUEPRINT: Paper("#eff4f9", "#102a4a"),
    Design.NIGHT_SHIFT: Paper("#eef0f7", "#12162a"),
}
# By night it is darker still.
_BOARDS = {Design.SIGNAL: "#10141b"}
