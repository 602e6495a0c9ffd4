"""Strategies for schemas that nobody would write: as a script of SQL, so that what fails can be read and replayed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from ipaddress import ip_network
from xml.sax.saxutils import escape

from edges import TEXTS, array, edges_of, row, span
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

LONGEST = 63
SYSTEM_COLUMNS = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")
NASTY = [
    *(
        "select",
        "user",
        "table",
        "order",
        "Upper",
        "two words",
        'quo"te',
        "it's",
        "dot.ted",
        "%s",
        "%(a)s",
        "{x}",
        "$1",
    ),
    *("a\nb", "\r\n", "\t", "--", "/*", "*/", ";", "\\", "\\N", "*", "?", ":a", "NULL", "1", "''", '"', " ", "é", "🐘"),
    *("x" * LONGEST, "é" * 31, "🐘" * 15, "\u202e", "\u2028", "e\u0301", "_a", "{{ x }}", "{% x %}", "${x}"),
]


@dataclass(frozen=True)
class Kind:
    """A type as SQL spells it and its values as its input function takes them; `base` says how arrays are written."""

    type: str
    values: SearchStrategy[str]
    base: str = ""


@dataclass(frozen=True)
class Generated:
    """The script that fills schema `name`, and the schema that it is copied into."""

    name: str
    into: str
    script: list[str]


# --- Names


def fitting(name, longest=LONGEST):
    """As much of a name as PostgreSQL keeps; never an empty one, and none that is reserved for itself."""
    kept = name.encode()[:longest].decode(errors="ignore") or "x"
    return f"not {kept}"[:30] if kept.startswith("pg_") or kept in SYSTEM_COLUMNS else kept


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
NAMES = (st.sampled_from(NASTY) | TEXT | st.lists(st.sampled_from(NASTY), min_size=2, max_size=3).map("".join)).map(
    fitting
)


def several(strategy, least, most):
    return st.lists(strategy, min_size=least, max_size=most, unique=True)


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


# --- Values


def integers(bits):
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def spans(values):
    """Ranges between two values in their order, or without a bound."""
    ordered = st.tuples(values, values).map(sorted)
    ends = st.tuples(ordered, st.booleans(), st.booleans()).map(lambda each: (*_unless(each[1:], each[0]),))
    return st.builds(lambda ends, bounds: span(*ends, bounds), ends, st.sampled_from(["[)", "[]", "(]", "()"]))


def _unless(left_out, ends):
    return (None if without else str(end) for end, without in zip(ends, left_out, strict=True))


def formatted(pattern, *strategies):
    return st.builds(pattern.format, *strategies)


FINITE = st.floats(-1e15, 1e15)
PLACES = formatted("({},{})", FINITE, FINITE)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
JSON = st.builds(json.dumps, DOCUMENTS, ensure_ascii=st.booleans())
PRINTABLE = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
OFFSETS = st.sampled_from(["+00", "-15:59:59", "+05:45", "+00:00:01"])
LEXEMES = TEXT.filter(bool).map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "''") + "'")
DIGITS = st.text("01", max_size=70)

RANDOM = {
    "smallint": integers(16).map(str),
    "integer": integers(32).map(str),
    "bigint": integers(64).map(str),
    "numeric": st.decimals(-(10**30), 10**30, places=12).map(str),
    "numeric(5,2)": st.decimals("-999.99", "999.99", places=2).map(str),
    "real": st.floats(width=32).map(str),
    "double precision": st.floats().map(str),
    "money": st.decimals(-(10**14), 10**14, places=2).map(lambda number: f"{number:f}"),
    "text": TEXT,
    "varchar(70)": TEXT,
    'text COLLATE "C"': TEXT,
    "char(5)": TEXT.map(lambda text: text[:5]),
    "name": TEXT,
    "bytea": st.binary(max_size=20).map(lambda data: "\\x" + data.hex()),
    "date": st.dates().map(str),
    "time": st.times().map(str),
    "timetz": formatted("{}{}", st.times(), OFFSETS),
    "timestamp": st.datetimes().map(str),
    "timestamptz": formatted("{}{}", st.datetimes(), OFFSETS),
    "interval": formatted(
        "{} mons {} days {}.{:06} secs", integers(32), integers(32), integers(31), st.integers(0, 999999)
    ),
    "uuid": st.uuids().map(str),
    "json": JSON,
    "jsonb": JSON,
    "xml": PRINTABLE.map(lambda text: f"<a>{escape(text)}</a>"),
    "inet": st.ip_addresses().map(str),
    "cidr": st.builds(
        lambda address, bits: str(ip_network((address, bits), strict=False)), st.ip_addresses(), st.integers(0, 32)
    ),
    "macaddr": st.binary(min_size=6, max_size=6).map(lambda data: data.hex(":")),
    "macaddr8": st.binary(min_size=8, max_size=8).map(lambda data: data.hex(":")),
    "bit(9)": st.text("01", min_size=9, max_size=9),
    "varbit": DIGITS,
    "point": PLACES,
    "lseg": formatted("[{},{}]", PLACES, PLACES),
    "box": formatted("{},{}", PLACES, PLACES),
    "path": st.lists(PLACES, min_size=1, max_size=3).map(lambda places: f"[{','.join(places)}]"),
    "polygon": st.lists(PLACES, min_size=1, max_size=3).map(lambda places: f"({','.join(places)})"),
    "circle": formatted("<{},{}>", PLACES, st.floats(0, 1e15)),
    "tsvector": st.lists(LEXEMES, max_size=3).map(" ".join),
    "pg_lsn": formatted("{:X}/{:X}", st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    "int4range": spans(st.integers(-(2**31), 2**31 - 2)),
    "int8range": spans(st.integers(-(2**63), 2**63 - 2)),
    "numrange": spans(st.decimals(-(10**9), 10**9, places=3)),
    "daterange": spans(st.dates()),
    "tsrange": spans(st.datetimes()),
}
"""Values at random, beside the edges, of those types that have many."""


def built_in(major):
    """The types that a server of this version knows, each with its edges and its random values."""
    edges = {}
    for kind, values in edges_of(major):
        edges.setdefault(kind, []).extend(values)
    return [
        Kind(kind, st.sampled_from(values) | RANDOM.get(kind, st.nothing()), base=kind)
        for kind, values in edges.items()
    ]


# --- Types


def arrays_of(kind):
    """Arrays of one dimension or two, of any length, with NULL and with bounds other than 1."""
    element = st.none() | kind.values
    flat = st.lists(element, max_size=3)
    rectangular = st.integers(1, 2).flatmap(
        lambda width: st.lists(st.lists(element, min_size=width, max_size=width), min_size=1, max_size=2)
    )
    lower = st.sampled_from([1, 0, -7, 2_000_000_000])
    values = st.builds(lambda each, lower: array(each, kind.base, lower if each else 1), flat | rectangular, lower)
    bare, _, collation = kind.type.partition(" COLLATE ")
    return Kind(f"{bare}[] COLLATE {collation}" if collation else f"{bare}[]", values)


@st.composite
def enums(draw, name, kinds):  # noqa: ARG001 - all of these are called alike
    labels = draw(several(NAMES | st.just(""), 1, 4))
    return f"CREATE TYPE {identifier(name)} AS ENUM ({', '.join(map(literal, labels))})", Kind(
        identifier(name), st.sampled_from(labels)
    )


@st.composite
def domains(draw, name, kinds):
    kind = draw(st.sampled_from(kinds))
    check = draw(st.none() | st.tuples(NAMES, TEXT))
    rule = f" CONSTRAINT {identifier(check[0])} CHECK (VALUE::text <> {literal(f'no {check[1]}')})" if check else ""
    default = draw(st.sampled_from(["", " DEFAULT NULL"]) | kind.values.map(lambda value: f" DEFAULT {literal(value)}"))
    return f"CREATE DOMAIN {identifier(name)} AS {kind.type}{default}{rule}", replace(kind, type=identifier(name))


@st.composite
def composites(draw, name, kinds):
    attributes = draw(several(NAMES, 1, 3))
    types = [draw(st.sampled_from(kinds) | st.sampled_from(kinds).map(arrays_of)) for _ in attributes]
    inside = ", ".join(f"{identifier(each)} {kind.type}" for each, kind in zip(attributes, types, strict=True))
    values = st.tuples(*(st.none() | kind.values for kind in types)).map(row)
    return f"CREATE TYPE {identifier(name)} AS ({inside})", Kind(identifier(name), values)


@st.composite
def ranges(draw, name, kinds):  # noqa: ARG001
    subtype, values = draw(st.sampled_from([("double precision", FINITE), ("time", st.times()), ("uuid", st.uuids())]))
    short = identifier(fitting(name, 52))  # what a server does with a longer one is in test_encodings.py
    return f"CREATE TYPE {short} AS RANGE (subtype = {subtype})", Kind(short, spans(values) | st.just("empty"))


# --- Tables


@dataclass(frozen=True)
class Column:
    """A column as CREATE TABLE has it, and the strategy for its values, NULL included where it may be."""

    definition: str
    values: SearchStrategy[str | None]


@st.composite
def columns(draw, kinds):
    kind = draw(st.sampled_from(kinds) | st.sampled_from(kinds).map(arrays_of))
    required = draw(st.booleans())
    default = draw(st.none() | kind.values)
    definition = kind.type + " NOT NULL" * required + (f" DEFAULT {literal(default)}" if default is not None else "")
    return Column(definition, kind.values if required else st.none() | kind.values)


KEYS = {
    "integer": str,
    "integer GENERATED BY DEFAULT AS IDENTITY": str,
    "bigint GENERATED ALWAYS AS IDENTITY (START -100 INCREMENT -3)": str,
    "text": lambda number: TEXTS[number % len(TEXTS)] + str(number),
}


ROWS = st.sampled_from([0, 1, 5, 9])
"""How many; integers at random are mostly small."""


@st.composite
def tables(draw, name, kinds):
    """Make a table, fill it, drop a column that it had; its key, if any, is its first column."""
    *names, lost = draw(several(NAMES, 1, 9))
    made = {each: draw(columns(kinds)) for each in names}
    key = draw(st.none() | st.sampled_from(list(KEYS))) if names else None
    rows = [[draw(each.values) for each in made.values()] for _ in range(draw(ROWS))]
    if key:
        made[names[0]] = Column(f"{key} PRIMARY KEY", st.nothing())
        rows = [[KEYS[key](number), *others] for number, (_, *others) in enumerate(rows)]
    parts = [f"{identifier(each)} {column.definition}" for each, column in made.items()]
    parts.insert(draw(st.integers(0, len(parts))), f"{identifier(lost)} text DEFAULT 'lost'")
    unlogged = draw(st.sampled_from(["", " UNLOGGED"]))
    return [
        f"CREATE{unlogged} TABLE {name} ({', '.join(parts)})",
        *(_insert(name, names, values) for values in rows),
        f"ALTER TABLE {name} DROP {identifier(lost)}",
    ]


def _insert(table, names, values):
    if not names:
        return f"INSERT INTO {table} DEFAULT VALUES"
    into = ", ".join(map(identifier, names))
    return f"INSERT INTO {table} ({into}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(map(literal, values))})"


@st.composite
def schemas(draw, major):
    """A few types, each of which may be made of those before it, and a few tables of them."""
    name, into = draw(NAMES), draw(NAMES)
    kinds, own = built_in(major), []
    script = [f"CREATE SCHEMA {identifier(name)}", f"SET search_path = {identifier(name)}"]
    names = draw(several(NAMES, 1, 7))  # all at once, because a table is a type, too
    count = draw(st.integers(1, 4))
    for each in names[count:]:
        make = draw(st.sampled_from([enums, domains, composites, ranges]))
        statement, kind = draw(make(each, kinds + own * 20))
        script.append(statement)
        own.append(kind)
    for each in names[:count]:
        script += draw(tables(identifier(each), kinds + own * 20))
    return Generated(name, into, script)
