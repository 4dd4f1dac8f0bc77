"""Lists of reasons: by kind, and without what was written for one occasion."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from maintenance.api.fields import one_of
from maintenance.api.paging import Page
from maintenance.domain.kind import Kind


class ReasonPage(Page):
    kind: one_of(*Kind) | None = None  # type: ignore[valid-type]
    is_announcement: bool | None = None


def cut_reasons(rows: QuerySet[Any], query: Any) -> QuerySet[Any]:
    """Keep the reasons that a list asks for."""
    asked = query.model_dump(exclude={"limit", "offset"}, exclude_none=True)
    return rows.filter(**asked)
