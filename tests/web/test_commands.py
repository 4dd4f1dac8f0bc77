from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError
from django.utils import timezone

from maintenance.domain.asked import Asked
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.models import (
    PortalSettings,
    Publication,
    Reason,
    Revision,
    Schedule,
    Service,
)
from maintenance.publishing.store import SnapshotStore
from tests.factories import make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db


def run(*words: str, stderr: io.StringIO | None = None) -> str:
    output = io.StringIO()
    call_command(*words, stdout=output, stderr=stderr)
    return output.getvalue()


def visible(store: SnapshotStore, host: str = "localhost") -> Decision:
    """Return what the published snapshot says to visitors of a host now."""
    pointer = store.live().pointer
    assert pointer is not None
    table = RoutingTable(store.get(pointer.digest))
    return table.resolve(Asked(host=host), timezone.now())


def text_of(decision: Decision) -> str:
    return decision.reason.texts[decision.reason.language].plain


def test_a_reason_without_service_speaks_everywhere(store: SnapshotStore) -> None:
    run("set_reason", "Moving house")

    assert text_of(visible(store, "any.example")) == "Moving house"


def test_a_reason_for_a_service_speaks_there_alone(store: SnapshotStore) -> None:
    make_service("shop")

    run("set_reason", "Moving house", "--service", "shop")

    assert text_of(visible(store, "shop.example.com")) == "Moving house"
    assert visible(store, "other.example.com").schedule is None


def test_a_duration_ends_it(store: SnapshotStore) -> None:
    before = timezone.now()

    run("set_reason", "Moving house", "--for", "2h30m")

    closes_at = Schedule.objects.get().closes_at
    assert closes_at is not None
    wanted = before + timedelta(hours=2, minutes=30)
    assert timedelta(0) <= closes_at - wanted < timedelta(minutes=1)


def test_an_instant_in_any_zone_ends_it(store: SnapshotStore) -> None:
    run("set_reason", "Moving house", "--until", "2126-12-01T06:00+01:00")

    closes_at = Schedule.objects.get().closes_at
    assert closes_at is not None
    assert closes_at.isoformat() == "2126-12-01T05:00:00+00:00"


def test_options_reach_the_reason(store: SnapshotStore) -> None:
    run(
        *("set_reason", "<b>HS</b>", "--title", "Panne", "--language", "fr"),
        *("--kind", "incident", "--format", "html", "--actor", "ada"),
    )

    reason = visible(store).reason
    assert (reason.kind, reason.language) == ("INCIDENT", "fr")
    assert (reason.texts["fr"].title, reason.texts["fr"].html) == ("Panne", "<b>HS</b>")
    assert set(Revision.objects.values_list("author", "channel")) == {
        ("ada", "COMMAND")
    }


def test_the_portals_language_is_the_default(store: SnapshotStore) -> None:
    PortalSettings.objects.update(default_language="fr")

    run("set_reason", "Panne")

    assert visible(store).reason.language == "fr"


def test_a_dash_reads_standard_input(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("First line\n\nSecond paragraph\n"))

    run("set_reason", "-")

    assert text_of(visible(store)) == "First line\n\nSecond paragraph"


def test_a_second_reason_replaces_the_first_and_keeps_it(store: SnapshotStore) -> None:
    make_service("shop")
    run("set_reason", "First", "--service", "shop")
    first = Schedule.objects.get()

    run("set_reason", "Second", "--service", "shop")

    first.refresh_from_db()
    assert first.closes_at is not None
    assert text_of(visible(store, "shop.example.com")) == "Second"
    run("set_reason", "--clear", "--service", "shop")
    assert visible(store, "shop.example.com").schedule is None
    assert Reason.objects.count() == 2


def test_a_reason_elsewhere_is_not_replaced(store: SnapshotStore) -> None:
    make_service("shop")
    make_service("blog")
    run("set_reason", "For both", "--service", "shop", "--service", "blog")

    run("set_reason", "For the shop", "--service", "shop")

    assert text_of(visible(store, "blog.example.com")) == "For both"
    assert text_of(visible(store, "shop.example.com")) == "For the shop"


