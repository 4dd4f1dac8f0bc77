from __future__ import annotations

import hashlib

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from maintenance.models import Asset, Revision
from maintenance.publishing.store import SnapshotStore
from tests.pictures import picture
from tests.web.test_admin_publishing import broken  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db
ADD = "/admin/maintenance/asset/add/"
PNG = picture()
IMAGES = [
    (PNG, "image/png"),
    (picture("JPEG"), "image/jpeg"),
    (picture("GIF"), "image/gif"),
    (picture("WEBP"), "image/webp"),
    (picture("ICO", 16), "image/x-icon"),
]


def upload(client: Client, data: bytes, name: str = "logo.png") -> str:
    response = client.post(ADD, {"file": SimpleUploadedFile(name, data)}, follow=True)
    return response.content.decode()


@pytest.mark.parametrize(("data", "content_type"), IMAGES, ids=[t for _, t in IMAGES])
def test_an_image_is_known_by_how_it_begins(
    olga: Client, store: SnapshotStore, data: bytes, content_type: str
) -> None:
    upload(olga, data, "logo.txt")

    asset = Asset.objects.get()
    digest = hashlib.sha256(data).hexdigest()
    assert (asset.content_type, asset.digest) == (content_type, digest)
    assert asset.size_bytes == len(data)
    assert store.read_asset(digest, "logo.txt") == data


def test_an_upload_is_recorded(olga: Client, store: SnapshotStore) -> None:
    upload(olga, PNG)

    made = Revision.objects.get()
    assert (made.noun, made.label, made.author) == ("asset", "logo.png", "olga")


def test_svg_is_refused_with_the_reason(olga: Client, store: SnapshotStore) -> None:
    page = upload(olga, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg")

    assert "SVG files are not taken, because they may hold scripts." in page
    assert not Asset.objects.exists()


def test_large_files_are_refused(olga: Client, store: SnapshotStore) -> None:
    page = upload(olga, PNG + b"\0" * 1024 * 1024)

    assert "use at most 1,048,576" in page
    assert not Asset.objects.exists()


def test_the_same_file_is_not_taken_twice(olga: Client, store: SnapshotStore) -> None:
    upload(olga, PNG)

    page = upload(olga, PNG)

    assert "This file was uploaded before" in page
    assert Asset.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [("our logo.png", "our-logo.png"), ("Größe.png", "Gr--e.png"), (".png", "png")],
)
def test_names_become_fit_for_addresses(
    olga: Client, store: SnapshotStore, given: str, kept: str
) -> None:
    upload(olga, PNG, given)

    assert Asset.objects.get().name == kept


def test_a_storage_that_is_away_is_told(olga: Client, broken: None) -> None:  # noqa: F811
    page = upload(olga, PNG)

    assert "The storage did not take it: No space left on device." in page
    assert not Asset.objects.exists()


def test_a_file_never_changes(olga: Client, store: SnapshotStore) -> None:
    upload(olga, PNG)
    asset = Asset.objects.get()
    other = SimpleUploadedFile("logo.png", IMAGES[2][0])

    response = olga.post(
        f"/admin/maintenance/asset/{asset.pk}/change/", {"file": other}
    )

    assert response.status_code == 403
    assert store.read_asset(asset.digest, asset.name) == PNG


def test_a_deleted_assets_file_stays_for_older_publications(
    olga: Client, store: SnapshotStore
) -> None:
    upload(olga, PNG)
    asset = Asset.objects.get()

    olga.post(f"/admin/maintenance/asset/{asset.pk}/delete/", {"post": "yes"})

    assert not Asset.objects.exists()
    assert storages["default"].exists(f"assets/{asset.digest}/{asset.name}")


def test_pictures_are_offered_for_what_they_suit(
    olga: Client, store: SnapshotStore
) -> None:
    upload(olga, PNG, "small.png")
    upload(olga, PNG + b"\0" * 8192, "large.png")
    upload(olga, IMAGES[4][0], "icon.ico")

    page = olga.get("/admin/maintenance/theme/add/").content.decode()

    logos, _, favicons = page.partition('name="favicon"')
    assert ("small.png" in logos, "small.png" in favicons) == (True, True)
    assert ("large.png" in logos, "large.png" in favicons) == (True, False)
    assert ("icon.ico" in logos, "icon.ico" in favicons) == (False, True)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "is no PNG"),
        (picture()[:50], "is damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "is no PNG"),
    ],
)
def test_what_only_begins_as_an_image_is_not_taken(
    olga: Client, store: SnapshotStore, data: bytes, why: str
) -> None:
    assert why in upload(olga, data)
    assert not Asset.objects.exists()
