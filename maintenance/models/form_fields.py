"""Form fields for lists: a text area with one entry a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class LinesFormField(forms.CharField):
    """A list of texts, one a line. Empty lines count for nothing."""

    def __init__(self, **options: Any) -> None:
        # What a model's JSON field passes on and a text area has no use for.
        options.pop("encoder", None)
        options.pop("decoder", None)
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3, "cols": 50}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in (value or "").splitlines()]
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class LinksFormField(LinesFormField):
    """A list of labelled addresses, one a line: Status page | https://...

    What is wrong is told with the whole line: the last bar may not be the one meant.
    """

    def __init__(self, *, is_address: Callable[[str], bool], **options: Any) -> None:
        super().__init__(**options)
        self._is_address = is_address

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{link['label']} | {link['url']}" for link in value)

    def to_python(self, value: Any) -> Any:
        return [self._link(line) for line in super().to_python(value)]

    def _link(self, line: str) -> dict[str, str]:
        label, _, url = (part.strip() for part in line.rpartition("|"))
        if not label or not self._is_address(url):
            raise ValidationError(
                f"{line!r:.120}: write a line as Status page | "
                "https://status.example.com, with an address that begins with "
                "https://, mailto: or tel:."
            )
        return {"label": label, "url": url}
