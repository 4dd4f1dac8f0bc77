from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from maintenance.actions.revert import revert_to
from maintenance.domain.site import INDEX, Site
from maintenance.history.recording import change
from maintenance.models import PortalSettings, Publication, Revision, Theme
from maintenance.models import Site as SiteRow
from maintenance.publishing.publish import publish_pending
from maintenance.publishing.store import SnapshotStore, StoreError
from tests.factories import ADA

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "our-site"
    (made / "css").mkdir(parents=True)
    (made / INDEX).write_text('<p w3-include-html="/reason">Back soon.</p>')
    (made / "css" / "style.css").write_text("p { color: teal }")
    return made


def push(*words: str | Path) -> str:
    output = io.StringIO()
    call_command("push_site", *map(str, words), stdout=output, stderr=output)
    return output.getvalue()


def published_site(store: SnapshotStore, theme: str = "site") -> Site | None:
    pointer = store.live().pointer
    assert pointer is not None
    return store.get(pointer.digest).themes[theme].site


def test_pushed_folder_is_published_with_its_files(
    store: SnapshotStore, folder: Path
) -> None:
    said = push(folder, "--actor", "ada")

    site = published_site(store)
    assert site is not None
    assert set(site.files) == {INDEX, "css/style.css"}
    style = site.files["css/style.css"]
    assert store.read_site_file(style.digest) == b"p { color: teal }"
    assert style.content_type == "text/css; charset=utf-8"
    assert "Theme site shows our-site of" in said
    assert "Visitors see publication 1." in said
    authors = Revision.objects.filter(noun__in=("theme", "settings"))
    assert set(authors.values_list("author", flat=True)) == {"ada"}


def test_portals_theme_is_the_one_that_changes(
    store: SnapshotStore, folder: Path
) -> None:
    theme = Theme.objects.create(slug="house", name="House")
    PortalSettings.objects.update(theme=theme)
    Theme.objects.create(slug="other", name="Other")

    push(folder)

    assert published_site(store, "house") is not None
    assert list(Theme.objects.filter(site=None)) == [Theme.objects.get(slug="other")]


def test_named_theme_is_the_one_that_changes(
    store: SnapshotStore, folder: Path
) -> None:
    Theme.objects.create(slug="other", name="Other")

    said = push(folder, "--theme", "other")

    assert Theme.objects.get(slug="other").site is not None
    assert PortalSettings.objects.get().theme is None
    assert "Nobody sees theme other yet" in said
    assert "Nobody sees theme other yet" in push("--theme", "other", "--remove")


def test_same_folder_again_changes_and_publishes_nothing(
    store: SnapshotStore, folder: Path
) -> None:
    push(folder)
    before = Revision.objects.count()

    push(folder)

    assert (Revision.objects.count(), Publication.objects.count()) == (before, 1)
    assert SiteRow.objects.count() == 1


def test_going_back_is_one_command(store: SnapshotStore, folder: Path) -> None:
    push(folder)
    first = published_site(store)
    (folder / INDEX).write_text("<p>broken")
    push(folder)
    assert published_site(store) != first

    push("--back")

    assert published_site(store) == first
    push("--remove")
    assert published_site(store) is None
    push("--back")
    assert published_site(store) == first


def push_page(folder: Path, words: str) -> str:
    """Push a page of its own; return the digest of its site."""
    (folder / INDEX).write_text(f"<p>{words}")
    push(folder)
    return shown()


def shown() -> str:
    site = Theme.objects.get().site
    return site.digest if site else ""


def test_each_step_back_goes_further_back(store: SnapshotStore, folder: Path) -> None:
    good, bad, _ = (push_page(folder, each) for each in ("good", "bad", "worse"))

    found = [(push("--back"), shown())[1] for _ in range(3)]

    assert found == [bad, good, ""]


def test_step_back_says_what_is_shown_and_what_is_next(
    store: SnapshotStore, folder: Path
) -> None:
    push_page(folder, "good")
    push_page(folder, "bad")
    good, _ = SiteRow.objects.order_by("id")

    assert push("--back").splitlines()[:2] == [
        f"Theme site shows {good}.",
        "`push_site --back` again shows the one before: its design.",
    ]
    assert push("--back").splitlines()[:2] == [
        "Theme site shows its design.",
        "Nothing was shown before it: `push_site --list` shows what was pushed.",
    ]
    with pytest.raises(CommandError, match=r"before its design: --list .* --to DIGEST"):
        push("--back")


def test_push_after_steps_back_leaves_out_what_was_gone_back_from(
    store: SnapshotStore, folder: Path
) -> None:
    good, _, _ = (push_page(folder, each) for each in ("good", "bad", "worse"))
    push("--back")
    push("--back")
    push_page(folder, "new")

    push("--back")

    assert shown() == good


def test_site_pushed_again_is_a_step_of_its_own(
    store: SnapshotStore, folder: Path
) -> None:
    good, other = push_page(folder, "good"), push_page(folder, "other")
    push_page(folder, "good")

    found = [(push("--back"), shown())[1] for _ in range(3)]

    assert found == [other, good, ""]


