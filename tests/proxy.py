"""A TCP proxy between a session and its server, for faults that a server does not make by itself."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from servers import Database


@dataclass(frozen=True)
class Proxied:
    """A database behind the proxy: the same, at another port."""

    database: Database
    port: int

    @property
    def url(self) -> str:
        return self.database.url.replace(f":{self.database.server.port}/", f":{self.port}/")


@dataclass(frozen=True)
class Faults:
    """`idle` seconds of silence cut a connection, as a load balancer does; `answer_to` is a statement that reaches the
    server but whose answer is lost with the connection, if that has sent `after` before."""

    idle: float = 3600.0
    after: bytes = b""
    answer_to: bytes = b"\0never\0"


@contextmanager
def proxy(database: Database, faults: Faults):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, database.server.port, faults), daemon=True).start()
    try:
        yield Proxied(database, listener.getsockname()[1])
    finally:
        listener.close()


def _accept(listener: socket.socket, port: int, faults: Faults) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_relay, args=(client, server, faults), daemon=True).start()


def _relay(client: socket.socket, server: socket.socket, faults: Faults) -> None:
    other: dict[Any, socket.socket] = {client: server, server: client}
    armed = not faults.after
    with client, server, suppress(OSError):
        while ready := select.select(list(other), [], [], faults.idle)[0]:
            for end in ready:
                data = end.recv(1 << 16)
                if not data:
                    return
                other[end].sendall(data)
                if end is client and armed and faults.answer_to in data:
                    time.sleep(0.5)  # long enough for the server to have done it
                    return
                armed = armed or faults.after in data
