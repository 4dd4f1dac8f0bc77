"""Lists in pieces: what to skip, how much to give, and where the next one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from pydantic import Field

from maintenance.api.answers import answer
from maintenance.api.fields import QueryFields

MAX_LIMIT = 100
# Beyond that a database counts rows for longer than anybody waits.
MAX_OFFSET = 1_000_000


class Page(QueryFields):
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET)


def page(
    request: HttpRequest,
    query: Page,
    rows: QuerySet[Any],
    write: Callable[[Any], dict[str, Any]],
) -> HttpResponse:
    """Return a piece of a list, with the address of the next one."""
    count, end = rows.count(), query.offset + query.limit
    items = [write(row) for row in rows[query.offset : end]]
    following, headers = None, {}
    if end < count and end <= MAX_OFFSET:
        address = request.GET.copy()
        address["offset"], address["limit"] = str(end), str(query.limit)
        following = f"{request.path}?{address.urlencode()}"
        headers = {"Link": f'<{following}>; rel="next"'}
    content = {"items": items, "count": count, "next": following}
    return answer(content, headers=headers)