def test_other_changes_of_the_theme_are_no_steps(
    store: SnapshotStore, folder: Path
) -> None:
    good, _ = push_page(folder, "good"), push_page(folder, "bad")
    theme = Theme.objects.get()
    theme.footer = "Ada & Co."
    theme.save()
    with change(ADA, timezone.now()) as made:
        made.record(theme)

    push("--back")

    assert shown() == good
    assert Theme.objects.get().footer == "Ada & Co."


def test_revert_in_the_history_is_a_step_back(
    store: SnapshotStore, folder: Path
) -> None:
    good, _ = push_page(folder, "good"), push_page(folder, "bad")
    first = Revision.objects.filter(noun="theme", document__site=good).get()
    push_page(folder, "worse")
    revert_to(first, author=ADA, at=timezone.now())
    assert shown() == good

    push("--back")

    assert shown() == ""


def test_any_site_can_be_shown_again_by_its_digest(
    store: SnapshotStore, folder: Path
) -> None:
    push(folder)
    first = SiteRow.objects.get()
    (folder / INDEX).write_text("<p>second")
    push(folder)
    listed = push("--list")
    assert first.digest[:12] in listed
    assert listed.count("  site\n") == 1

    push("--to", first.digest[:12])

    assert Theme.objects.get().site == first


BROKEN = {
    "<p": "shows nothing: write into its <body> what",
    '<p>Soon</p><img src="img/logo.png">': r"names 'img/logo\.png', which is not in",
}


@pytest.mark.parametrize(("page", "why"), BROKEN.items())
def test_broken_page_never_replaces_one_that_works(
    store: SnapshotStore, folder: Path, page: str, why: str
) -> None:
    push(folder)
    shown = published_site(store)
    (folder / INDEX).write_text(page)

    with pytest.raises(CommandError, match=why) as refused:
        push(folder)

    assert refused.value.returncode == 1
    assert published_site(store) == shown
    assert SiteRow.objects.count() == 1


@pytest.mark.parametrize("page", BROKEN)
def test_broken_page_is_pushed_if_told_so(
    store: SnapshotStore, folder: Path, page: str
) -> None:
    (folder / INDEX).write_text(page)

    said = push(folder, "--anyway")

    assert published_site(store) is not None
    assert "shows nothing." in said or "'img/logo.png', which is not" in said


def test_push_says_how_to_go_back(store: SnapshotStore, folder: Path) -> None:
    assert "`push_site --back` shows the one before: its design." in push(folder)
    first = SiteRow.objects.get()
    (folder / INDEX).write_text("<p>second")

    said = push(folder, "--theme", "site")

    assert f"`push_site --theme site --back` shows the one before: {first}." in said


def test_first_site_of_a_theme_without_history_has_no_way_back(
    store: SnapshotStore, folder: Path
) -> None:
    Theme.objects.create(slug="house", name="House")

    assert "--back" not in push(folder, "--theme", "house")


def test_revert_brings_a_site_back(store: SnapshotStore, folder: Path) -> None:
    push(folder)
    shown = Revision.objects.filter(noun="theme").order_by("-id").first()
    assert shown is not None
    push("--remove")

    revert_to(shown, author=ADA, at=timezone.now())
    publish_pending(store, at=timezone.now())

    assert published_site(store) is not None


def test_allowed_origins_stand_in_the_policy(
    store: SnapshotStore, folder: Path
) -> None:
    push(folder, "--allow", "https://cdn.example.com")

    site = published_site(store)
    assert site is not None
    assert "script-src 'self' data: https://cdn.example.com " in (
        site.content_security_policy
    )


@pytest.mark.parametrize(
    ("words", "why", "status"),
    [
        ([], "Give a DIRECTORY, or --back", 2),
        (["--back"], "has no theme of its own", 1),
        (["--theme", "house", "--back"], "showed nothing before its design: --list", 1),
        (["--theme", "huose", "--remove"], "'huose'; there are house", 1),
        (["--theme", "house", "--to", "abc"], "no site begins so", 1),
        (["--theme", "house", "--to", ""], "no site begins so", 1),
        (["--list", "--theme", "house"], "does not go with --theme", 2),
        (["FOLDER", "--back"], "does not go with a directory", 2),
        (["--back", "--anyway"], "--back does not go with --anyway", 2),
        (["--remove", "--allow", "https://a.example"], "not go with --allow", 2),
        (["FOLDER", "--theme", "huose"], "'huose'; there are house", 1),
        (["FOLDER", "--allow", "http://a.example"], "use an origin such as", 1),
        (["FOLDER/css"], "has no index", 1),
    ],
)
def test_bad_words_change_nothing(
    store: SnapshotStore, folder: Path, words: list[str], why: str, status: int
) -> None:
    Theme.objects.create(slug="house", name="House")

    with pytest.raises(CommandError, match=why) as refused:
        push(*(word.replace("FOLDER", str(folder)) for word in words))

    assert refused.value.returncode == status
    assert not Revision.objects.exists()
    assert not SiteRow.objects.exists()


def test_storage_that_refuses_changes_nothing(
    store: SnapshotStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: SnapshotStore, data: bytes) -> str:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(SnapshotStore, "put_site_file", refuse)

    with pytest.raises(CommandError, match="The disk is full"):
        push(folder)

    assert not SiteRow.objects.exists()
    assert not Revision.objects.exists()
