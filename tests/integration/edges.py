"""The edges of every built-in type, as its input function takes them, and how to write arrays, rows and ranges."""

from __future__ import annotations

import string

PUNCTUATION = ["", " ", "\\N", "\\.", "\\", "\\\\", "NULL", "{}", '"', "'", "$$", "%s", ":a", "\t", "\x01\x7f"]
LINES = ["\n", "\r", "\r\n", "\x0b\x0c", "\x85", "\u2028\u2029", "a\\\nb", "\\.\n", "\n\\.\n", "x\r\\.\r\n", "\ufeff"]
LETTERS = ["é", "e\u0301", "ß", "🐘", "👩‍👩‍👧", "\U0010ffff", "\ufffd", "\u202e", "ﷺ", "日本語", string.printable]
TEXTS = [*PUNCTUATION, *LINES, *LETTERS]

DATES = ["4714-11-24 BC", "0001-12-31 BC", "0001-01-01", "2000-02-29", "5874897-12-31", "infinity", "-infinity"]
TIMESTAMPS = [
    *("4714-11-24 00:00:00 BC", "4713-01-01 00:00:00.000001 BC", "0001-12-31 23:59:59.999999 BC", "0001-01-01"),
    *("1969-12-31 23:59:59.999999", "2023-03-26 02:30:00", "294276-12-31 23:59:59.999999", "infinity", "-infinity"),
]
INTERVALS = [
    *("0", "-178000000 years", "178000000 years", "-2147483648 mons", "2147483647 mons", "-2147483648 days"),
    *("1 mon -1 day", "-1 mon 1 day", "1 year -2 mons 3 days -04:05:06.789", "-00:00:00.000001", "596523:14:07.999999"),
    *("P1Y2M3DT4H5M6.7S", "1-2 3 4:05:06", "@ 1 day ago"),
]
FLOATS = ["0", "-0", "NaN", "Infinity", "-Infinity", "1e-37", "-1e37", "0.1", "1e15", "123456.79"]
POINTS = ["(0,0)", "(-0,1e-300)", "(0.1,1e300)", "(NaN,Infinity)"]
JSON = [
    *("null", "true", '""', "[]", "{}", "1.10", "-0.0", "1e-7", "12345678901234567890.5", '"\\u00e9\\ud83d\\udc18"'),
    *(r'"\\ \" \/ \b \f \n \r \t \\u0000 \\."', '{"": null, "a\\nb": [{"c": []}], "\\"": "\\u2028"}', '"\x7f🐘"'),
]

