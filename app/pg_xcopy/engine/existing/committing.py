"""COMMIT, and what became of it when its answer is lost with the connection."""

from __future__ import annotations

import time

from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.target import open_writer
from pg_xcopy.errors import DatabaseError, XcopyError
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

PAUSE, ATTEMPTS = 0.5, 120
"""Seconds between two questions, and how many of them: a server that lost its client is soon through with it."""


def commit(session: Session, address: Address) -> None:
    """Commit; a COMMIT whose answer is lost is an error only if the server says that it did not happen, or nothing."""
    txid = int(session.value(render("existing/own_transaction.sql"), "committing"))
    try:
        session.commit()
    except DatabaseError as error:
        if not (error.connection_lost and _was_committed(txid, address)):
            raise


def _was_committed(txid: int, address: Address) -> bool:
    try:
        with Sessions("pg-xcopy asking what was committed") as own, open_writer(address, own) as session:
            session.begin_writer(search_path([]))
            for _ in range(ATTEMPTS):
                status = session.value(render("existing/transaction_status.sql.j2", txid=txid), "asking")
                if status != "in progress":
                    return bool(status == "committed")
                time.sleep(PAUSE)
    except XcopyError:  # the first cause is what matters
        return False
    return False
