"""The program of a moto process: PORT [CERTIFICATE KEY], the user's keys in the environment."""

from __future__ import annotations

import json
import os
import ssl
import sys
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import run_simple

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def main() -> None:
    port, *certificate = sys.argv[1:]
    add_user(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    run_simple(
        "127.0.0.1",
        int(port),
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        ssl_context=context_of(*certificate) if certificate else None,
        request_handler=MotoRequestHandler,
    )


class PatientContext(ssl.SSLContext):
    """Leave the TLS handshake to the thread of the connection.

    Werkzeug makes it where it accepts connections, so that one silent client stops the server.
    """

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        options["do_handshake_on_connect"] = False
        return super().wrap_socket(*arguments, **options)


def context_of(chain: str, key: str) -> ssl.SSLContext:
    context = PatientContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def add_user(access_key: str, secret_key: str) -> None:
    """Let one user, with keys that stay the same after a restart, do everything in S3.

    Through HTTP the first calls would have to be unsigned, and a client that polls while the
    server restarts could use them up. Here every request is checked from the first on.
    """
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-east-1", "portal")
    iam.put_user_policy("portal", "s3", json.dumps(POLICY))
    key = iam.create_access_key("portal")
    key.access_key_id = access_key
    key.secret_access_key = secret_key


if __name__ == "__main__":
    main()
