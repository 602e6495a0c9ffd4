"""Connection strings: libpq's own parser, and what may be shown of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from pg_xcopy.connect.services import parameters_of

SECRET_KEYWORDS = frozenset({"password", "sslpassword", "oauth_client_secret"})
MASK = "***"
DEFAULT_PORT = 5432
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
}
"""Those that say where a connection leads; the others libpq takes into account by itself."""

_ENCODE = "its host or port makes no sense; a password with '@', ':', '/', '?' or '#' in it must be percent-encoded"


@dataclass(eq=False)
class InvalidDsnError(ValueError):
    """A text is neither a postgresql:// URL nor a libpq keyword/value string. `reason` never quotes any of it."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def parse(dsn: str) -> dict[str, str]:
    """Split a URL or keyword/value string into libpq's parameters.

    Raises InvalidDsnError. libpq's own message quotes what it stumbled over, which may be half a password (one with
    an "@" or a "/" in it), so only its kind is passed on.
    """
    try:
        parameters: dict[str, str] = parse_dsn(dsn)
    except (psycopg2.ProgrammingError, ValueError) as error:
        raise InvalidDsnError(_kind(str(error))) from None
    _refuse_split_password(dsn, parameters)
    return parameters


def effective(dsn: str) -> dict[str, str]:
    """Add what libpq adds of itself: from the service file, then from variables (PostgreSQL manual, 34.15, 34.17)."""
    given = parse(dsn)
    service = given.get("service") or os.environ.get("PGSERVICE")
    variables = {keyword: os.environ[name] for keyword, name in _VARIABLES.items() if os.environ.get(name)}
    if not service:
        return {**variables, **given}
    said = {keyword: value for keyword, value in parameters_of(service).items() if is_keyword(keyword)}
    return {**variables, **said, "service": service, **given}


def _refuse_split_password(dsn: str, parameters: dict[str, str]) -> None:
    """Refuse a URL whose raw "@" or "/" made libpq take the tail of the password for a host or a database."""
    if "://" not in dsn:
        return
    before_query = dsn.split("?", 1)[0]
    if "@" in parameters.get("host", "") or before_query.count("@") > ("user" in parameters):
        raise InvalidDsnError(_ENCODE)
    if not re.fullmatch(r"[\d,]*", parameters.get("port", "")):
        raise InvalidDsnError(_ENCODE)


def _kind(message: str) -> str:
    kinds = {
        "percent-encoded": "it has a '%' that is not followed by two hexadecimal digits",
        "port": _ENCODE,
        "missing key/value separator": "a URL parameter lacks its '='",
        'missing "="': 'it must look like postgresql://user@host/database or "host=… dbname=…"',
        "URI query parameter": "it has a parameter that libpq does not know",
        "invalid connection option": "it has a parameter that libpq does not know",
        "unterminated quoted": "a quote is not closed",
        "IPv6": "its IPv6 address is not closed with ']'",
    }
    return next((said for sign, said in kinds.items() if sign in message), "libpq can't parse it")


def made(parameters: Mapping[str, str]) -> str:
    """Write libpq's parameters as a keyword/value string, whatever is in them."""
    return str(make_dsn(**parameters))


def is_keyword(name: str) -> bool:
    """Tell whether libpq has a parameter of this name."""
    return re.fullmatch(r"[a-z_]+", name) is not None and bool(_parsed_or_nothing(f"{name}=''"))


def describe(dsn: str) -> str:
    """Say where a DSN leads, as `user@host:port/database`, without anything secret."""
    parameters = effective(dsn)
    user, port, name = (parameters.get(keyword, "") for keyword in ("user", "port", "dbname"))
    host = parameters.get("host") or parameters.get("hostaddr") or parameters.get("service") or "localhost"
    return "".join((f"{user}@" if user else "", host, f":{port}" if port else "", f"/{name}" if name else ""))


def servers(dsn: str) -> tuple[tuple[str, int], ...]:
    """List the servers that a DSN leads to, each by its address, or else its name, and its port."""
    parameters = effective(dsn)
    hosts = (parameters.get("hostaddr") or parameters.get("host", "")).split(",")
    ports = parameters.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports  # PostgreSQL manual, 34.1.1.3: one may serve all hosts
    return tuple((host or "localhost", int(port or DEFAULT_PORT)) for host, port in zip(hosts, ports, strict=False))


def secrets(dsn: str) -> frozenset[str]:
    """Collect every spelling of every secret in a DSN, the pieces of a wrongly encoded URL included."""
    found = set(secrets_in(_parsed_or_nothing(dsn)))
    authority = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://(.*)@", dsn, re.DOTALL)
    if authority and ":" in authority.group(1):
        password = authority.group(1).split(":", 1)[1]
        found |= {password, *(piece for piece in re.split(r"[@/:?#]", password) if len(piece) > 2)}  # noqa: PLR2004 - a piece of one or two letters would mask half of any message
    found |= {m.group(2) for m in re.finditer(r"(password|sslpassword)\s*=\s*'?([^\s'&]+)", dsn)}
    return frozenset({*found, *map(unquote, found)} - {""})


def secrets_in(parameters: Mapping[str, str]) -> frozenset[str]:
    """Pick the values that are secret from libpq's parameters."""
    return frozenset(value for key, value in parameters.items() if key in SECRET_KEYWORDS and value)


def redact(text: str, hidden: Iterable[str]) -> str:
    """Replace every secret in `text`, the longest first so that no tail of one is left."""
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _parsed_or_nothing(dsn: str) -> dict[str, str]:
    try:
        return parse(dsn)
    except InvalidDsnError:
        return {}
