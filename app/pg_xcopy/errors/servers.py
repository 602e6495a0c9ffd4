"""What servers and networks refuse or break off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pg_xcopy.errors.root import XcopyError

_SQLSTATE_HINTS = {
    "22021": "It is no UTF-8 text. In a SQL_ASCII database `transform` can say what it is, here LATIN1: "
    "\"convert_from(convert(convert_to(body, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII')\".",
    "22P05": "That database's encoding has no such character: replace it with `transform`, or use a database in UTF8.",
    "42501": "Ask the owner for the privilege it names.",
    "53100": "The disk of that server is full.",
    "53200": "That server ran out of memory, or of locks: see max_locks_per_transaction.",
    "53300": "Lower `parallel`, or raise max_connections.",
    "55P03": "Another session holds a lock on it; try again later.",
    "57P01": "Its administrator, a restart or a failover ended the session; run the job again.",
    "23": "The rows break a rule of the target table: see `where` and `transform`.",
    "40001": "Run the job again: it will take a new snapshot.",
}


_HINTS_OF_QUERIES = {
    "42883": "Check the types; the difference of two dates is a number of days: times interval '1 day' it can be added "
    "to a timestamp.",
    "42P01": "Check the table's name and the schema's.",
    "42601": "Check the SQL in `where` and `transform`.",
    "42703": "Check the column names in `where` and `transform`.",
    "22": "A value does not fit its column: see `where` and `transform`.",
}


_HINTS_OF_VALUES = {
    "23505": "A row with that key is there already, or comes twice: leave it out with `where`, or take `mode: upsert`.",
    "42": "A value is the name of something that is not copied, as those of regclass and its like are, or a function "
    "that generates a column needs what is not: leave out the column with `transform`, or the rows with `where`.",
    "22": "A value does not fit its column: see `where` and `transform`.",
}


READING_THE_CATALOG = "reading the catalog"
"""What is being done, as a DatabaseError says it, while functions of the server's deparse what there is."""

_CHANGED = "Something that it was about to describe has been dropped or changed meanwhile: run the job again."
"""A catalog's rows are of the snapshot, but the functions that deparse them look at what is there now."""

_HINTS_OF_CATALOGS = {"XX000": _CHANGED, "42P01": _CHANGED, "42704": _CHANGED}


@dataclass(eq=False)
class ConnectionFailedError(XcopyError):
    """A server could not be reached or did not let us in."""

    side: str
    label: str
    reason: str
    advice: str = ""

    @property
    def sentence(self) -> str:
        """Which side, where, and what the server or the network said."""
        return f"can't connect to the {self.side} {self.label}: {self.reason}."

    @property
    def hint(self) -> str:
        """What usually mends it."""
        return self.advice


@dataclass(eq=False)
class TunnelFailedError(ConnectionFailedError):
    """A bastion could not be reached, is not the one that was meant, or leads no further. `reason` has the verb."""

    bastion: str = ""

    @property
    def sentence(self) -> str:
        """Which side, which bastion, what it did."""
        return f"can't connect to the {self.side} {self.label}: the bastion {self.bastion} {self.reason}."


@dataclass(eq=False)
class DatabaseError(XcopyError):
    """A server refused or broke off a statement.

    `doing` is a phrase such as "copying shop.users"; `reason` is the server's primary message without the values of
    rows; `sqlstate` is its five-character code, empty where the connection was lost.
    """

    side: str
    label: str
    doing: str
    reason: str
    sqlstate: str = ""

    @property
    def sentence(self) -> str:
        """What was being done, on which side, and what the server said."""
        code = f" (SQLSTATE {self.sqlstate})" if self.sqlstate else ""
        return f"{self.doing}: the {self.side} {self.label} said: {self.reason}{code}."

    @property
    def hint(self) -> str:
        """What to look at, where the code tells."""
        hints = {**_SQLSTATE_HINTS, **self._hints_of_place}
        return hints.get(self.sqlstate) or hints.get(self.sqlstate[:2], "")

    @property
    def _hints_of_place(self) -> Mapping[str, str]:
        """The user's own SQL runs on the source, values arrive on the target; what else runs there is ours."""
        if self.doing == READING_THE_CATALOG:
            return _HINTS_OF_CATALOGS
        if self.side == "source":
            return _HINTS_OF_QUERIES
        return _HINTS_OF_VALUES if self.doing.startswith("copying ") else {}

    @property
    def connection_lost(self) -> bool:
        """Tell whether the session is gone, rather than a statement refused."""
        return not self.sqlstate or self.sqlstate[:2] in {"08", "57"}


@dataclass(eq=False)
class ServerTooOldError(XcopyError):
    """A server is older than what is supported. Versions as PostgreSQL numbers them."""

    side: str
    label: str
    version: int
    oldest: int

    @property
    def sentence(self) -> str:
        """Which server, how old."""
        found = f"{self.version // 10000}.{self.version % 10000}"
        return f"the {self.side} {self.label} is PostgreSQL {found}; the oldest supported is {self.oldest // 10000}."


@dataclass(eq=False)
class ReadOnlyTargetError(XcopyError):
    """The target takes no writes."""

    label: str

    @property
    def sentence(self) -> str:
        """Which target."""
        return f"the target {self.label} is a hot standby, which can't be written."

    @property
    def hint(self) -> str:
        """Connect elsewhere."""
        return "Connect to its primary."


@dataclass(eq=False)
class MissingExtraError(XcopyError):
    """Something that is not installed by default is needed. `purpose` is a clause; `extra` is what pip calls it."""

    purpose: str
    extra: str

    @property
    def sentence(self) -> str:
        """What needs it."""
        return f"{self.purpose}, and what that needs is not installed."

    @property
    def hint(self) -> str:
        """The command that installs it."""
        return f"Run: pip install 'pg-xcopy[{self.extra}]'"
