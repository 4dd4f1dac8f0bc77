"""A throw-away certificate authority and the certificate of a server on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """The PEM files of one server, and the bundle with which a client verifies them."""

    chain: Path
    key: Path
    ca_bundle: Path


def issue_certificate(folder: Path) -> Certificate:
    """Write a certificate for 127.0.0.1 and localhost, from a new authority, into a folder."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    certificate = Certificate(
        chain=folder / "server.pem",
        key=folder / "server.key",
        ca_bundle=folder / "ca.pem",
    )

    folder.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(certificate.ca_bundle)
    issued.private_key_pem.write_to_path(certificate.key)
    for position, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(certificate.chain, append=position > 0)
    return certificate