def test_a_reason_for_another_service_is_not_replaced(store: SnapshotStore) -> None:
    make_service("shop")
    make_service("blog")
    run("set_reason", "For the shop", "--service", "shop")

    run("set_reason", "For the blog", "--service", "blog")

    assert text_of(visible(store, "shop.example.com")) == "For the shop"


def test_a_schedule_of_the_admin_is_not_replaced(store: SnapshotStore) -> None:
    planned = make_schedule(make_reason(), opens_at=timezone.now())

    run("set_reason", "Something else")
    run("set_reason", "--clear")

    planned.refresh_from_db()
    assert planned.closes_at is None


def test_clear_ends_an_overrun_reason(store: SnapshotStore) -> None:
    run("set_reason", "Slow", "--for", "1h", "--keep")
    past = timezone.now() - timedelta(hours=2)
    Schedule.objects.update(opens_at=past, closes_at=past + timedelta(hours=1))

    run("set_reason", "--clear")

    schedule = Schedule.objects.get()
    assert not schedule.keep_until_ended
    assert schedule.closes_at == past + timedelta(hours=1)
    assert visible(store).schedule is None


def test_clear_without_anything_to_end_succeeds(store: SnapshotStore) -> None:
    assert run("set_reason", "--clear") == "There was nothing to end.\n"
    assert not Revision.objects.exists()


def test_setting_says_where_another_reason_is_heard(store: SnapshotStore) -> None:
    make_service("shop")
    make_service("api")
    run("set_reason", "A", "--service", "shop", "--kind", "incident")

    said = run("set_reason", "B", "--service", "shop", "--service", "api")

    assert said == (
        "Set api, shop, until it is cleared.\n"
        "Visitors see publication 2.\n"
        "shop still shows “Not working at the moment” (shop-1), because an incident "
        "outspeaks planned maintenance. "
        "End it with `set_reason --clear --service shop`.\n"
    )
    assert text_of(visible(store, "shop.example.com")) == "A"


def test_everywhere_is_not_what_services_with_their_own_reason_say(
    store: SnapshotStore,
) -> None:
    for number in range(7):
        make_service(f"s{number}")
        run("set_reason", "A", "--service", f"s{number}")

    said = run("set_reason", "B").splitlines()

    assert said[0] == "Set everywhere, until it is cleared."
    assert said[2].startswith("s0 still shows “Closed for maintenance” (s0-1), because")
    assert "what is said for a service outspeaks what is said everywhere" in said[2]
    assert said[7] == "And 2 more: see `set_reason --show`."
    assert len(said) == 8


def test_a_schedule_of_the_admin_is_ended_in_the_admin(store: SnapshotStore) -> None:
    shop = make_service("shop")
    began_at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    make_schedule(make_reason(kind="INCIDENT"), shop, opens_at=began_at)

    said = run("set_reason", "B", "--service", "shop")

    assert "(upgrade), because an incident outspeaks planned maintenance. " in said
    assert "End it in the admin: schedule “upgrade from 2026-11-01 12:00 UTC”." in said


def test_clearing_nothing_says_who_speaks_and_how_to_end_that(
    store: SnapshotStore,
) -> None:
    make_service("shop")
    make_service("api")
    run("set_reason", "A", "--service", "shop", "--service", "api")

    for words in (["--service", "shop"], []):
        said = run("set_reason", "--clear", *words)

        assert said.startswith(
            "There was nothing to end.\n"
            if words
            else "There was nothing to end.\napi shows “Closed for maintenance”"
        )
        assert (
            "shop shows “Closed for maintenance” (shop-1). End it with "
            "`set_reason --clear --service api --service shop`.\n"
        ) in said


def test_clearing_says_who_speaks_next(store: SnapshotStore) -> None:
    make_service("shop")
    run("set_reason", "Everywhere")
    run("set_reason", "Here", "--service", "shop")

    said = run("set_reason", "--clear", "--service", "shop")

    assert said == (
        "Ended shop.\nVisitors see publication 3.\n"
        "shop shows “Closed for maintenance” (everywhere-1). "
        "End it with `set_reason --clear`.\n"
    )


