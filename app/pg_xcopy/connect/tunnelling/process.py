"""The process that holds one tunnel: it logs in, listens on this machine, and says how it is when it is asked.

It is told what to do in one line of JSON on its standard input, and answers in one; then it answers every further line
with the tunnel's state. It ends with its standard input, thus with whoever started it, however that ends.

Why not a thread: the driver keeps the interpreter's lock while it waits for the network, where it sends a cancel
request and where it ends a COPY (psycopg2 2.9, psyco_conn_cancel and _pq_copy_in_v3). A tunnel in the same interpreter
could not carry what it waits for, and both would stand still for ever.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from pg_xcopy.connect.ssh import SshLogin
from pg_xcopy.connect.tunnelling.login import LoginFailedError, log_in
from pg_xcopy.connect.tunnelling.relay import Forward

ANSWERS = 1
"""Standard output."""


def main(orders: dict[str, Any]) -> None:
    """Hold the tunnel that `orders` describes until standard input ends."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever stops all processes at once must not take from the run what its cancel requests travel through.
        signal.signal(each, signal.SIG_IGN)
    try:
        asyncio.run(_hold(orders))
    except Exception as error:  # noqa: BLE001 - whoever waits for an answer gets one
        _say(failed=f"is out of reach: {type(error).__name__} in the process that should log in")


async def _hold(orders: dict[str, Any]) -> None:
    questions = await _standard_input()
    try:
        bastion = await log_in(SshLogin(**orders["login"]), orders["timeout"])
    except LoginFailedError as error:
        _say(failed=error.reason, advice=error.advice)
        return
    forwards = [Forward(bastion, host, port) for host, port in orders["servers"]]
    _say(ports=[await forward.listen() for forward in forwards])
    while question := await questions.readline():
        if b"answers" in question:
            _say(answering=await _answering(forwards, orders["timeout"]))
        else:
            _say(lost=bastion.lost, refused=[forward.refused for forward in forwards if forward.refused])
    bastion.connection.abort()


async def _answering(forwards: Sequence[Forward], seconds: float) -> list[bool]:
    """Ask all servers at once; who has not answered in time, does not."""
    asking = [asyncio.ensure_future(forward.answers()) for forward in forwards]
    await asyncio.wait(asking, timeout=seconds)
    return [each.done() and each.result() for each in asking]


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(**answer: Any) -> None:  # noqa: ANN401 - whatever JSON has
    os.write(ANSWERS, json.dumps(answer).encode() + b"\n")
