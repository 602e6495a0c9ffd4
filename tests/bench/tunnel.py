"""How fast one COPY is through a bastion on this machine: `python -m bench.tunnel`, with tests and app on PYTHONPATH.

Beside it, the same COPY without a tunnel and through OpenSSH's own client. The processors are shared by all.
"""

from __future__ import annotations

import io
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bastion import Bastion
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import CHUNK, Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.demo.servers import Server
from pg_xcopy.manifest.bastions import Bastion as Declared
from pg_xcopy.sql.quoting import Sql
from servers import Database, create_database

ROUNDS = 5
MAKE = """
CREATE TABLE narrow AS SELECT n AS aid, n % 10 AS bid, 0 AS abalance, repeat(' ', 84)::char(84) AS filler
FROM generate_series(1, 2000000) AS n;
CREATE TABLE wide AS SELECT n, (SELECT string_agg(md5(n::text || i), '') FROM generate_series(1, 200) AS i) AS body
FROM generate_series(1, 40000) AS n;
ALTER TABLE wide ALTER body SET STORAGE PLAIN;
"""
OUT = {
    "narrow, out, text": "COPY narrow TO STDOUT",
    "narrow, out, binary": "COPY narrow TO STDOUT (FORMAT binary)",
    "wide, out, text": "COPY wide TO STDOUT",
}
IN = {"wide, in, text": ("COPY wide TO STDOUT", "COPY wide FROM STDIN WHERE false")}


class Hole(io.RawIOBase):
    """Takes everything and keeps its size."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.size += len(data)
        return len(data)


def out(session: Session, statement: str) -> float:
    """Run a COPY TO; tell the megabytes a second."""
    hole = Hole()
    began = time.monotonic()
    with io.BufferedWriter(hole, CHUNK) as sink:
        session.copy_to(Sql(statement), sink, "measuring")
        sink.flush()
        return hole.size / (time.monotonic() - began) / 1e6


def back(session: Session, rows: bytes, statement: str) -> float:
    """Run a COPY FROM; tell the megabytes a second."""
    began = time.monotonic()
    session.copy_from(Sql(statement), io.BytesIO(rows), "measuring")
    return len(rows) / (time.monotonic() - began) / 1e6


@contextmanager
def openssh(bastion: Bastion, database: Database):
    """A url of the database through `ssh -L`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-N", "-c", "aes128-gcm@openssh.com", "-o", "StrictHostKeyChecking=no"]
    forward = ["-L", f"{port}:127.0.0.1:{database.server.port}", "-p", str(bastion.port)]
    command = [
        "ssh",
        *options,
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-i",
        str(bastion.key),
        *forward,
        f"{bastion.user}@127.0.0.1",
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    yield database.url.replace(f":{database.server.port}/", f":{port}/")
    process.kill()
    process.wait()


def main() -> None:
    with TemporaryDirectory() as home, Server() as server, Sessions() as sessions:
        bastion = Bastion(Path(home))
        database = create_database(server)
        database.execute(MAKE)
        with openssh(bastion, database) as forwarded:
            login = Declared.model_validate(bastion.ssh()).login
            ways = {
                "no tunnel": Address("source", "it", database.url),
                "this tunnel": Address("source", "it", database.url, ssh=login),
                "ssh -L": Address("source", "it", forwarded),
            }
            figures = measured({name: sessions.open(address) for name, address in ways.items()})
        bastion.stop()
    print("MB/s", *ways, sep="\t")
    for what, by_way in figures.items():
        print(what, *(f"{median(each):.0f}" for each in by_way.values()), sep="\t")


def measured(ways: dict[str, Session]) -> dict[str, dict[str, list[float]]]:
    """Let every way do everything in turn, ROUNDS times after one that warms up."""
    figures = {what: {way: [] for way in ways} for what in (*OUT, *IN)}
    first = next(iter(ways.values()))
    rows = {}
    for what, (fetch, _) in IN.items():
        buffer = io.BytesIO()
        first.copy_to(Sql(fetch), buffer, "fetching")
        rows[what] = buffer.getvalue()
    for attempt in range(ROUNDS + 1):
        for way, session in ways.items():
            found = {what: out(session, statement) for what, statement in OUT.items()}
            found |= {what: back(session, rows[what], statement) for what, (_, statement) in IN.items()}
            for what, figure in found.items():
                figures[what][way] += [figure] * (attempt > 0)
    return figures


if __name__ == "__main__":
    main()
