"""Files in an S3 bucket, through django-storages, with conditional requests."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import SuspiciousOperation
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from maintenance.publishing.files import ChangedError

if TYPE_CHECKING:
    from django.core.files import File
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

_PROBE = "snapshots/probe"
# AWS says 404 for If-Match on a missing key and 409 when two writers meet;
# radosgw says 412 for both.
_LOST = frozenset({404, 409, 412})
_MISSING = frozenset({404})
_NOT_IMPLEMENTED = 501


class S3Files(S3Storage):
    """django-storages' S3 with one client for the whole process.

    S3Storage keeps a session for each thread, 17 MiB each (measured 2026-11,
    boto3 1.44). Only the client is used here, because clients may be shared
    between threads and resources may not (boto3 guide, "Multithreading").
    """

    def __init__(self, *, anonymous: bool = False, **options: Any) -> None:
        style = options.pop("addressing_style", "auto")
        super().__init__(
            client_config=_config(style, anonymous=anonymous),
            file_overwrite=True,
            default_acl=None,
            object_parameters={"CacheControl": "no-cache"},
            **options,
        )
        self._lock = threading.Lock()
        self._shared: Any = None

    @property
    def connection(self) -> Any:
        with self._lock:
            if self._shared is None:
                self._shared = self._create_session().resource(
                    "s3",
                    region_name=self.region_name,
                    endpoint_url=self.endpoint_url,
                    config=self.client_config,
                    verify=self.verify,
                )
            return self._shared

    @property
    def client(self) -> S3Client:
        return cast("S3Client", self.connection.meta.client)

    @cached_property
    def honours_conditions(self) -> bool:
        """Whether the store refuses a conditional write, tried on a probe key.

        Some stores answer 501, others ignore the condition and overwrite; then
        the database's lock alone keeps publishers apart.
        """
        # The first of them may make the probe.
        refused = self._is_refused(IfNoneMatch="*") or self._is_refused(IfNoneMatch="*")
        honoured = refused and self._is_refused(IfMatch="0" * 32)
        if not honoured:
            logger.warning("The bucket does not honour conditional writes.")
        return honoured

    def read_bytes(self, name: str) -> bytes:
        with _translated(f"read {name}", missing=_MISSING):
            answer = self.client.get_object(
                Bucket=self.bucket_name, Key=self._key(name)
            )
            return answer["Body"].read()

    def read_if_changed(self, name: str, tag: str | None) -> tuple[bytes, str] | None:
        condition: Any = {"IfNoneMatch": f'"{tag}"'} if tag else {}
        with _translated(f"read {name}", missing=_MISSING):
            try:
                answer = self.client.get_object(
                    Bucket=self.bucket_name, Key=self._key(name), **condition
                )
            except ClientError as exc:
                if _status(exc) == 304:
                    return None
                raise
            # Stores that know no 304 send the whole object again. It is read all
            # the same, because the connection could not be used again otherwise.
            data, found = answer["Body"].read(), answer["ETag"].strip('"')
            return None if found == tag else (data, found)

    def write_bytes(self, name: str, data: bytes) -> None:
        with _translated(f"write {name}"):
            self._put(name, data)

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        """Write an object if it still has this tag; None: if it does not exist.

        A store that ignores conditions is written to without one.

        Raises:
            ChangedError: it has another tag; nothing was written.
        """
        condition: dict[str, str] = {}
        if self.honours_conditions:
            # Unquoted, because radosgw and others never match a quoted tag.
            condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        with _translated(f"write {name}"):
            try:
                self._put(name, data, **condition)
            except ClientError as exc:
                if condition and _is_lost(exc):
                    raise ChangedError(f"{name} was changed meanwhile.") from exc
                raise

    def _save(self, name: str, content: File[bytes]) -> str:
        # One PUT: a multipart upload would start threads, and its ETag and
        # conditions behave differently from store to store.
        cleaned = clean_name(name)
        with _translated(f"write {name}"):
            self._put(name, b"".join(content.chunks()))
        return str(cleaned)

    def _put(self, name: str, data: bytes, **condition: Any) -> None:
        self.client.put_object(
            Bucket=self.bucket_name,
            Key=self._key(name),
            Body=data,
            **self._get_write_parameters(name),
            **condition,
        )

    def _is_refused(self, **condition: str) -> bool:
        """Return whether the store refuses to write the probe on a condition."""
        with _translated("probe the bucket"):
            try:
                self._put(_PROBE, b"", **condition)
            except ClientError as exc:
                if _is_lost(exc):
                    return True
                if _status(exc) != _NOT_IMPLEMENTED:
                    raise
        return False

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))


def _config(addressing_style: Any, *, anonymous: bool) -> Config:
    """Return settings that suit a poller and stores older than AWS's newest.

    Checksums only where an operation demands them, because the trailing ones
    of botocore 1.36 are refused by radosgw 16 and Swift over TLS.
    """
    return Config(
        signature_version=botocore.UNSIGNED if anonymous else "s3v4",
        s3={"addressing_style": addressing_style},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=4,
        tcp_keepalive=True,
    )


def _status(exc: ClientError) -> int:
    return exc.response["ResponseMetadata"]["HTTPStatusCode"]


def _is_lost(exc: ClientError) -> bool:
    """Return whether a condition was not met; a lost bucket is no lost race."""
    return _status(exc) in _LOST and not _lacks_bucket(exc)


def _lacks_bucket(exc: ClientError) -> bool:
    return exc.response["Error"]["Code"] == "NoSuchBucket"


@contextmanager
def _translated(
    attempt: str, *, missing: frozenset[int] = frozenset()
) -> Iterator[None]:
    """Turn the SDK's errors into OSError, and a missing key into its subclass."""
    try:
        yield
    except ClientError as exc:
        if _status(exc) in missing and not _lacks_bucket(exc):
            raise FileNotFoundError(f"Cannot {attempt}: it does not exist.") from exc
        raise OSError(f"Cannot {attempt}: {exc}") from exc
    except (BotoCoreError, SuspiciousOperation) as exc:
        raise OSError(f"Cannot {attempt}: {exc}") from exc