EDGES = {
    "boolean": ["t", "f"],
    "smallint": ["-32768", "0", "32767"],
    "integer": ["-2147483648", "0", "2147483647"],
    "bigint": ["-9223372036854775808", "0", "9223372036854775807"],
    "numeric": [
        *("NaN", "0", "0.000", "-0.10", "9" * 1000, "-" + "1234567890" * 100 + "." + "0987654321" * 100),
        *("1e-1000", "1e1000", "1." + "0" * 1000, "1e16383"),
    ],
    "numeric(1000,500)": ["9" * 500 + "." + "9" * 500, "-0.1", "NaN"],
    "numeric(5,2)": ["-999.99", "0", "NaN"],
    "real": [*FLOATS, "1.17549435e-38", "3.4028235e38", "1e-45", "16777217"],
    "double precision": [*FLOATS, "2.2250738585072014e-308", "1.7976931348623157e308", "5e-324", "0.30000000000000004"],
    "money": ["-$92,233,720,368,547,758.08", "92233720368547758.07", "0", "-0.01"],
    "text": TEXTS,
    "varchar(70)": [each[:70] for each in TEXTS],
    'text COLLATE "C"': TEXTS,
    "char(5)": ["", "  a", "a  ", "ééééé", "\n\r\t", "\\N"],
    '"char"': ["", "a", "\\", "\n", "\t", "~"],
    "name": ["", "a" * 63, "é" * 31, "\\N", '"', "\n"],
    "bytea": [
        "\\x",
        "\\x" + "".join(f"{byte:02x}" for byte in range(256)),
        "\\x00",
        "\\x5c2e0a",
        "\\x5c4e",
        "\\xff" * 1,
    ],
    "date": DATES,
    "time": ["00:00:00", "23:59:59.999999", "24:00:00", "12:34:56.789"],
    "time(0)": ["00:00:00", "24:00:00"],
    "timetz": ["00:00:00+15:59:59", "24:00:00-15:59:59", "12:34:56.789+05:45:30", "00:00:00-00:00:01", "12:00:00Z"],
    "timestamp": TIMESTAMPS,
    "timestamp(3)": ["1969-12-31 23:59:59.999", "infinity"],
    "timestamptz": TIMESTAMPS,
    "interval": INTERVALS,
    "interval day to second(3)": ["1 day 02:03:04.567", "-1 day"],
    "interval year to month": ["-1 year -2 mons"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "json": [*JSON, '{"a" : 1,\n\t"a": 2}', '"\\u0000"', '"\\ud800"', " [ 1 , 2 ] "],
    "jsonb": JSON,
    "jsonpath": ['$."a\\n"[*] ? (@ > 1)', "strict $.**", "$", '$."🐘"'],
    "xml": ["", "<a b='&lt;\"'>&amp; é 🐘</a>", "text <b/> only", "<![CDATA[ \\. \n ]]>", "<?x y?><!-- é -->"],
    "inet": ["0.0.0.0/0", "10.1.2.3/8", "255.255.255.255", "::", "::ffff:1.2.3.4/96", "fe80::1/64"],
    "cidr": ["0.0.0.0/0", "10.0.0.0/8", "1.2.3.4/32", "::/0", "2001:db8::/32"],
    "macaddr": ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"],
    "macaddr8": ["00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff"],
    "bit(1)": ["0", "1"],
    "bit(9)": ["000000000", "101010101", "111111111"],
    "varbit": ["", "0", "1" * 200],
    "varbit(3)": ["", "101"],
    "point": POINTS,
    "line": ["{1,-1,0}", "{0,1,-0.1}", "{1e-5,0,1e300}"],
    "lseg": ["[(0,0),(0.1,-1)]", "[(1,1),(1,1)]"],
    "box": ["(1,1),(0,0)", "(0.1,-1),(-0.1,1e300)"],
    "path": ["[(0,0),(0.1,1)]", "((0,0),(1,1),(2,0))", "[(1,1)]"],
    "polygon": ["((0,0))", "((0,0),(0.1,1),(1,0.3))"],
    "circle": ["<(0,0),0>", "<(0.1,-1),1e300>", "<(0,0),Infinity>"],
    "tsvector": ["", "a:1A,16383B b:2 c", "'it''s' '\\\\' ' '", "'é🐘':3", "'\n'"],
    "tsquery": ["", "a & !b | c", "'it''s':*AB <-> 'é' <3> d", "!!(a <-> b)", "'\\\\'"],
    "pg_lsn": ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"],
    "txid_snapshot": ["10:20:10,14,15", "1:1:", "9223372036854775806:9223372036854775807:9223372036854775806"],
    "oid": ["0", "4294967295"],
    "xid": ["0", "4294967295"],
    "cid": ["0", "4294967295"],
    "tid": ["(0,0)", "(4294967295,65535)"],
    "oidvector": ["", "1 4294967295"],
    "int2vector": ["", "-32768 32767"],
    "regtype": ["integer", "text[]", "-", "999999"],
    "regclass": ["pg_class", "-", "4294967295"],
    "regproc": ["now", "-", "4294967294"],
    "refcursor": ["\\N", "é"],
    "int4range": ["empty", "(,)", "[-2147483648,5)", "[1,2]", "(,2147483647)"],
    "int8range": ["empty", "(,)", "[1,9223372036854775807)"],
    "numrange": ["empty", "(,)", "[0.10,1.1]", "(0,1)", "[NaN,NaN]", "[1,1]"],
    "daterange": ["empty", "[-infinity,infinity]", "[4714-11-24 BC,2000-01-01)", "(,5874897-12-31)"],
    "tsrange": [
        "empty",
        '["4714-11-24 00:00:00 BC",infinity)',
        '["2000-01-01 00:00:00.000001",]',
        "[-infinity,infinity]",
    ],
    "tstzrange": ["empty", '["4714-11-24 00:00:00+00 BC",infinity)', '(,"2024-01-02 03:04:05+05:45"]'],
}
"""Those that PostgreSQL 12 knows, by the type's name."""

LATER_EDGES = {
    13: {"xid8": ["0", "18446744073709551615"], "pg_snapshot": ["10:20:10,14,15"]},
    14: {
        "numeric": ["Infinity", "-Infinity", "NaN"],
        "int4multirange": ["{}", "{(,)}", "{[1,2),[5,7)}", "{(,1),[3,)}"],
        "nummultirange": ["{}", "{[0.10,1.1],(2,3)}"],
        "tstzmultirange": ["{}", '{(,"2024-01-02 03:04:05+05:45"],["2025-01-01 00:00:00+00",infinity)}'],
    },
    15: {
        "numeric(2,4)": ["0.0099"],
        "numeric(3,-2)": ["99900", "-100"],
        # One microsecond less can be computed, but no server reads what it writes for it.
        "interval": ["-2562047788:00:54.775807", "2562047788:00:54.775807", "-178956970 years -8 mons"],
    },
    16: {'"char"': ["\\200", "\\377"]},
    17: {"interval": ["infinity", "-infinity"]},
}
"""What later versions added, by the version."""


def edges_of(major):
    """All pairs of a type and its edges that a server of this version knows."""
    yield from EDGES.items()
    for since, edges in LATER_EDGES.items():
        if since <= major:
            yield from edges.items()


def array(values, kind="", lower=1):
    """Write an array; `values` may hold lists and None. Boxes are told apart by semicolons, all else by commas."""
    bounds = "".join(f"[{lower}:{lower + length - 1}]" for length in _lengths(values)) + "=" if lower != 1 else ""
    return bounds + _elements(values, ";" if kind == "box" else ",")


def _lengths(values):
    while isinstance(values, list):
        yield len(values)
        values = values[0]


def _elements(values, between):
    if isinstance(values, list):
        return "{" + between.join(_elements(each, between) for each in values) + "}"
    return "NULL" if values is None else '"' + values.replace("\\", "\\\\").replace('"', '\\"') + '"'


def row(values):
    """Write a row; None is NULL."""
    return "(" + ",".join("" if each is None else quoted(each) for each in values) + ")"


def span(lower, upper, bounds="[)"):
    """Write a range; None is no bound."""
    inside = ",".join("" if each is None else quoted(each) for each in (lower, upper))
    return bounds[0] + inside + bounds[1]


def quoted(value):
    """Quote for a row or a range."""
    return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'
