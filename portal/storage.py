"""Where files lie, made from the environment: used by both planes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal import env

if TYPE_CHECKING:
    from maintenance.publishing.files import Files

BASE_DIR = Path(__file__).resolve().parent.parent


def data_dir() -> Path:
    """Return the folder of the database, local files and last good snapshot."""
    return env.path("PORTAL_DATA_DIR", default=BASE_DIR / "var")


def default_storage() -> dict[str, Any]:
    """Return the entry of Django's STORAGES for snapshots, assets and sites.

    Raises:
        SettingError: a variable cannot be used.
    """
    bucket = env.text("AWS_STORAGE_BUCKET_NAME")
    if not bucket:
        location = data_dir() / "storage"
        return {
            "BACKEND": "maintenance.publishing.local_files.LocalFiles",
            "OPTIONS": {"location": str(location), "allow_overwrite": True},
        }
    return {
        "BACKEND": "maintenance.publishing.s3_files.S3Files",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.url("AWS_S3_ENDPOINT_URL") or None,
            "region_name": env.text("AWS_S3_REGION_NAME") or None,
            "location": env.text("AWS_LOCATION"),
            **_keys(),
            "addressing_style": _addressing_style(),
            "anonymous": env.flag("AWS_S3_ANONYMOUS", default=False),
            "verify": env.file("AWS_CA_BUNDLE") or None,
        },
    }


def open_storage() -> Files:
    """Return the storage for a process that has no Django settings.

    Raises:
        SettingError: a variable cannot be used.
    """
    from django.conf import settings
    from django.utils.module_loading import import_string

    entry = default_storage()
    if not settings.configured:
        # Both backends ask Django for defaults of options that nobody gave.
        settings.configure()
    storage: Files = import_string(entry["BACKEND"])(**entry["OPTIONS"])
    return storage


def _keys() -> dict[str, str | None]:
    """Return the keys that were given; the SDK looks for others elsewhere."""
    access_key = env.secret("AWS_ACCESS_KEY_ID", default="")
    secret_key = env.secret("AWS_SECRET_ACCESS_KEY", default="")
    if bool(access_key) != bool(secret_key):
        raise env.SettingError(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: set both or neither."
        )
    return {
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "security_token": env.secret("AWS_SESSION_TOKEN", default="") or None,
    }


def _addressing_style() -> str:
    # Stores other than AWS seldom have a host name for each bucket.
    default = "path" if env.text("AWS_S3_ENDPOINT_URL") else "auto"
    among = ("auto", "path", "virtual")
    return env.choice("AWS_S3_ADDRESSING_STYLE", default=default, among=among)
