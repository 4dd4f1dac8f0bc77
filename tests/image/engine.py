"""buildah and podman with a storage of their own, and the image that they make.

Everything lies in one folder: nothing of it is left on the machine, and nothing
of the machine's own images is seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("buildah", "podman", "runc", "catatonit", "debootstrap")
INSTALL = f"apt-get install --no-install-recommends {' '.join(PROGRAMS)}, as root"
# The base of these tests. Its Python is what the wheels are fetched for.
SUITE, PYTHON = "bookworm", "3.11"
IMAGE, BASE = "localhost/entracte:0.1", "localhost/base"
_BUILD_SECONDS = 1200
_ATTEMPTS = 5
_UNUSED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale")


def missing() -> str:
    """Return what has to be installed before images can be built, or nothing."""
    is_there = os.geteuid() == 0 and all(map(shutil.which, PROGRAMS))
    return "" if is_there else INSTALL


class Engine:
    """Runs containers with the storage, the limits and the runtime of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._configure()

    def run(self, *command: str, check: bool = True) -> str:
        """Run a program, and return what it printed."""
        ended = subprocess.run(  # noqa: S603  the programs above
            command,
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
        if check:
            assert ended.returncode == 0, f"{command}: {ended.stderr[-3000:]}"
        return ended.stdout

    def inside(self, *command: str, options: tuple[str, ...] = ()) -> str:
        """Run a command in a container of its own, as it is deployed."""
        return self.run(
            *("podman", "run", "--rm", "--network", "host", "--read-only"),
            *("--cap-drop", "all", *options, IMAGE, *command),
        )

    def play(self, *manifests: dict[str, Any]) -> None:
        """Start what manifests say, on the network of this machine."""
        file = self.folder / "play.yaml"
        file.write_text(yaml.safe_dump_all(manifests))
        self.run("podman", "play", "kube", "--network", "host", str(file))

    def facts(self, container: str) -> dict[str, Any]:
        """Return what the runtime was told of a container."""
        (found,) = yaml.safe_load(self.run("podman", "inspect", container))
        return dict(found)

    def image(self, name: str) -> dict[str, Any]:
        """Return what an image says of itself."""
        (found,) = yaml.safe_load(self.run("podman", "image", "inspect", name))
        return dict(found)

    def log(self, container: str) -> str:
        ended = subprocess.run(  # noqa: S603  our own container
            ["podman", "logs", container],  # noqa: S607
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ended.stdout

    def show_logs(self) -> None:
        """Print how containers fare and what they said, for whoever reads of a failure."""
        sys.stdout.write(self.run("podman", "ps", "--all"))
        for name in self.run("podman", "ps", "-a", "--format", "{{.Names}}").split():
            if not name.endswith("-infra"):
                sys.stdout.write(f"{name}:\n{self.log(name)}\n")

    def restart(self, container: str) -> None:
        """Kill a container, and start it again as the kubelet does."""
        self.run("podman", "kill", "--signal", "KILL", container)
        self.run("podman", "wait", container)
        self.run("podman", "start", container)

    def remove_pod(self, name: str, *, grace_seconds: int) -> None:
        """End a pod as a Deployment does, with what its emptyDirs hold."""
        self._remove(name, grace_seconds)
        for volume in self.run("podman", "volume", "ls", "--quiet").split():
            if volume.startswith(f"{name}-"):
                self.run("podman", "volume", "rm", volume)

    def remove_pods(self) -> None:
        self._remove("--all", 1)

    def _remove(self, which: str, grace_seconds: int) -> None:
        """Remove pods. podman trips over a container that ends while it is killed."""
        name = () if which == "--all" else ("--filter", f"name=^{which}$")
        for _ in range(_ATTEMPTS):
            command = ("podman", "pod", "rm", "--force", "--time", str(grace_seconds))
            self.run(*command, which, check=False)
            if not self.run("podman", "pod", "ps", "--quiet", *name).strip():
                return
        raise AssertionError(self.run("podman", "ps", "--all", "--pod"))

    def build(self, cache: Path) -> None:
        """Build the base, and the image with `make image`: without a registry."""
        self._build_base(cache)
        wheels = cache / "wheels"
        _fetch_wheels(wheels)
        options = (
            f"--isolation chroot --build-arg BASE={BASE} --volume {wheels}:/wheels:ro "
            "--build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/wheels"
        )
        self.run("make", "image", "ENGINE=buildah", f"IMAGE={IMAGE}", f"ARGS={options}")

    def _build_base(self, cache: Path) -> None:
        tarball = cache / f"{SUITE}.tar"
        if not tarball.exists():
            root = self.folder / "base"
            self.run(
                *("debootstrap", "--variant=minbase", "--include=python3,python3-venv"),
                *(SUITE, str(root)),
            )
            for name in _UNUSED:
                shutil.rmtree(root / name, ignore_errors=True)
            self.run("tar", "-C", str(root), "-cf", f"{tarball}.part", ".")
            Path(f"{tarball}.part").rename(tarball)
            shutil.rmtree(root)
        container = self.run("buildah", "from", "scratch").strip()
        self.run("buildah", "add", "--quiet", container, str(tarball), "/")
        self.run(
            *("buildah", "commit", "--quiet", "--format", "docker", "--rm"),
            *(container, BASE),
        )

    def _configure(self) -> None:
        (self.folder / "storage.conf").write_text(
            f'[storage]\ndriver = "{_driver(self.folder)}"\n'
            f'graphroot = "{self.folder}/store"\nrunroot = "{self.folder}/run"\n'
        )
        # Where the machine itself is a container, more cannot be asked for.
        (self.folder / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]\n'
            '[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\n'
            f'events_logger = "file"\ntmp_dir = "{self.folder}/engine"\n'
        )
        self._environment = os.environ | {
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
        }


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """Make an engine; its containers are ended and its images removed after."""
    made = Engine(folder)
    try:
        yield made
    finally:
        made.remove_pods()
        made.run("podman", "rm", "--force", "--all", "--time", "1", check=False)
        made.run("podman", "volume", "rm", "--all", "--force", check=False)
        made.run("podman", "rmi", "--all", "--force", check=False)


def _driver(folder: Path) -> str:
    """Return the driver that shares layers, or where it cannot be, one that copies."""
    parts = [folder / name for name in ("lower", "upper", "work", "merged")]
    for part in parts:
        part.mkdir(parents=True, exist_ok=True)
    lower, upper, work, merged = parts
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(merged)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        return "vfs"
    subprocess.run(["umount", str(merged)], check=True)  # noqa: S603, S607
    return "overlay"


def _fetch_wheels(wheels: Path) -> None:
    """Fetch what requirements.txt names, by its hashes, as this machine fetches packages."""
    subprocess.run(  # noqa: S603  pip, on our own file
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--python-version", PYTHON),
            *("--dest", str(wheels), "--requirement", str(ROOT / "requirements.txt")),
        ],
        check=True,
    )