def test_show_prints_what_visitors_see_after_a_rollback(store: SnapshotStore) -> None:
    run("set_reason", "First")
    make_service("shop")
    run("set_reason", "Second")
    run("rollback", "1")

    notes = io.StringIO()
    shown = run("set_reason", "--show", stderr=notes)
    asked = run("set_reason", "--show", "--service", "shop", stderr=notes)

    assert "*        503     planned" in shown
    assert "everywhere-1" in shown
    assert "shop: no service for visitors yet, who see what * says" in notes.getvalue()
    assert "everywhere-1" not in asked
    assert "Visitors see publication 1 again." in notes.getvalue()
    assert "`publish` shows it." in notes.getvalue()


def test_show_says_what_is_not_published_yet(store: SnapshotStore) -> None:
    notes = io.StringIO()

    run("set_reason", "--show", stderr=notes)
    run("set_reason", "First")
    make_service("shop")
    run("set_reason", "--show", stderr=notes)

    assert notes.getvalue().splitlines() == [
        "Not published yet: visitors see the built-in page.",
        "Visitors still see publication 1. What was changed since is saved and not "
        "published yet.",
    ]


def test_show_says_that_it_cannot_be_read(store: SnapshotStore, tmp_path: Path) -> None:
    run("set_reason", "First")
    run("set_reason", "--clear")
    run("rollback", "1")
    for blob in (tmp_path / "storage" / "snapshots").glob("*.gz"):
        blob.unlink()

    notes = io.StringIO()
    run("set_reason", "--show", stderr=notes)

    assert "what visitors see cannot be read" in notes.getvalue()


def test_clearing_what_a_rollback_shows_says_how_to_end_it(
    store: SnapshotStore,
) -> None:
    run("set_reason", "First")
    run("set_reason", "--clear")
    run("rollback", "1")

    said = run("set_reason", "--clear")

    assert said.startswith("There was nothing to end.\nWhat is no service's shows “")
    assert "`publish` shows it.\n" in said


def test_show_prints_what_is_in_force(store: SnapshotStore) -> None:
    make_service("shop")
    run("set_reason", "Moving house", "--service", "shop", "--title", "Closed")

    shown = run("set_reason", "--show", "--service", "shop")

    assert [line.rstrip() for line in shown.splitlines()] == [
        "SERVICE  STATUS  KIND     UNTIL          REASON  TITLE   TEXT",
        "shop     503     planned  it is cleared  shop-1  Closed  Moving house",
    ]


