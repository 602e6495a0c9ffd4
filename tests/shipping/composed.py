"""compose.yaml without its daemon: each service's files and commands, on addresses of this machine that have its name.

The images of PostgreSQL and of moto are not in reach of a test; the programs in them are run as they stand here.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from acceptance.commanding import wait_until
from containers import Podman, program
from pg_xcopy.demo.servers import SUPERUSER, Server
from servers import Database, Finished

PLACE = Path(__file__).parents[2] / "compose"
HOSTS = {"source": "127.0.16.1", "target": "127.0.16.2", "bastion": "127.0.16.3", "aws": "127.0.16.4"}
"""Every address that begins with 127 is this machine's, and so all may use one port, as in networks of their own."""

INIT = "/docker-entrypoint-initdb.d/"


class NamedServer(Server):
    """A server at the address of a service, on the port that PostgreSQL's image listens on."""

    def __init__(self, service, installation):
        self.service = service
        super().__init__(installation, {"listen_addresses": HOSTS[service], "port": "5432"})

    def _configure(self):
        super()._configure()
        self.port = 5432

    @property
    def _address(self):
        return {"host": HOSTS[self.service], "port": "5432"}


@dataclass
class Composition:
    """The services of compose.yaml."""

    podman: Podman
    volumes: Path
    services: dict = field(default_factory=lambda: yaml.safe_load((PLACE / "compose.yaml").read_text())["services"])

    def fill(self, server: NamedServer) -> Database:
        """Do what the entrypoint of PostgreSQL's image does with the service's environment and files."""
        service = self.services[server.service]
        database = Database(server, service["environment"]["POSTGRES_DB"])
        Database(server, SUPERUSER).execute(f"CREATE DATABASE {database.name}")
        mounted = [each.split(":")[:2] for each in service["volumes"]]
        for inside, path in sorted((inside, path) for path, inside in mounted):
            assert inside.startswith(INIT)
            options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={PLACE / path}", database.url)
            subprocess.run([program("psql"), *options], check=True, capture_output=True)
        return database

    def is_healthy(self, server: NamedServer) -> bool:
        """Ask as the service's healthcheck does."""
        kind, *check = self.services[server.service]["healthcheck"]["test"]
        assert kind == "CMD"
        here = [part.replace("127.0.0.1", HOSTS[server.service]) for part in check]
        return subprocess.run([program(here[0]), *here[1:]], check=False).returncode == 0

    def command(self, name: str, image: str, *more: str, options: tuple[str, ...] = ()) -> list[str]:
        """Translate a service into `podman run`; `more` words go instead of its command."""
        service = self.services[name]
        entrypoint, *before = service.get("entrypoint", [None])
        switches = [
            *("--read-only" for on in [service.get("read_only")] if on),
            *(f"--cap-drop={each}" for each in service.get("cap_drop", ())),
            *(f"--security-opt={each.removesuffix(':true')}" for each in service.get("security_opt", ())),
            *(f"--env={key}={value}" for key, value in service.get("environment", {}).items()),
            *(f"--volume={self._mounted(each)}" for each in service["volumes"]),
            *(f"--add-host={host}:{address}" for host, address in HOSTS.items()),
            *([f"--entrypoint={entrypoint}"] if entrypoint else []),
        ]
        words = [*before, *(more or service.get("command", ()))]
        return ["run", "--rm", "--network=host", "--read-only-tmpfs=false", *switches, *options, image, *words]

    def run(self, name: str, *more: str) -> Finished:
        """Run a service of pg-xcopy's image to its end."""
        assert self.services[name]["image"] == "pg-xcopy"
        return self.podman(*self.command(name, "pg-xcopy", *more), timeout=240)

    @contextmanager
    def bastion(self):
        """Build the bastion, and run it until it is healthy."""
        self.podman.must("tag", "docker.io/library/python:3.13-slim", "docker.io/library/debian:13.2-slim")
        build = ("--format=docker", "--network=host", "--isolation=chroot", "--tag=bastion")
        self.podman.must("build", *build, PLACE / self.services["bastion"]["build"]["context"])
        options = ("--detach", "--name=bastion")
        listen = f"-oListenAddress={HOSTS['bastion']}:2222"
        self.podman.must(*self.command("bastion", "bastion", listen, options=options))
        _, *check = self.services["bastion"]["healthcheck"]["test"]
        here = [part.replace("127.0.0.1", HOSTS["bastion"]) for part in check]
        try:
            wait_until(lambda: self.podman("exec", "bastion", *here).code == 0)
            yield
        finally:
            self.podman("rm", "--force", "--time=0", "bastion")

    @contextmanager
    def aws(self):
        """Run moto's server as its image does."""
        port = self.services["secrets"]["environment"]["AWS_ENDPOINT_URL"].rpartition(":")[2]
        command = [Path(sys.executable).with_name("moto_server"), "-H", HOSTS["aws"], "-p", port]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                wait_until(lambda: _listens(HOSTS["aws"], int(port)))
                yield
            finally:
                server.terminate()

    def _mounted(self, volume: str) -> str:
        source, rest = volume.split(":", 1)
        if source.startswith("."):
            return f"{(PLACE / source).resolve()}:{rest}"
        (self.volumes / source).mkdir(exist_ok=True)
        return f"{self.volumes / source}:{rest}"


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
