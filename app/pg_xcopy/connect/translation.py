"""The driver's errors become ours, once, at the border; values of rows and secrets stay behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import psycopg2

from pg_xcopy.connect.dsn import redact
from pg_xcopy.errors import ConnectionFailedError, DatabaseError

CERTIFICATES = "Check sslmode, the certificates and their keys."
SERVICES = "See the service file: PGSERVICEFILE, or ~/.pg_service.conf."
_LOST = "the connection was lost"
_NO_CONNECTION = "08001"
"""Of a server that could not connect to another: it quotes libpq, and no rows."""
_RAISED = "P0001"
"""SQLSTATE of RAISE EXCEPTION that names no other."""

_RAISES = re.compile(r"PL/pgSQL [^\n]* RAISE$", re.MULTILINE)
"""How CONTEXT begins, in any language, of an exception that a function raised under whatever SQLSTATE."""

_ABOUT_ENCODINGS = {"22021", "22P05"}
"""What these quote are the names of encodings."""


class DriverError(Exception):
    """Stands for the driver's own error in a chain of causes: its class and what may be shown of its message."""

    def __init__(self, error: psycopg2.Error, shown: str) -> None:
        super().__init__(f"{type(error).__module__}.{type(error).__qualname__}: {shown}")


def connection_failed(
    error: psycopg2.Error, side: str, label: str, hidden: Iterable[str], translated: Callable[[str], str] = str
) -> ConnectionFailedError:
    """Say why a server could not be reached, and what usually mends it; `translated` names what only we know of."""
    text = translated(redact(str(error), hidden))
    kinds = {
        "password authentication failed": "Check the user and the password.",
        "no password supplied": "Put the password into the URL, a password file (~/.pgpass) or PGPASSWORD.",
        "certificate": CERTIFICATES,
        "private key": CERTIFICATES,
        "definition of service": SERVICES,
        "service file": SERVICES,
        "no pg_hba.conf entry": "The server does not accept this user from this address, or not with this sslmode: see "
        "its pg_hba.conf.",
        "does not exist": "Check the name of the database and of the role.",
        "Connection refused": "Check host and port, and that the server runs.",
        "No such file": "No server listens on that socket: check host and port.",
        "timeout expired": "Check host, port and firewall, or raise connect_timeout.",
        "could not translate host name": "Check the host's name.",
        "too many": "The server has no connection to spare: lower `parallel` or raise max_connections.",
        "SSL": CERTIFICATES,
    }
    advice = next((hint for sign, hint in kinds.items() if sign in text), "")
    failed = ConnectionFailedError(side, label, _one_line(text), advice)
    failed.__cause__ = DriverError(error, failed.reason)
    return failed


def database_error(error: psycopg2.Error, side: str, label: str, doing: str, hidden: Iterable[str]) -> DatabaseError:
    """Keep the server's primary message and code, and where in a COPY it was.

    The rest of DETAIL and CONTEXT is left behind: they quote keys and whole rows, and a log is no place for them.
    """
    primary = error.diag.message_primary if error.diag else None
    if "no message from the libpq" in str(error):
        primary = _LOST
    state = error.pgcode or ""
    if state == _NO_CONNECTION and error.diag.message_detail:
        primary = f"{primary}: {_one_line(error.diag.message_detail)}"
    context = (error.diag.context if error.diag else None) or ""
    reason = _without_values(redact(_one_line(primary or _first_line(str(error)) or _LOST), hidden), state)
    if side == "target" and (state == _RAISED or _RAISES.match(context)):
        reason = _raised(context)
    place = _place_in_copy(context)
    failed = DatabaseError(side, label, doing, reason + place, state)
    failed.__cause__ = DriverError(error, failed.reason)
    return failed


def not_utf8(side: str, label: str, doing: str) -> DatabaseError:
    """Say that the driver could not read an answer, under the code that a server has for it."""
    return DatabaseError(side, label, doing, "bytes that are no character in UTF8", "22021")


def _without_values(reason: str, state: str) -> str:
    """Mask what a data exception (class 22) quotes, in any language's quotes: a value, or a part of one."""
    if not state.startswith("22") or state in _ABOUT_ENCODINGS:
        return reason
    return re.sub(r'["«»„“](.|\n)*["«»“”]', '"…"', reason)


def _raised(context: str) -> str:
    """Stand for what a trigger's function says: its author may have put a row into it."""
    found = re.match(r"PL/pgSQL function (.+) line \d+ at ", context)
    return (
        f"{f'function {found[1]}' if found else 'a function'} raised an exception, whose text is in that server's log"
    )


def _place_in_copy(context: str) -> str:
    """Give the column and the row, as far as a server that speaks English says them; behind them it quotes the row."""
    found = re.search(r"^COPY [^,:\n]*, line (\d+)(?:, column ([^,:\n]+)(?=[:\n]|$))?", context, re.MULTILINE)
    if not found:
        return ""
    line, column = found.groups()
    return f", column {column}, row {line}" if column else f", row {line}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _one_line(text: str) -> str:
    """Fold libpq's lines into one, without the question that it ends refusals with: the hint says what to check."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("Is the server running")).rstrip(".")
