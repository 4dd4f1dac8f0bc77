"""The fixed words of pages, out of the gettext catalogues in locale/."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from maintenance.domain.kind import Kind
from maintenance.domain.negotiation import choose_language
from maintenance.domain.snapshot import Document, Language, Text

SOURCE_LANGUAGE = "en"

# Whole dates instead of Django's date formats: those write American English and
# capital months in Italian, and a language that declines its months can here.
_MONTHS = (
    gettext_noop("{day} January {year}"),
    gettext_noop("{day} February {year}"),
    gettext_noop("{day} March {year}"),
    gettext_noop("{day} April {year}"),
    gettext_noop("{day} May {year}"),
    gettext_noop("{day} June {year}"),
    gettext_noop("{day} July {year}"),
    gettext_noop("{day} August {year}"),
    gettext_noop("{day} September {year}"),
    gettext_noop("{day} October {year}"),
    gettext_noop("{day} November {year}"),
    gettext_noop("{day} December {year}"),
)
_MOMENT = gettext_noop("{date} at {time} UTC")

_KINDS = {
    Kind.PLANNED: gettext_noop("Planned maintenance"),
    Kind.INCIDENT: gettext_noop("Disruption"),
    Kind.OVERLOAD: gettext_noop("High demand"),
    Kind.RETIRED: gettext_noop("Closed for good"),
}
_TITLES = {
    Kind.PLANNED: gettext_noop("Closed for maintenance"),
    Kind.INCIDENT: gettext_noop("Not working at the moment"),
    Kind.OVERLOAD: gettext_noop("Very busy at the moment"),
    Kind.RETIRED: gettext_noop("This service has closed"),
}

_BUILTIN = (
    gettext_noop("Not available at the moment"),
    gettext_noop(
        "This service cannot be reached at the moment. "
        "The reason has not been announced yet. "
        "Please try again in a few minutes."
    ),
)
_SHORTENED = gettext_noop("This text has been shortened.")
_LATER = gettext_noop("Please try again in a few minutes.")
_BACK = gettext_noop("Going back and trying again may help.")
_FAILED = (
    gettext_noop("Something failed on our side"),
    gettext_noop("You did nothing wrong. Please try again in a few minutes."),
)
_AWAY = (gettext_noop("A part of this service does not answer"), _LATER)
_SLOW = (
    gettext_noop("The answer takes too long"),
    gettext_noop(
        "A part of this service did not answer in time. "
        "Please try again in a few minutes."
    ),
)
_INSECURE = (
    gettext_noop("No secure connection was possible"),
    gettext_noop(
        "Parts of this service could not reach each other securely. "
        "You did nothing wrong. Please try again in a few minutes."
    ),
)
_CHANGED = (
    gettext_noop("Something changed in the meantime"),
    gettext_noop(
        "Perhaps somebody else changed the same thing. Going back, "
        "loading the page again and repeating the change may help."
    ),
)
_RELOAD = gettext_noop("Loading the page again usually helps.")
# Codes that only programs meet have the words of their class.
_ERRORS = {
    "400": (
        gettext_noop("This request could not be read"),
        gettext_noop(
            "Part of the address, or of the data sent with it, is not in the "
            "expected form. Going back and trying again may help."
        ),
    ),
    "401": (
        gettext_noop("Please sign in first"),
        gettext_noop("This page is for people who have signed in."),
    ),
    "402": (
        gettext_noop("A payment is missing"),
        gettext_noop(
            "This page opens once it has been paid for. "
            "If you have paid, please ask the people who run this service."
        ),
    ),
    "403": (
        gettext_noop("This page is not open to everyone"),
        gettext_noop(
            "Seeing it takes a permission that is missing here. "
            "If you need it, please ask the people who run this service."
        ),
    ),
    "404": (
        gettext_noop("There is no page here"),
        gettext_noop(
            "It may have moved, or it was never here. "
            "The start page is a good place to look for it."
        ),
    ),
    "405": (
        gettext_noop("This does not work here"),
        gettext_noop("The page exists, but not for this kind of request."),
    ),
    "406": (
        gettext_noop("This page is not available in that form"),
        gettext_noop(
            "The service has no version of it that your browser or program accepts."
        ),
    ),
    "408": (
        gettext_noop("The request took too long"),
        gettext_noop("It did not arrive completely in time. Please try again."),
    ),
    "409": _CHANGED,
    "410": (
        gettext_noop("This page is gone"),
        gettext_noop("It has been removed for good."),
    ),
    "412": _CHANGED,
    "413": (
        gettext_noop("That is too large"),
        gettext_noop("More was sent than this service accepts. Less may work."),
    ),
    "414": (
        gettext_noop("This address is too long"),
        gettext_noop(
            "A shorter one may work. The start page is a good place to begin."
        ),
    ),
    "415": (
        gettext_noop("This format is not accepted"),
        gettext_noop(
            "What was sent is in a format that the service does not take. "
            "Another one may work."
        ),
    ),
    "416": (
        gettext_noop("There is no more to load"),
        gettext_noop(
            "The part that was asked for does not exist. "
            "Starting the download again from the beginning may help."
        ),
    ),
    "421": (gettext_noop("This request came to the wrong place"), _RELOAD),
    "422": (
        gettext_noop("Something in the data does not fit"),
        gettext_noop(
            "It arrived, but a part of it cannot be used. "
            "Going back and checking what was entered may help."
        ),
    ),
    "423": (
        gettext_noop("This is locked at the moment"),
        gettext_noop(
            "Perhaps somebody else is working on it. Please try again in a few minutes."
        ),
    ),
    "425": (gettext_noop("This came a little too early"), _RELOAD),
    "426": (
        gettext_noop("A newer connection is needed"),
        gettext_noop("An up-to-date browser or program may help."),
    ),
    "429": (
        gettext_noop("Too many requests"),
        gettext_noop(
            "Many requests came in a short time. Please wait a minute, then try again."
        ),
    ),
    "431": (
        gettext_noop("Too much was sent along"),
        gettext_noop(
            "Often these are old cookies. "
            "Deleting the cookies of this site usually helps."
        ),
    ),
    "451": (
        gettext_noop("Not available for legal reasons"),
        gettext_noop("A legal demand keeps this page from being shown here."),
    ),
    "500": _FAILED,
    "501": (
        gettext_noop("This is not possible here"),
        gettext_noop("The service does not know how to do what was asked of it."),
    ),
    "502": _AWAY,
    "503": (_BUILTIN[0], _LATER),
    "504": _SLOW,
    "507": (
        gettext_noop("There is no room left"),
        gettext_noop(
            "The service cannot store anything more at the moment. "
            "Please try again later."
        ),
    ),
    "511": (
        gettext_noop("This network asks you to sign in"),
        gettext_noop(
            "Please open the sign-in page of the network that you use, then try again."
        ),
    ),
    # What Cloudflare says of the servers behind it.
    "521": _AWAY,
    "522": _AWAY,
    "523": _AWAY,
    "524": _SLOW,
    "525": _INSECURE,
    "526": _INSECURE,
    "4xx": (gettext_noop("This request could not be completed"), _BACK),
    "5xx": _FAILED,
}


@cache
def catalogue_languages() -> tuple[str, ...]:
    """Return the languages that have words: the source language, then the others."""
    found = {
        translation.to_language(path.parent.parent.name)
        for folder in settings.LOCALE_PATHS
        for path in Path(folder).glob("*/LC_MESSAGES/django.po")
    }
    return (SOURCE_LANGUAGE, *sorted(found - {SOURCE_LANGUAGE}))


def catalogue_language(code: str) -> str:
    """Return whose words speak for a language: the nearest one's, or English.

    Templates must be rendered under this one. Under a language without words
    Django would mix in its own and those of LANGUAGE_CODE.
    """
    return choose_language(code, catalogue_languages(), default=SOURCE_LANGUAGE)


def direction(code: str) -> str:
    """Return "rtl" or "ltr", for a language with words or without."""
    base = code.lower().partition("-")[0]
    return "rtl" if base in settings.LANGUAGES_BIDI else "ltr"


def language_words(code: str, *, plain: Mapping[str, Document]) -> Language:
    """Return a language's words, with the plain documents that rendering made."""
    with translation.override(catalogue_language(code)):
        return Language(
            direction=direction(code),
            months=tuple(gettext(month) for month in _MONTHS),
            moment=gettext(_MOMENT),
            kinds={kind: gettext(label) for kind, label in _KINDS.items()},
            errors={status: _text(*words) for status, words in _ERRORS.items()},
            plain=plain,
        )


def default_title(kind: Kind, code: str) -> str:
    """Return the title of a reason whose author gave none."""
    with translation.override(catalogue_language(code)):
        return gettext(_TITLES[kind])


def builtin_text(code: str) -> Text:
    """Return the reason that speaks when the operators have not said anything."""
    with translation.override(catalogue_language(code)):
        return _text(*_BUILTIN)


def shortened(code: str) -> str:
    """Return the sentence that ends a text of which only the beginning is shown."""
    with translation.override(catalogue_language(code)):
        return gettext(_SHORTENED)


def _text(title: str, sentence: str) -> Text:
    plain = gettext(sentence)
    return Text(gettext(title), f"<p>{escape(plain)}</p>", plain)
