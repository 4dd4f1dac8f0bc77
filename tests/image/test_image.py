"""What the image is made of, and what it is not."""

from __future__ import annotations

from portal import __version__
from tests.image.engine import BASE, IMAGE, Engine

# Django's, Pillow's, psycopg's and the SDK's code and bytecode are most of it.
OWN_MIB = 170
EVERYWHERE = "find / -not -path '/proc/*' -not -path '/sys/*' -not -path '/dev/*'"


def listed(built: Engine, command: str) -> set[str]:
    """Return what a shell in the container printed; what it may not see it leaves out."""
    return set(built.inside("sh", "-c", f"{command} 2>/dev/null || true").split())


def test_image_adds_little_to_its_base(built: Engine) -> None:
    added = built.image(IMAGE)["Size"] - built.image(BASE)["Size"]

    assert added < OWN_MIB * 1024 * 1024


def test_everybody_is_a_user_without_a_name(built: Engine) -> None:
    assert built.inside("id", "-u").strip() == "10001"
    # A number: Kubernetes cannot tell that a name is not root's.
    assert built.image(IMAGE)["Config"]["User"] == "10001:10001"


def test_nothing_but_the_data_folder_can_be_written_to(built: Engine) -> None:
    # Without --read-only, which alone would refuse everything.
    found = built.run(
        *("podman", "run", "--rm", "--network", "host", IMAGE, "sh", "-c"),
        f"{EVERYWHERE} -not -type l -writable 2>/dev/null || true",
    )

    assert set(found.split()) == {"/data"}


def test_no_file_gives_more_rights(built: Engine) -> None:
    assert listed(built, f"{EVERYWHERE} -type f -perm /6000") == set()


def test_what_builds_stays_out(built: Engine) -> None:
    names = ("pip", "pip3", "gcc", "cc", "make")
    tools = " ".join(f"-path '*/bin/{name}' -o" for name in names)

    found = listed(built, f"{EVERYWHERE} \\( {tools} -path '*/opt/*/pip' \\)")

    assert found == set()


def test_the_sdk_knows_the_storage_alone(built: Engine) -> None:
    folder = "/opt/entracte/lib/python3*/site-packages/botocore/data"

    found = listed(
        built, f"find {folder} -mindepth 1 -maxdepth 1 -type d -printf '%f '"
    )

    assert found == {"s3", "sts", "sso", "sso-oidc"}


def test_what_is_made_from_sources_is_there(built: Engine) -> None:
    found = listed(
        built,
        "cd /app; ls locale/fr/LC_MESSAGES/*.mo staticfiles/staticfiles.json "
        "maintenance/pageserver/builtin.json.gz portal/__pycache__/settings.*.pyc",
    )

    assert len(found) == 4


def test_labels_name_the_release(built: Engine) -> None:
    labels = built.image(IMAGE)["Config"]["Labels"]

    assert labels["org.opencontainers.image.title"] == "Entracte"
    assert labels["org.opencontainers.image.version"] == __version__


def test_every_command_starts_with_a_read_only_root(built: Engine) -> None:
    key = ("--env", "PORTAL_SECRET_KEY=a key for tests that signs nothing of value")

    assert "no issues" in built.inside("manage", "check", options=key)


def test_image_asks_after_its_health(built: Engine) -> None:
    assert built.image(IMAGE)["Healthcheck"]["Test"] == ["CMD", "health"]
