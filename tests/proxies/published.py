"""What the page server of these tests shows, and to whom."""

from __future__ import annotations

from tests.processes.copy import Copy

SHOP = "shop.example.com"
"""Closed for two hours."""
BLOG = "blog.example.com"
"""Nothing is scheduled."""
OLD = "old.example.com"
"""Gone for good: 410."""
WIKI = "wiki.example.com"
"""Closed as well, and known by its names in Kubernetes alone."""
STRANGER = "stranger.example.com"
"""Nobody has named it."""

SHOPS_REASON = "The database is being upgraded."
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40

_SERVICES = {
    "shop": ("--host", SHOP),
    "blog": ("--host", BLOG),
    "old": ("--host", OLD),
    "wiki": ("--namespace", "tools", "--kubernetes-service", "wiki"),
}
_REASONS = {
    "shop": (SHOPS_REASON, "--for", "2h"),
    "old": ("It has moved out.", "--kind", "retired"),
    "wiki": ("The shelves are being dusted.",),
}
# What the admin does with an uploaded file.
_UPLOAD = f"""
from maintenance.domain.snapshot import digest
from maintenance.models import Asset
from maintenance.publishing.current import current_store

data = {PICTURE!r}
current_store().put_asset("logo.png", data)
Asset.objects.create(
    digest=digest(data),
    name="logo.png",
    content_type="image/png",
    size_bytes=len(data),
)
"""


def publish(made: Copy) -> None:
    """Publish all of it with a copy's own commands."""
    made.prepare()
    made.succeed("shell", "--command", _UPLOAD)
    for slug, selectors in _SERVICES.items():
        made.succeed("add_service", slug, "--name", slug.title(), *selectors)
    for slug, words in _REASONS.items():
        made.succeed("set_reason", "--service", slug, *words)
