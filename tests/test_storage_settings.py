from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from maintenance.publishing.local_files import LocalFiles
from maintenance.publishing.s3_files import S3Files
from portal.env import SettingError
from portal.storage import BASE_DIR, data_dir, default_storage, open_storage

S3 = {
    "bucket_name": "pages",
    "endpoint_url": None,
    "region_name": None,
    "location": "",
    "access_key": None,
    "secret_key": None,
    "security_token": None,
    "addressing_style": "auto",
    "anonymous": False,
    "verify": None,
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STORAGE_BUCKET_NAME", "pages")


def test_data_lies_in_the_checkout_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PORTAL_DATA_DIR")

    assert data_dir() == BASE_DIR / "var"


def test_files_are_local_without_a_bucket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))

    assert default_storage() == {
        "BACKEND": "maintenance.publishing.local_files.LocalFiles",
        "OPTIONS": {"location": str(tmp_path / "storage"), "allow_overwrite": True},
    }


@pytest.mark.usefixtures("bucket")
def test_bucket_alone_is_enough() -> None:
    assert default_storage() == {
        "BACKEND": "maintenance.publishing.s3_files.S3Files",
        "OPTIONS": S3,
    }


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("variables", "options"),
    [
        (
            {"AWS_S3_ENDPOINT_URL": "https://s3.test:9000"},
            {"endpoint_url": "https://s3.test:9000", "addressing_style": "path"},
        ),
        ({"AWS_S3_ADDRESSING_STYLE": "virtual"}, {"addressing_style": "virtual"}),
        (
            {
                "AWS_S3_ENDPOINT_URL": "https://s3.test",
                "AWS_S3_ADDRESSING_STYLE": "auto",
            },
            {"endpoint_url": "https://s3.test", "addressing_style": "auto"},
        ),
        ({"AWS_S3_REGION_NAME": "eu-west-3"}, {"region_name": "eu-west-3"}),
        ({"AWS_LOCATION": "team/pages"}, {"location": "team/pages"}),
        ({"AWS_S3_ANONYMOUS": "true"}, {"anonymous": True}),
        ({"AWS_CA_BUNDLE": __file__}, {"verify": __file__}),
        (
            {
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_SESSION_TOKEN": "token",
            },
            {"access_key": "key", "secret_key": "secret", "security_token": "token"},
        ),
    ],
    ids=str,
)
def test_variable_becomes_an_option(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], options: dict[str, Any]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert default_storage()["OPTIONS"] == S3 | options


@pytest.mark.usefixtures("bucket")
def test_secrets_can_come_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    for name in names:
        (tmp_path / name).write_text(f"{name} from a file\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))

    options = default_storage()["OPTIONS"]

    assert [
        options["access_key"],
        options["secret_key"],
        options["security_token"],
    ] == [f"{name} from a file" for name in names]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AWS_S3_ENDPOINT_URL", "minio:9000", "^AWS_S3_ENDPOINT_URL='minio:9000'"),
        ("AWS_S3_ADDRESSING_STYLE", "odd", "^AWS_S3_ADDRESSING_STYLE='odd'"),
        ("AWS_S3_ANONYMOUS", "yes", "^AWS_S3_ANONYMOUS='yes'"),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem", "^AWS_CA_BUNDLE='/nowhere/ca.pem'"),
        ("AWS_SECRET_ACCESS_KEY_FILE", "/nowhere", "^AWS_SECRET_ACCESS_KEY_FILE="),
        ("AWS_ACCESS_KEY_ID", "key", "^AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "x", "^AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_bad_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingError, match=message):
        default_storage()


def test_local_storage_opens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))

    files = open_storage()
    files.write_bytes("x", b"data")

    assert isinstance(files, LocalFiles)
    assert (tmp_path / "storage" / "x").read_bytes() == b"data"


@pytest.mark.usefixtures("bucket")
def test_bucket_opens_without_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_S3_ENDPOINT_URL", "http://127.0.0.1:1")

    assert isinstance(open_storage(), S3Files)


@pytest.mark.parametrize("bucket_name", ["", "pages"], ids=["local", "S3"])
def test_storage_opens_without_settings_and_database(
    tmp_path: Path, bucket_name: str
) -> None:
    program = (
        "import sys; from portal.storage import open_storage; open_storage();"
        "print('django.db' in sys.modules, 'portal.settings' in sys.modules)"
    )

    ended = subprocess.run(  # noqa: S603  this program, in a process of its own
        [sys.executable, "-W", "error", "-c", program],
        env={"AWS_STORAGE_BUCKET_NAME": bucket_name, "PORTAL_DATA_DIR": str(tmp_path)},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.stdout, ended.stderr) == ("False False\n", "")
