"""A moto server on 127.0.0.1: S3 in memory, in a process of its own, with signatures checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import held_port, running
from tests.servers.s3 import S3Process, s3_server_on
from tests.servers.tls import issue_certificate

PROGRAM = Path(__file__).with_name("moto_program.py")


class MotoServer(S3Process):
    """A moto server; after kill and start it has the same address and keys, and no buckets."""


@contextmanager
def moto(folder: Path, *, tls: bool, port: int = 0) -> Iterator[MotoServer]:
    """Run a moto server that keeps its log and certificate in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = issue_certificate(folder) if tls else None
    with held_port(port) as own_port:
        s3 = s3_server_on(own_port, certificate)
        files = [certificate.chain, certificate.key] if certificate else []
        server = MotoServer(
            s3,
            # -P: this folder has a moto.py too, which must not hide moto itself.
            [sys.executable, "-P", PROGRAM, str(own_port), *files],
            log=folder / "moto.log",
            environment=os.environ
            | s3.environment
            | {"INITIAL_NO_AUTH_ACTION_COUNT": "0"},
        )
        with running(server):
            yield server
