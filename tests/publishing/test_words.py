from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.translation import to_locale
from django.utils.translation.template import templatize
from pytest_django import Settings

from maintenance.checks import check_catalogues
from maintenance.domain.kind import Kind
from maintenance.domain.snapshot import Text
from maintenance.publishing import words

LANGUAGES = (
    "ar",
    "cs",
    "da",
    "de",
    "el",
    "es",
    "fa",
    "fi",
    "fr",
    "he",
    "hi",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "nb",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sv",
    "th",
    "tr",
    "uk",
    "vi",
    "zh-hans",
    "zh-hant",
)
SAME_AS_ENGLISH = {
    ("es", "Error"),
    ("id", "{day} April {year}"),
    ("id", "{day} September {year}"),
    ("id", "{day} November {year}"),
}
PLACES = re.compile(r"\{\w+\}|%\(\w+\)s")
# Words that no sentence in another language has, however close to English.
ENGLISH = {"again", "from", "please", "request", "that", "the", "this", "with", "you"}
OTHER_SCRIPTS = (
    *("ar", "el", "fa", "he", "hi", "ja", "ko", "ru", "th", "uk"),
    *("zh-hans", "zh-hant"),
)
LATIN_EVERYWHERE = {"utc", "cookie", "cookies"}
# What ends a sentence, where that is no point. Thai ends it with a space.
FULL_STOPS = {"hi": "।", "ja": "。", "th": "", "zh-hans": "。", "zh-hant": "。"}
ANY_FULL_STOP = ".।。"
# Character sets that have the characters of one script, and not of the other.
CHARSETS = {"ja": "shift_jis", "zh-hans": "gb2312", "zh-hant": "big5"}
IN_TEMPLATES = re.compile(r"""gettext\(u('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""")


def messages_of_templates() -> Iterator[str]:
    pages = Path(settings.BASE_DIR) / "templates" / "pages"
    for source in [*pages.rglob("*.html"), *pages.rglob("*.txt")]:
        for found in IN_TEMPLATES.findall(templatize(source.read_text())):
            yield ast.literal_eval(found)


def messages_of_words() -> Iterator[str]:
    for node in ast.walk(ast.parse(Path(words.__file__).read_text())):
        match node:
            case ast.Call(ast.Name("gettext_noop"), [ast.Constant(str(message))]):
                yield message


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\b[a-z]+\b", PLACES.sub("", text).lower()))


def catalogue(language: str) -> polib.POFile:
    folder = Path(settings.LOCALE_PATHS[0]) / to_locale(language)
    return polib.pofile(str(folder / "LC_MESSAGES" / "django.po"))


