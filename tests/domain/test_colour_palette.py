from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.colour import READABLE, contrast, palette


@given(st.integers(0, 0xFFFFFF))
def test_text_can_be_read_on_any_background(number: int) -> None:
    background = f"#{number:06x}"

    colours = palette(background)

    assert colours["paper"] == background
    for name in ("ink", "soft", "alert", "busy"):
        assert contrast(colours[name], background) >= READABLE, name
    assert contrast(colours["ink"], colours["shade"]) >= READABLE
