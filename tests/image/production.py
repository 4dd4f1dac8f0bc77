"""What the production overlay applies, in pods: three page servers, two portals, a watcher.

PostgreSQL and the S3 store are real servers beside them, which tests stop and start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.image.engine import Engine
from tests.image.pods import pod, write_secret
from tests.kubernetes.rendered import render
from tests.processes.copy import PASSWORD, Copy, wait_until
from tests.processes.operator import Operator
from tests.servers.moto import moto
from tests.servers.postgres import PostgresServer, postgres
from tests.servers.process import held_port
from tests.servers.s3 import S3Process

# What the Ingress of the portal adds to a request of a browser.
PROXY = {
    "Host": "portal.example.com",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_For": "203.0.113.9",
    "Referer": "https://portal.example.com/admin/",
}
OVERLAY = "overlays/production"
REPLICAS = ("page-0", "page-1", "page-2")


@dataclass(frozen=True)
class Production:
    engine: Engine
    folder: Path
    database: PostgresServer
    store: S3Process
    replicas: dict[str, Copy]
    """Every replica's name, and its ports."""

    def start(self, workload: str, name: str, **changes: str) -> None:
        """Start a pod of a workload of the overlay."""
        store = {"AWS_S3_ENDPOINT_URL": self.store.s3.endpoint_url} | changes
        secrets = self.folder / "secrets"
        manifest = pod(render(OVERLAY), workload, name, changes=store, secrets=secrets)
        self.engine.play(manifest)

    def start_page_server(self, name: str) -> None:
        ports = self.replicas[name].ports
        self.start(
            "page-server",
            name,
            PAGE_ADDRESS=f"127.0.0.1:{ports['page']}",
            PAGE_INTERNAL_ADDRESS=f"127.0.0.1:{ports['internal']}",
        )

    def start_portal(self, name: str) -> None:
        port = self.replicas[name].ports["portal"]
        self.start("portal", name, PORTAL_ADDRESS=f"127.0.0.1:{port}")

    def start_control_plane(self) -> None:
        for name in ("portal-0", "portal-1"):
            self.start_portal(name)
        self.start("watcher", "watcher")
        for name in ("portal-0", "portal-1"):
            self.until_ready(name, "portal")

    def stop_control_plane(self) -> None:
        for name in ("portal-0", "portal-1", "watcher"):
            self.remove(name, grace_seconds=10)

    def remove(self, name: str, *, grace_seconds: int = 40) -> None:
        """End a pod as a Deployment does, with the time that its manifest gives."""
        self.engine.remove_pod(name, grace_seconds=grace_seconds)

    def is_ready(self, name: str, port: str = "internal") -> bool:
        try:
            return self.replicas[name].ask(port, "/readyz", {}).status == 200
        except OSError:
            return False

    def until_ready(self, name: str, port: str = "internal") -> None:
        wait_until(lambda: self.is_ready(name, port))

    def operator(self, portal: str = "portal-0") -> Operator:
        address = f"http://127.0.0.1:{self.replicas[portal].ports['portal']}"
        return Operator(address, password=PASSWORD, **PROXY)

    def until_everywhere(self, text: str) -> None:
        for name in REPLICAS:
            self.replicas[name].until_page(text)


@contextmanager
def production(engine: Engine, folder: Path) -> Iterator[Production]:
    with ExitStack() as stack:
        database = stack.enter_context(postgres(folder / "postgresql"))
        store = stack.enter_context(moto(folder / "s3", tls=False))
        names = (*REPLICAS, "page-3", "portal-0", "portal-1")
        replicas = {
            name: Copy(
                folder,
                {
                    port: stack.enter_context(held_port())
                    for port in ("page", "internal", "portal")
                },
            )
            for name in names
        }
        made = Production(engine, folder, database, store, replicas)
        store.s3.make_bucket("entracte")
        write_secrets(made)
        stack.callback(engine.remove_pods)
        stack.callback(engine.show_logs)
        for name in REPLICAS:
            made.start_page_server(name)
        migrate(made)
        made.start_control_plane()
        for name in REPLICAS:
            made.until_ready(name)
        yield made


def write_secrets(made: Production) -> None:
    secrets = made.folder / "secrets"
    keys = {
        "access-key-id": made.store.s3.access_key,
        "secret-access-key": made.store.s3.secret_key,
    }
    write_secret(secrets, "entracte-storage-read", keys)
    write_secret(secrets, "entracte-storage-write", keys)
    portal = {
        "database-url": made.database.url,
        "secret-key": "a key for tests that signs nothing of value",
    }
    write_secret(secrets, "entracte-portal", portal)


def migrate(made: Production) -> None:
    """Run the Job, then make the first account, as the guide says."""
    made.start("migrate", "migrate")
    code = made.engine.run("podman", "wait", "migrate-migrate")
    assert code.strip() == "0", made.engine.log("migrate-migrate")
    made.remove("migrate")
    made.start_portal("portal-0")
    made.engine.run(
        *("podman", "exec", "--env", f"PORTAL_ADMIN_PASSWORD={PASSWORD}"),
        *("portal-0-portal", "manage", "create_first_admin"),
    )
    made.remove("portal-0", grace_seconds=10)
