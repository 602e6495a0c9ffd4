"""Binary or text: in which of COPY's formats the values of a table travel, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import TypeName, UserType
from pg_xcopy.planning.versions import INFINITE_INTERVALS, LENIENT_OIDS

SYSTEM = "pg_catalog"
BINARY: Mapping[str, str] = {
    "bool": "one byte",
    "int2": "network byte order",
    "int4": "network byte order",
    "int8": "network byte order",
    "oid": "network byte order",
    "xid": "network byte order",
    "xid8": "network byte order",
    "cid": "network byte order",
    "tid": "block and offset, network byte order",
    "pg_lsn": "network byte order",
    "float4": "IEEE 754, network byte order",
    "float8": "IEEE 754, network byte order",
    "money": "an integer, whatever the locale",
    "numeric": "decimal digits in groups of four",
    "char": "one byte",
    "name": "text in the client's encoding",
    "text": "text in the client's encoding",
    "varchar": "text in the client's encoding",
    "bpchar": "text in the client's encoding",
    "refcursor": "text in the client's encoding",
    "json": "text in the client's encoding",
    "jsonb": "a version byte and its text",
    "jsonpath": "a version byte and its text",
    "bytea": "the bytes themselves",
    "uuid": "sixteen bytes",
    "date": "days since 2000, since 8.4 on all builds",
    "time": "microseconds; floating-point builds ended with PostgreSQL 10",
    "timetz": "microseconds and the zone",
    "timestamp": "microseconds since 2000",
    "timestamptz": "microseconds since 2000, UTC",
    "interval": "microseconds, days and months",
    "bit": "a length and its bytes",
    "varbit": "a length and its bytes",
    "inet": "family, mask and bytes",
    "cidr": "family, mask and bytes",
    "macaddr": "six bytes",
    "macaddr8": "eight bytes",
    "point": "float8 each",
    "line": "float8 each",
    "lseg": "float8 each",
    "box": "float8 each",
    "path": "a flag and float8 each",
    "polygon": "float8 each",
    "circle": "float8 each",
    "tsvector": "lexemes as text with their positions",
    "txid_snapshot": "network byte order",
    "pg_snapshot": "network byte order",
    "int4range": "a flag and its bounds",
    "int8range": "a flag and its bounds",
    "numrange": "a flag and its bounds",
    "daterange": "a flag and its bounds",
    "tsrange": "a flag and its bounds",
    "tstzrange": "a flag and its bounds",
    "int4multirange": "its ranges",
    "int8multirange": "its ranges",
    "nummultirange": "its ranges",
    "datemultirange": "its ranges",
    "tsmultirange": "its ranges",
    "tstzmultirange": "its ranges",
}
"""Types of the server's own whose binary form is the same from PostgreSQL 12 to 18, with what it is made of.

From the send and receive functions of PostgreSQL's source (src/backend/utils/adt). Not among them: xml, whose
binary form carries an encoding declaration that the text form does not; tsquery, int2vector and oidvector, of
which the receiving functions refuse the empty ones; regclass and its like, which are OIDs in binary and names
in text.
"""

EXTENSIONS = {"citext": "text in the client's encoding", "hstore": "a count, keys and values as text"}
"""Types of extensions, by their own names, of which the same holds."""


class Formats(Struct, frozen=True, dict=True):
    """Decides for one pair of servers."""

    source: SourceCatalog
    target: TargetCatalog

    @cached_property
    def _user_types(self) -> Mapping[tuple[str, str], UserType]:
        return {(each.name.schema, each.name.name): each for each in self.source.types}

    @cached_property
    def _extension_types(self) -> frozenset[str]:
        return frozenset(each.name for each in self.source.extensions if each.name in EXTENSIONS)

    def why_text(self, types: Iterable[TypeName]) -> str:
        """Say which of these types must travel as text, and why; empty if all may travel in binary."""
        return next((reason for each in types if (reason := self._why(each))), "")

    def _why(self, one: TypeName) -> str:
        if one.schema == SYSTEM:
            return self._why_not_built_in(one.name)
        strict = self.target.server.version < LENIENT_OIDS
        if one.array and strict:
            return f"an array of {one.name} carries an OID that the target does not have"
        user = self._user_types.get((one.schema, one.name))
        if user is None:
            return "" if one.name in self._extension_types else f"nothing is known of the binary form of {one.name}"
        foreign = next((each for each in user.parts if each.schema != SYSTEM), None)
        if user.kind == "c" and foreign and strict:
            return f"{one.name} carries the OID of {foreign.name}, which the target does not have"
        return self.why_text(user.parts)

    def _why_not_built_in(self, name: str) -> str:
        newer = self.source.server.version >= INFINITE_INTERVALS > self.target.server.version
        if name == "interval" and newer:
            return "an older server takes an infinite interval for a finite one"
        return "" if name in BINARY else f"nothing is known of the binary form of {name}"
