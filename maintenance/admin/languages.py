"""Languages to choose from, by the names that their speakers use."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf.locale import LANG_INFO

from maintenance.publishing.words import catalogue_languages


def language_choices(*others: str) -> list[tuple[str, str]]:
    """Return the languages that have fixed words, and others that are in use."""
    codes = dict.fromkeys([*catalogue_languages(), *filter(None, others)])
    return sorted(((code, _name(code)) for code in codes), key=lambda pair: pair[1])


class LanguageSelect(forms.Select):
    """A choice of languages that keeps a value that is not among them."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        self.choices = language_choices(*value)
        return super().optgroups(name, value, attrs)


def _name(code: str) -> str:
    info = LANG_INFO.get(code) or LANG_INFO.get(code.partition("-")[0])
    return f"{info['name_local'].capitalize()} ({code})" if info else code
