"""Debian's podman, without a daemon and with a store of its own: what the image is built and run with in tests."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from servers import Finished

CHECKOUT = Path(__file__).parent.parent
BASE = "docker.io/library/python:3.13-slim"
SUITE = "trixie"
"""The Debian that the base is made of, as the published one is; its python3 is a 3.13."""

PACKAGES = "ca-certificates,netbase,python3,python3-venv,tzdata"
LEFT_OUT = ("doc", "info", "locale", "man")
AUTHORITIES = "--volume /etc/ssl/certs:/etc/ssl/certs:ro"
"""Mounted while building: the package index may only be reached past a proxy that this machine trusts."""

ENOUGH = 4096
"""Open files, and processes."""

HARDENED = (
    "--rm", "--network=host", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all",
    "--security-opt=no-new-privileges", "--volume=/dev/null:/usr/bin/dash:ro", "--volume=/dev/null:/usr/bin/bash:ro",
)  # fmt: skip
"""As Kubernetes' restricted profile has it; and without a shell, although the base has one."""


def program(name):
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed: apt-get install {name}")
    return found


@dataclass(frozen=True)
class Podman:
    """podman with its images, containers and settings below `home`."""

    home: Path

    def prepare(self) -> None:
        """Write the settings that make it work as root without systemd, and where limits can't be raised."""
        self.home.mkdir(exist_ok=True)
        limits = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
        hard = [f"{name}={_at_most(number)}:{_at_most(number)}" for name, number in limits.items()]
        systemd = Path("/run/systemd/system").is_dir()
        (self.home / "containers.conf").write_text(
            f"[containers]\ndefault_ulimits = {json.dumps(hard)}\n"
            f'[engine]\nruntime = "runc"\nevents_logger = "file"\n'
            f'cgroup_manager = "{"systemd" if systemd and os.geteuid() else "cgroupfs"}"\n'
        )
        (self.home / "storage.conf").write_text(
            f'[storage]\ndriver = "{self._driver}"\ngraphroot = "{self.home}/images"\nrunroot = "{self.home}/run"\n'
        )

    @property
    def _driver(self) -> str:
        """Give the way to store layers; overlay, unless all of this runs in a container that is one itself."""
        kind = subprocess.run(["stat", "-f", "-c", "%T", self.home], capture_output=True, text=True, check=True).stdout
        return "vfs" if "overlay" in kind else "overlay"

    @property
    def environment(self) -> dict[str, str]:
        """Where it finds its settings."""
        return {
            **os.environ,
            "CONTAINERS_CONF": str(self.home / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.home / "storage.conf"),
        }

    def __call__(self, *arguments: object, timeout: float = 300) -> Finished:
        """Run a podman command to its end."""
        command = [program("podman"), *map(str, arguments)]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: object, timeout: float = 300) -> str:
        """Run one that has to succeed; give what it says."""
        done = self(*arguments, timeout=timeout)
        assert done.code == 0, done.stderr
        return done.stdout.strip()

    def provide_base(self) -> None:
        """Pull the base image, or make one like it from Debian's packages where the registry is out of reach."""
        if self("image", "exists", BASE).code == 0 or self("pull", "--quiet", BASE).code == 0:
            return
        archive = self.home / "base.tar"
        excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
        hooks = ['ln -s python3 "$1/usr/bin/python"', 'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin']
        made = subprocess.run(
            [
                *(program("mmdebstrap"), "--quiet", "--variant=minbase", f"--include={PACKAGES}", *excluded),
                *(f"--customize-hook={hook}" for hook in hooks),
                *(SUITE, str(archive)),
            ],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.must("import", archive, BASE)
        archive.unlink()

    def make_image(self, tag: str, *options: str, extras: str | None = None) -> None:
        """Run `make image`."""
        build = ("--format docker --network host --isolation chroot --timestamp 1700000000", AUTHORITIES, *options)
        chosen = [] if extras is None else [f"IMAGE_EXTRAS={extras}"]
        done = subprocess.run(
            ["make", "image", f"IMAGE={tag}", "IMAGE_ENGINE=podman", f"IMAGE_BUILD={' '.join(build)}", *chosen],
            cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def remove(self) -> None:
        """Remove all that it made: its store is mounted, so its files can't simply be deleted."""
        self("rm", "--all", "--force", "--time=0")
        self("rmi", "--all", "--force")
        shutil.rmtree(self.home, ignore_errors=True)


@dataclass(frozen=True)
class Image:
    """The image, as `podman` holds it."""

    podman: Podman
    tag: str

    def inspect(self) -> dict[str, object]:
        """What is known of it: its size in bytes, its layers, its Config."""
        return json.loads(self.podman.must("image", "inspect", self.tag))[0]

    def run(self, *arguments: object, options: tuple[str, ...] = (), env: dict[str, str] | None = None) -> Finished:
        """Run pg-xcopy in a container that may do nothing else."""
        return self.podman("run", *HARDENED, *_variables(env), *options, self.tag, *arguments, timeout=120)

    def start(self, name: str, *arguments: object, options: tuple[str, ...] = (), env=None) -> subprocess.Popen[str]:
        """Start it under a name, by which signals reach it."""
        command = ["podman", "run", f"--name={name}", *HARDENED, *_variables(env), *options, self.tag, *arguments]
        return subprocess.Popen(
            [str(each) for each in command], env=self.podman.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def python(self, code: str) -> str:
        """What a piece of Python says in a container."""
        return self.podman.must("run", *HARDENED, "--entrypoint=python", self.tag, "-c", code)


def _at_most(limit: int) -> int:
    """Give a limit that is no higher than ours: podman's own defaults are, and some roots can't raise any."""
    hard = resource.getrlimit(limit)[1]
    return ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)


def _variables(env: dict[str, str] | None) -> list[str]:
    return [f"--env={name}={value}" for name, value in (env or {}).items()]
