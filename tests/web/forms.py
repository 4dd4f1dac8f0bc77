"""What browsers send from the admin's forms."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


def reason_form(slug: str = "upgrade", text: str = "Moving", **changes: Any) -> Any:
    """Return the fields of a new reason with one text."""
    return {
        "slug": slug,
        "kind": "PLANNED",
        "status": "",
        "texts-TOTAL_FORMS": "1",
        "texts-INITIAL_FORMS": "0",
        "texts-0-language": "en",
        "texts-0-title": "Upgrade",
        "texts-0-text": text,
        "texts-0-format": "MARKDOWN",
    } | changes


def service_form(slug: str = "shop", **changes: Any) -> Any:
    """Return the fields of a service."""
    return {
        "slug": slug,
        "name": slug.capitalize(),
        "hosts": f"{slug}.example.com",
        "paths": "",
        "namespaces": "",
        "ingresses": "",
        "kubernetes_services": "",
        "reason": "",
        "theme": "",
    } | changes


def schedule_form(reason: int, **changes: Any) -> Any:
    """Return the fields of a schedule of two hours, everywhere."""
    return {
        "reason": str(reason),
        "everywhere": "on",
        "opens_at_0": "2126-12-01",
        "opens_at_1": "06:00",
        "closes_at_0": "2126-12-01",
        "closes_at_1": "08:00",
    } | changes


def announcement(**changes: Any) -> Any:
    """Return the fields of an announcement everywhere, for an hour."""
    return {
        "everywhere": "yes",
        "kind": "PLANNED",
        "title": "",
        "text": "Moving to **faster** machines",
        "language": "en",
        "format": "MARKDOWN",
        "ends": "1h",
        "until": "",
    } | changes


def filled_in(page: str, form: str) -> dict[str, Any]:
    """Return what a browser would send of a page's form, by the form's id."""
    reader = _FormReader(form)
    reader.feed(page)
    assert reader.fields, f"There is no form {form}."
    return reader.fields


_SENT_OTHERWISE = ("submit", "file")


class _FormReader(HTMLParser):
    """Collects the values that stand in one form's fields."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._form = form
        self._is_inside = False
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form":
            self._is_inside = values.get("id") == self._form
        if not self._is_inside or values.get("type") in _SENT_OTHERWISE:
            return
        if tag == "input":
            if "checked" in values or values.get("type") not in ("checkbox", "radio"):
                is_checked = "on" if "checked" in values else ""
                self.fields[name] = values.get("value", is_checked)
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in values:
            chosen = self.fields.get(self._select)
            more = values["value"]
            self.fields[self._select] = [*chosen, more] if chosen else [more]
        elif tag == "textarea":
            self._textarea = name
            self.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self._is_inside and self._textarea:
            self.fields[self._textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        if tag == "textarea":
            self._textarea = ""