BAD = [
    (["set_reason"], "Give a TEXT, or --clear, or --show"),
    (["set_reason", "x", "--clear"], "--clear takes no text such as 'x': name a serv"),
    (["set_reason", "--show", "x"], "--show takes no text such as 'x': name a service"),
    (["set_reason", "--clear", "--for", "2h"], "--clear does not go with --for"),
    (
        ["set_reason", "--clear", "--title", "x", "--keep"],
        "--clear does not go with --title, --keep: nothing was changed",
    ),
    (["set_reason", "--clear", "--kind", "planned"], "does not go with --kind"),
    (["set_reason", "--show", "--actor", "ada"], "--show does not go with --actor"),
    (["set_reason", "x", "--actor", " "], "--actor is empty"),
    (["set_reason", "x", "--until", "2126-12-01"], "such as 2126-12-01T00:00:00Z"),
    (["set_reason", "x", "--language", "xx"], "Language: 'xx' is no language"),
    (["set_reason", "x", "--language", "zz-ZZ"], "Language: 'zz-ZZ' is no language"),
    (["set_reason", "  "], "The text is empty"),
    (["set_reason", "x" * 20_001], "at most 20000 characters"),
    (["set_reason", "x", "--service", "nope"], "There is no service 'nope'; add it"),
    (["set_reason", "x", "--for", "soon"], "--for 'soon' is no duration"),
    (["set_reason", "x", "--for", "0m"], "--for '0m' is no duration"),
    (["set_reason", "x", "--for", "999d"], "at most 366d"),
    (["set_reason", "x", "--until", "tomorrow"], "--until 'tomorrow': write a date"),
    (["set_reason", "x", "--until", "2126-12-01T06:00"], "add a time zone"),
    (["set_reason", "x", "--until", "2001-01-01T00:00Z"], "is past"),
    (["set_reason", "x", "--until", "9999-12-31T23:59-12:00"], "before the year 3000"),
    (["set_reason", "x", "--until", "9999-12-31T23:59Z"], "before the year 3000"),
    (["set_reason", "x\0y"], "holds a control character"),
    (["set_reason", "\udcff"], "is not UTF-8"),
    (["set_reason", "x", "--title", "\x1b[31m"], "holds a control character"),
    (["set_reason", "x", "--actor", "a\nb"], "use printable characters"),
    (["set_reason", "x", "--for", "1h", "--until", "2126-12-01Z"], "not allowed with"),
    (["set_reason", "x", "--kind", "fun"], "invalid choice: 'fun'"),
    (["set_reason", "x", "--language", "français"], "Use a language tag"),
    (["set_reason", "<b></b>", "--format", "html"], "Nothing of this text can be seen"),
    (["set_reason", "[a]: http://x"], "Nothing of this text can be seen"),
    (["set_reason", "x", "--keep"], "--keep needs an end"),
    (
        ["set_reason", "x", "--title", "t" * 201],
        "Title: Ensure this value has at most 200",
    ),
    (["set_reason", "x", "--actor", "a" * 151], "at most 150 characters"),
    (["add_service", "shop"], "at least one selector"),
    (["add_service", "s" * 300, "--host", "a.example"], "Slug: Ensure this value has"),
    (["add_service", "shop", "--host", ""], "Hosts: '': use 1 to 253 characters"),
    (["add_service", "", "--host", "a.example"], "Slug: This field cannot be blank"),
    (["add_service", "Shop!", "--host", "a.example"], "valid “slug”"),
    (["add_service", "shop", "--host", "a.example", "--name", "\0"], "control"),
    (["add_service", "shop", "--host", "https://a.example"], "is no host"),
    (["add_service", "shop", "--host", "a.example:80"], "is no host"),
    (["add_service", "shop", "--host", "müller..example"], "is no host"),
    (["add_service", "shop", "--host", "ü" * 70], "is no host"),
    (
        ["add_service", "s", *("--host", "ü.de"), *("--host", "xn--tda.de")],
        "A host stands there twice",
    ),
    (["add_service", "shop", "--path", "api"], "is no path"),
    (["add_service", "s", "--path", "/a/../b"], "do not send"),
    (
        ["add_service", "s", "--path", "/%2e"],
        "do not send paths",
    ),
    (
        ["add_service", "s", "--path", "/a//b"],
        "do not send paths",
    ),
    (
        ["add_service", "s", "--path", "/a*"],
        "write no \\*, since",
    ),
    (["add_service", "shop", "--namespace", "My NS"], "without spaces"),
    (["rollback", "7"], "There is no publication 7"),
    (["rollback", "seven"], "invalid int value"),
]