def test_catalogues_are_those_of_the_folder() -> None:
    assert words.catalogue_languages() == ("en", *LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_every_message(language: str) -> None:
    used = {*messages_of_templates(), *messages_of_words()}

    assert {entry.msgid for entry in catalogue(language)} == used


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_finished(language: str) -> None:
    assert [e.msgid for e in catalogue(language) if not e.translated()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_left_in_english(language: str) -> None:
    same = {(language, e.msgid) for e in catalogue(language) if e.msgid == e.msgstr}

    assert same <= SAME_AS_ENGLISH


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_half_english(language: str) -> None:
    left = {e.msgid: ENGLISH & words_of(e.msgstr) for e in catalogue(language)}

    assert {msgid: found for msgid, found in left.items() if found} == {}


@pytest.mark.parametrize("language", OTHER_SCRIPTS)
def test_other_scripts_keep_few_words_of_the_latin_one(language: str) -> None:
    texts = [PLACES.sub("", e.msgstr).lower() for e in catalogue(language)]
    # Not all of them have spaces around words.
    latin = {word for text in texts for word in re.findall("[a-z]+", text)}

    assert latin <= LATIN_EVERYWHERE


# Templates put words into attributes, where Django does not escape them.
@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_are_those_of_print(language: str) -> None:
    found = [e.msgstr for e in catalogue(language) if {*e.msgstr} & {*"\"'<>&"}]

    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places(language: str) -> None:
    for entry in catalogue(language):
        expected = sorted(PLACES.findall(entry.msgid))
        assert sorted(PLACES.findall(entry.msgstr)) == expected, entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_shouts(language: str) -> None:
    assert [e.msgstr for e in catalogue(language) if {*e.msgstr} & {*"!！"}] == []  # noqa: RUF001


@pytest.mark.parametrize("language", CHARSETS)
def test_east_asian_punctuation_is_full_width(language: str) -> None:
    texts = [PLACES.sub("", e.msgstr) for e in catalogue(language)]

    assert [text for text in texts if {*text} & {*".,:;?()"}] == []


@pytest.mark.parametrize(("language", "charset"), CHARSETS.items())
def test_east_asian_scripts_are_not_mixed(language: str, charset: str) -> None:
    for entry in catalogue(language):
        assert entry.msgstr.encode(charset, "ignore").decode(charset) == entry.msgstr


@pytest.mark.parametrize(
    ("language", "march", "december"),
    [
        ("en", "{day} March {year}", "{day} December {year}"),
        ("fr", "{day} mars {year}", "{day} décembre {year}"),
        ("de", "{day}. März {year}", "{day}. Dezember {year}"),
        ("es", "{day} de marzo de {year}", "{day} de diciembre de {year}"),
        ("it", "{day} marzo {year}", "{day} dicembre {year}"),
        ("pl", "{day} marca {year}", "{day} grudnia {year}"),
        ("ar", "{day} مارس {year}", "{day} ديسمبر {year}"),
        ("cs", "{day}. března {year}", "{day}. prosince {year}"),
        ("da", "{day}. marts {year}", "{day}. december {year}"),
        ("el", "{day} Μαρτίου {year}", "{day} Δεκεμβρίου {year}"),
        ("fi", "{day}. maaliskuuta {year}", "{day}. joulukuuta {year}"),
        ("hu", "{year}. március {day}.", "{year}. december {day}."),
        ("nb", "{day}. mars {year}", "{day}. desember {year}"),
        ("ro", "{day} martie {year}", "{day} decembrie {year}"),
        ("ru", "{day} марта {year} года", "{day} декабря {year} года"),
        ("sv", "{day} mars {year}", "{day} december {year}"),
        ("tr", "{day} Mart {year}", "{day} Aralık {year}"),  # noqa: RUF001
        ("uk", "{day} березня {year} року", "{day} грудня {year} року"),
        ("fa", "{day} مارس {year}", "{day} دسامبر {year}"),
        ("he", "{day} במרץ {year}", "{day} בדצמבר {year}"),
        ("hi", "{day} मार्च {year}", "{day} दिसंबर {year}"),
        ("id", "{day} Maret {year}", "{day} Desember {year}"),
        ("ja", "{year}年3月{day}日", "{year}年12月{day}日"),
        ("ko", "{year}년 3월 {day}일", "{year}년 12월 {day}일"),
        ("th", "{day} มีนาคม ค.ศ. {year}", "{day} ธันวาคม ค.ศ. {year}"),
        ("vi", "ngày {day} tháng 3 năm {year}", "ngày {day} tháng 12 năm {year}"),
        ("zh-hans", "{year}年3月{day}日", "{year}年12月{day}日"),
        ("zh-hant", "{year}年3月{day}日", "{year}年12月{day}日"),
    ],
)
def test_months_are_written_as_in_running_text(
    language: str, march: str, december: str
) -> None:
    months = words.language_words(language, plain={}).months

    assert len(set(months)) == 12
    assert (months[2], months[11]) == (march, december)


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_language_names_every_kind(language: str) -> None:
    labels = words.language_words(language, plain={}).kinds

    assert labels.keys() == set(Kind)
    assert len(set(labels.values())) == len(Kind)


def test_every_promised_error_has_words() -> None:
    codes = (
        "400 401 402 403 404 405 406 408 409 410 412 413 414 415 416 421 422 423 425 "
        "426 429 431 451 500 501 502 503 504 507 511 521 522 523 524 525 526 4xx 5xx"
    )

    errors = words.language_words("en", plain={}).errors

    assert errors.keys() == set(codes.split())


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_words_of_errors_are_short_sentences(language: str) -> None:
    for text in words.language_words(language, plain={}).errors.values():
        assert len(text.title) < 60
        assert not text.title.endswith(tuple(ANY_FULL_STOP))
        assert len(text.plain) < 220
        stop = text.plain[len(text.plain.rstrip(ANY_FULL_STOP)) :]
        assert stop == FULL_STOPS.get(language, ".")


def test_sentences_are_escaped_in_html_alone() -> None:
    gone = words.language_words("it", plain={}).errors["410"]
    builtin = words.builtin_text("fr")

    assert gone.html == f"<p>{gone.plain}</p>"
    assert "<" not in builtin.plain


def test_plain_documents_are_kept() -> None:
    plain = {"idle": ("", "title", "\n")}

    assert words.language_words("fr", plain=plain).plain == plain


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("FR", "fr"),
        ("de-Latn-CH", "de"),
        ("en-GB", "en"),
        ("nb-NO", "nb"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("zh", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-TW", "zh-hant"),
        ("zh-HK", "zh-hant"),
        ("fa-IR", "fa"),
        ("iw-IL", "he"),
        ("in", "id"),
        ("eo", "en"),
        ("x", "en"),
        ("", "en"),
    ],
)
def test_words_come_from_the_nearest_language(code: str, expected: str) -> None:
    assert words.catalogue_language(code) == expected


def test_language_without_words_speaks_english(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "de"

    esperanto = words.language_words("eo", plain={})

    assert esperanto == words.language_words("en", plain={})
    assert esperanto.months[0] == "{day} January {year}"


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ar", "rtl"), ("fr", "ltr"), ("fa-IR", "rtl"), ("he", "rtl"), ("eo", "ltr")],
)
def test_direction_is_that_of_the_language_itself(code: str, expected: str) -> None:
    assert words.direction(code) == expected
    assert words.language_words(code, plain={}).direction == expected


def test_default_title_is_in_the_language_asked_for() -> None:
    assert words.default_title(Kind.PLANNED, "en") == "Closed for maintenance"
    assert words.default_title(Kind.PLANNED, "fr-BE") == "Fermé pour maintenance"


def test_builtin_reason_claims_nothing() -> None:
    assert words.builtin_text("en") == Text(
        title="Not available at the moment",
        html="<p>This service cannot be reached at the moment. The reason has not "
        "been announced yet. Please try again in a few minutes.</p>",
        plain="This service cannot be reached at the moment. The reason has not "
        "been announced yet. Please try again in a few minutes.",
    )


@pytest.fixture
def lone_catalogue(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Since"\nmsgstr "Depuis"\n')
    settings.LOCALE_PATHS = [tmp_path]
    return path


def test_catalogue_that_is_not_compiled_is_an_error(lone_catalogue: Path) -> None:
    (error,) = check_catalogues(None)

    assert error.id == "maintenance.E001"
    assert error.hint == "Run make."
    assert "fr/LC_MESSAGES/django.po" in error.msg


def test_catalogue_newer_than_its_compilation_is_an_error(
    lone_catalogue: Path,
) -> None:
    call_command("compile_words", verbosity=0)
    os.utime(lone_catalogue.with_suffix(".mo"), (0, 0))

    assert [error.id for error in check_catalogues(None)] == ["maintenance.E001"]


def test_compiled_catalogue_passes_the_check(lone_catalogue: Path) -> None:
    call_command("compile_words", verbosity=0)

    assert check_catalogues(None) == []
    compiled = polib.mofile(str(lone_catalogue.with_suffix(".mo")))
    assert [(e.msgid, e.msgstr) for e in compiled] == [("Since", "Depuis")]


def test_damaged_catalogue_is_named(lone_catalogue: Path) -> None:
    lone_catalogue.write_text("nonsense\n")

    with pytest.raises(CommandError, match=r"fr/LC_MESSAGES/django\.po"):
        call_command("compile_words", verbosity=0)
