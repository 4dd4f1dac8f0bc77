"""Where an object store of the tests is, how to talk to it, and its process."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers.process import ServerProcess
from tests.servers.tls import Certificate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Without "when_required" boto3 sends aws-chunked bodies over TLS; Ceph 16 answers them with 411.
CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=4,
    tcp_keepalive=True,
)
# One session for all clients, because each new one reads the S3 model for 0.1 s. Clients may be
# used by many threads, but a session may not.
SESSION = boto3.session.Session()
SESSION_LOCK = Lock()
READINESS = Config(retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(frozen=True, slots=True)
class S3Server:
    """The address and the keys of an object store.

    `dataclasses.replace` makes one with wrong keys, or without the CA bundle.
    """

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    ca_bundle: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables with which the project's processes use this store."""
        variables = {
            "AWS_S3_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_S3_REGION_NAME": self.region,
        }
        if self.ca_bundle is not None:
            variables["AWS_CA_BUNDLE"] = str(self.ca_bundle)
        return variables

    def client(self, changes: Config | None = None) -> S3Client:
        """Return a new boto3 client; `changes` override the project's configuration."""
        with SESSION_LOCK:
            return SESSION.client(
                "s3",
                endpoint_url=self.endpoint_url,
                region_name=self.region,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                # Not None: an AWS_CA_BUNDLE of the machine must not decide what a test trusts.
                verify=True if self.ca_bundle is None else str(self.ca_bundle),
                config=CONFIG.merge(changes or Config()),
            )

    def make_bucket(self, name: str) -> None:
        self.client().create_bucket(Bucket=name)

    def answers(self) -> bool:
        """Tell whether the store accepts a signed request now."""
        try:
            self.client(READINESS).list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True


class S3Process(ServerProcess):
    """A process that serves the S3 protocol at `s3`."""

    def __init__(
        self,
        s3: S3Server,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(command, log=log, environment=environment, is_ready=s3.answers)
        self.s3 = s3


def s3_server_on(port: int, certificate: Certificate | None) -> S3Server:
    """Return the address of a store on a port of 127.0.0.1, with new random keys."""
    return S3Server(
        endpoint_url=f"{'http' if certificate is None else 'https'}://127.0.0.1:{port}",
        access_key=f"AKIA{secrets.token_hex(8).upper()}",
        secret_key=secrets.token_hex(20),
        ca_bundle=None if certificate is None else certificate.ca_bundle,
    )
