"""Ceph's S3 gateway on 127.0.0.1, with the smallest cluster that carries it, all in memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from tests.servers.process import (
    ServerError,
    ServerProcess,
    held_port,
    listens,
    running,
)
from tests.servers.s3 import S3Process, S3Server, s3_server_on
from tests.servers.tls import Certificate, issue_certificate

# Debian's package of every program used here.
PACKAGES = {
    "ceph": "ceph-common",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "monmaptool": "ceph-base",
    "radosgw": "radosgw",
    "radosgw-admin": "ceph-common",
}
COMMAND_SECONDS = 60
# The last block is for speed: with Ceph's defaults the start takes 20 s instead of 3.
CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# The gateway would ask for an encrypted session, which cannot be without authentication.
ms mon client mode = crc
mon data = {data}/mon
osd data = {data}/osd
osd objectstore = memstore
memstore device bytes = 268435456
osd class load list = *
run dir = {data}
log file = {logs}/$name.log
# The path of a socket is limited to 107 characters; pytest's folders are longer.
admin socket =
pid file =
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1

osd pool default pg num = 1
osd pool default pg autoscale mode = off
paxos propose interval = 0.05
"""


class RadosGateway(S3Process):
    """A gateway; kill and start leave its buckets as they were, for the cluster keeps them."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ceph cluster of one monitor and one memory store."""

    configuration: Path
    logs: Path

    @property
    def environment(self) -> dict[str, str]:
        # Nothing else: `ceph` is a program of the system's Python, and reads CEPH_ARGS.
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def command(self, program: str, *arguments: str) -> list[str]:
        return [program, "--conf", str(self.configuration), *arguments]

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of Ceph to its end and return its output."""
        result = subprocess.run(  # noqa: S603 - arguments from this module, no shell
            self.command(program, *arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if result.returncode != 0:
            raise ServerError(
                f"{program} ended with code {result.returncode}.\n{result.stderr}"
            )
        return result.stdout

    def has_store(self) -> bool:
        return bool(
            json.loads(self.run("ceph", "osd", "stat", "--format=json"))["num_up_osds"]
        )


def missing() -> str:
    """Return the command that installs what radosgw() needs, or nothing if all is there."""
    packages = {
        package for program, package in PACKAGES.items() if not shutil.which(program)
    }
    if not packages:
        return ""
    return f"apt-get install --yes --no-install-recommends {' '.join(sorted(packages))}"


@contextmanager
def radosgw(folder: Path, *, tls: bool, port: int = 0) -> Iterator[RadosGateway]:
    """Run a gateway and its cluster, which keep logs and certificate in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = issue_certificate(folder) if tls else None
    with running_cluster(folder) as cluster, held_port(port) as own_port:
        s3 = s3_server_on(own_port, certificate)
        add_user(cluster, s3)
        frontend = f"--rgw-frontends={frontend_on(own_port, certificate)}"
        gateway = RadosGateway(
            s3,
            cluster.command(
                "radosgw", "--name", "client.rgw", "--foreground", frontend
            ),
            log=folder / "radosgw.out",
            environment=cluster.environment,
        )
        with running(gateway):
            yield gateway


def frontend_on(port: int, certificate: Certificate | None) -> str:
    if certificate is None:
        return f"beast endpoint=127.0.0.1:{port}"
    return (
        f"beast ssl_endpoint=127.0.0.1:{port}"
        f" ssl_certificate={certificate.chain} ssl_private_key={certificate.key}"
    )


def add_user(cluster: Cluster, s3: S3Server) -> None:
    keys = ("--access-key", s3.access_key, "--secret-key", s3.secret_key)
    cluster.run(
        "radosgw-admin",
        "user",
        "create",
        "--uid=portal",
        "--display-name=portal",
        *keys,
    )


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    # The monitor's database has tens of megabytes, which pytest would keep for three runs.
    with (
        TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as data,
        held_port() as port,
    ):
        cluster = make_cluster(folder, Path(data), monitor_port=port)
        with (
            running(monitor(cluster, Path(data), port=port)),
            running(memory_store(cluster)),
        ):
            yield cluster


def make_cluster(folder: Path, data: Path, *, monitor_port: int) -> Cluster:
    cluster = Cluster(configuration=folder / "ceph.conf", logs=folder)
    text = CONFIGURATION.format(
        fsid=uuid4(), monitor_port=monitor_port, data=data, logs=folder
    )
    cluster.configuration.write_text(text)
    (data / "mon").mkdir()
    (data / "osd").mkdir()
    return cluster


def monitor(cluster: Cluster, data: Path, *, port: int) -> ServerProcess:
    addresses = str(data / "monmap")
    cluster.run(
        "monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{port}]", addresses
    )
    cluster.run("ceph-mon", "--id=a", "--mkfs", "--monmap", addresses)
    return ServerProcess(
        cluster.command("ceph-mon", "--id=a", "--foreground"),
        log=cluster.logs / "monitor.out",
        environment=cluster.environment,
        is_ready=lambda: listens(port),
    )


def memory_store(cluster: Cluster) -> ServerProcess:
    """Make the only OSD known to the running monitor and return its process."""
    # Without the same UUID at both places the store never comes up.
    uuid = str(uuid4())
    cluster.run("ceph", "osd", "new", uuid)
    cluster.run("ceph-osd", "--id=0", "--mkfs", "--osd-uuid", uuid)
    return ServerProcess(
        cluster.command("ceph-osd", "--id=0", "--foreground"),
        log=cluster.logs / "store.out",
        environment=cluster.environment,
        is_ready=cluster.has_store,
    )
