"""Whether a network still carries anything, asked before a call that would wait for it with the interpreter locked."""

from __future__ import annotations

import os
import socket
import struct

_QUESTION = struct.pack("!ii", 8, 80877104)
"""GSSENCRequest (PostgreSQL manual, 55.7): every server since version 12 answers it with a byte."""


def answers(descriptor: int, seconds: float) -> bool:
    """Tell whether whoever is at the other end of an open socket answers a new one, within so many seconds."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as known:
            family, address = known.family, known.getpeername()
        with socket.socket(family, socket.SOCK_STREAM) as new:
            new.settimeout(seconds)
            new.connect(address)
            new.sendall(_QUESTION)
            return bool(new.recv(1))
    except OSError:
        return False