@pytest.mark.parametrize(
    ("words", "message"), BAD, ids=[" ".join(words)[:40] for words, _ in BAD]
)
def test_bad_input_is_one_sentence_that_changes_nothing(
    store: SnapshotStore, words: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as raised:
        run(*words)

    assert "\n" not in str(raised.value)
    assert raised.value.returncode in (1, 2)
    assert not Revision.objects.exists()
    assert not Publication.objects.exists()
    assert not Reason.objects.exists()
    assert not Service.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["set_reason", "x", "--kind", "fun"],
        ["set_reason", "x", "--nonsense"],
        ["add_service"],
        ["rollback", "seven"],
        ["publish", "now"],
    ],
    ids=" ".join,
)
def test_words_that_cannot_be_read_are_told_in_two_lines(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = load_command_class("maintenance", words[0])

    # call_command() would raise instead.
    with pytest.raises(SystemExit):
        command.run_from_argv(["manage.py", *words])

    told = capsys.readouterr().err
    assert told.startswith(f"usage: manage.py {words[0]} ")
    assert "--help" in told
    assert told.count("\n") == 2


def test_a_service_is_added_with_all_its_selectors(store: SnapshotStore) -> None:
    run(
        *("add_service", "shop", "--name", "Shop", "--host", "shop.example.com"),
        *("--host", "*.shop.example.com", "--path", "/api", "--namespace", "shop"),
        *("--ingress", "web", "--kubernetes-service", "web-v2"),
    )

    service = Service.objects.get()
    assert service.name == "Shop"
    assert service.hosts == ["shop.example.com", "*.shop.example.com"]
    assert (service.paths, service.namespaces) == (["/api"], ["shop"])
    assert (service.ingresses, service.kubernetes_services) == (["web"], ["web-v2"])
    assert visible(store, "shop.example.com").service is None  # no namespace was sent


def test_a_host_is_kept_as_browsers_send_it(store: SnapshotStore) -> None:
    run("add_service", "shop", "--host", "müller.example", "--host", "*.Straße.de")

    kept = ["xn--mller-kva.example", "*.xn--strae-oqa.de"]
    assert Service.objects.get().hosts == kept
    document = Revision.objects.get().document
    assert document is not None
    assert document["hosts"] == kept
    assert visible(store, kept[0]).service is not None


@pytest.mark.parametrize("allows", [True, False])
def test_a_service_says_whether_scripts_may_read_its_page(
    store: SnapshotStore, allows: bool
) -> None:
    run("add_service", "shop", "--host", "a.example", *["--allow-cors"] * allows)

    service = visible(store, "a.example").service
    assert service is not None
    assert service.allows_cors is allows


def test_services_that_share_a_host_and_path_are_told(store: SnapshotStore) -> None:
    make_service("forum", hosts=["shop.example.com"], paths=["/talk/", "/ask"])
    make_service("blog", hosts=["shop.example.com"])
    notes = io.StringIO()

    run(
        *("add_service", "shop", "--host", "shop.example.com", "--path", "/talk"),
        *("--path", "/buy"),
        stderr=notes,
    )

    assert notes.getvalue() == (
        "Forum (forum) is selected by shop.example.com, /talk, too: visitors there "
        "see what either announces, under the name of shop.\n"
    )
    assert visible(store, "shop.example.com").service is not None


def test_a_service_cannot_be_added_twice(store: SnapshotStore) -> None:
    run("add_service", "shop", "--host", "shop.example.com")

    with pytest.raises(CommandError, match="already exists"):
        run("add_service", "shop", "--host", "other.example.com")

    assert Service.objects.get().hosts == ["shop.example.com"]


def test_publish_says_which_publication_is_live(store: SnapshotStore) -> None:
    assert run("publish") == "Visitors see publication 1.\n"


def test_rollback_shows_the_older_publication_again(store: SnapshotStore) -> None:
    run("set_reason", "First")
    run("set_reason", "Second")

    said = run("rollback", "1", "--actor", "bob")

    assert said == "Publication 3 shows publication 1 again.\n"
    assert text_of(visible(store)) == "First"
    assert Publication.objects.get(version=3).author == "bob"


def test_what_visitors_see_is_not_rolled_back_to(store: SnapshotStore) -> None:
    run("set_reason", "First")
    run("set_reason", "Second")

    with pytest.raises(CommandError, match="Visitors see publication 2 already"):
        run("rollback", "2")
    run("rollback", "1")
    with pytest.raises(CommandError, match="1 again, as publication 3 already"):
        run("rollback", "1")

    assert Publication.objects.count() == 3


def test_a_rollback_to_what_is_live_keeps_a_pending_change_from_visitors(
    store: SnapshotStore,
) -> None:
    run("set_reason", "First")
    make_service("shop")

    run("rollback", "1")

    live = Publication.objects.live()
    assert live is not None
    assert live.rolled_back_to == 1


def test_the_first_admin_is_made_once(
    store: SnapshotStore, settings: object, django_user_model: object
) -> None:
    said = run("create_first_admin")
    again = run("create_first_admin")

    password = said.rpartition(" ")[2].strip()
    account = django_user_model.objects.get()  # type: ignore[attr-defined]
    assert (account.username, account.is_superuser) == ("admin", True)
    assert account.check_password(password)
    assert again == ""


def test_the_first_admins_password_can_be_given(
    store: SnapshotStore,
    settings: pytest.FixtureRequest,
    django_user_model: object,
) -> None:
    settings.PORTAL_ADMIN_PASSWORD = "house-lights-42"  # type: ignore[attr-defined]  # noqa: S105

    said = run("create_first_admin")

    assert "house-lights-42" not in said
    account = django_user_model.objects.get()  # type: ignore[attr-defined]
    assert account.check_password("house-lights-42")
