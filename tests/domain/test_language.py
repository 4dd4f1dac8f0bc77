from __future__ import annotations

import pytest
from django.conf.locale import LANG_INFO

from maintenance.domain.language import is_language


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant", "mt", "yi", "gsw", "fil"])
def test_languages_are_known(tag: str) -> None:
    assert is_language(tag)


@pytest.mark.parametrize("tag", ["xx", "zz-ZZ", "english", ""])
def test_what_nobody_speaks_is_refused(tag: str) -> None:
    assert not is_language(tag)


@pytest.mark.parametrize("tag", sorted(LANG_INFO))
def test_every_language_of_django_is_known(tag: str) -> None:
    assert is_language(tag)
