"""YAML as plain data: which words are special, where things stand, what is said of a bad file."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.yaml_reader import read_yaml


def raw(text):
    return read_yaml(text.encode(), "f").raw


def complaints(content):
    with pytest.raises(ManifestError) as caught:
        read_yaml(content if isinstance(content, bytes) else content.encode(), "f")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("true", True), ("True", True), ("FALSE", False),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("null", None), ("~", None), ("", None), ("NULL", None), ("nULL", "nULL"),
        ("0", 0), ("-7", -7), ("+7", 7), ("010", "010"), ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"),
        ("9" * 100, int("9" * 100)), ("9" * 5000, "9" * 5000),
        ("1.50", Decimal("1.50")), (".5", Decimal("0.5")), ("-1.", Decimal(-1)), ("1e3", Decimal(1000)),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("01.5", "01.5"), (".inf", ".inf"), ("1.2.3", "1.2.3"), (".", "."),
        ("2023-01-01", "2023-01-01"), ("2023-01-01 10:00:00", "2023-01-01 10:00:00"), ("12:30", "12:30"),
        ("=", "="), ("'true'", "true"), ('"1"', "1"), ("!!str 1", "1"), ('!!int "1"', 1),
    ],
)  # fmt: skip
def test_scalars(scalar, value):
    assert raw(f"key: {scalar}\n") == {"key": value}


@pytest.mark.parametrize(("escaped", "text"), [(r"\ud83d\ude00", "😀"), (r"\U0001F600", "😀"), (r"\ud83d", "\ud83d")])
def test_escapes_of_json(escaped, text):
    assert raw(f'"{escaped}": "{escaped}"') == {text: text}


def test_numbers_keep_their_digits():
    assert str(raw("price: 1.50")["price"]) == "1.50"


def test_keys_are_text_as_written():
    assert list(raw("no: 1\n1: 1\nnull: 1\n010: 1\n2023-01-01: 1\n'<<': 1\n")) == [
        "no", "1", "null", "010", "2023-01-01", "<<",
    ]  # fmt: skip


def test_anchors_and_merge_keys():
    text = """
      base: &base {a: 1, b: {c: 2}}
      more: &more {b: 3, d: 4}
      one: {<<: *base, a: 5}
      all: {x: 0, <<: [*base, *more]}
      same: *base
    """

    read = raw(text)

    assert read["one"] == {"a": 5, "b": {"c": 2}}
    assert read["all"] == {"a": 1, "b": {"c": 2}, "d": 4, "x": 0}
    assert read["same"] == read["base"]


def test_positions():
    positions = read_yaml("jobs:\n  é: {a: [1, 22],\n      b: x}\n".encode(), "f").positions

    assert positions.keys["jobs", "é"] == (2, 3)
    assert positions.values["jobs", "é"] == (2, 6)
    assert positions.values["jobs", "é", "a", 1] == (2, 14)
    assert positions.keys["jobs", "é", "b"] == (3, 7)
    assert positions.of_value(("jobs", "é", "b", "nothing", "known")) == (3, 7)
    assert positions.of_key(("elsewhere",)) == (0, 0)


def test_positions_of_what_is_merged_are_those_of_the_anchor():
    positions = read_yaml(b"a: &a\n  x: 1\n  y: 1\nb:\n  y: 2\n  <<: *a\n", "f").positions

    assert positions.keys["b", "x"] == (2, 3)
    assert positions.keys["b", "y"] == (5, 3)
    assert positions.values["b",] == (5, 3)


def test_byte_order_mark_and_carriage_returns():
    assert read_yaml("\ufeffa: 1\r\nb: 2\r\n".encode(), "f").raw == {"a": 1, "b": 2}


@given(
    st.dictionaries(
        st.text(max_size=63),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(10**60), 10**60) | st.text(),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=63), inner, max_size=4),
            max_leaves=20,
        ),
        min_size=1,
    )
)
def test_reads_back_any_json(data):
    assert raw(json.dumps(data)) == data


QUOTE = "(quote texts with special characters)"
COLON = "(check this line's indentation and the line above, or quote a text that contains ': ')"
FLOW = '(inside { } or [ ], put "${…}" in quotes)'
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("jobs:\n\ta: 1\n", "f:2:1: a tab is used for indentation (YAML indents with spaces only)"),
        ("jobs:\r\n  \ta:\n", "f:2:3: a tab is used for indentation (YAML indents with spaces only)"),
        ("jobs:\n  a: 'x\n", "f:2:6: this is not valid YAML: a quote is opened here and never closed"),
        (
            "jobs: {a: 1\n",
            f"f:1:7: this is not valid YAML: a bracket is opened here and never closed {FLOW}",
        ),
        (
            "a: {b: 1\nc: 2",
            f"f:2:2: this is not valid YAML: a comma or a closing bracket is missing before this ':' {FLOW}",
        ),
        ("jobs: [a, 1\n", f"f:1:7: this is not valid YAML: a bracket is opened here and never closed {FLOW}"),
        ("a: {url: ${X}}", f"f:1:11: this is not valid YAML: a comma or a closing bracket is missing {FLOW}"),
        ("jobs: a: b\n", f"f:1:8: this is not valid YAML: a ':' is out of place {COLON}"),
        ("a:\n  b\n  c: 1\n", f"f:3:4: this is not valid YAML: a ':' is out of place {COLON}"),
        ("a: 1\nb\nc: 2\n", f"f:3:1: this is not valid YAML: a key without a ':' after it {QUOTE}"),
        (
            "a:\n  b: 1\n c: 2",
            "f:3:2: this is not valid YAML: this line is not indented like the ones it belongs to",
        ),
        (
            "a: - b\n",
            "f:1:4: this is not valid YAML: a '-' is out of place (a list starts on the line below its key)",
        ),
        ("a: [b,, c]\n", "f:1:7: this is not valid YAML: something is missing, or too much, here"),
        (
            "a: *b\n",
            'f:1:4: this is not valid YAML: this alias (*name) has no anchor (&name) above it (quote it: "*")',
        ),
        (
            "*: {}\n",
            "f:1:2: this is not valid YAML: '*' and '&' at the start have a meaning of their own (quote it: \"*\")",
        ),
        (
            "a: &b 1\nc: &b 2",
            'f:2:4: this is not valid YAML: this anchor (&name) is defined twice (quote it: "*")',
        ),
        (
            "a: >= 5\n",
            f"f:1:5: this is not valid YAML: '>' and '|' at the start have a meaning of their own {QUOTE}",
        ),
        ("a: @b\n", f"f:1:4: this is not valid YAML: a text can't start with this character {QUOTE}"),
        ("a: !e!b c\n", f"f:1:4: this is not valid YAML: tags (!…) are not supported {QUOTE}"),
        (
            'a: "\\q"\n',
            "f:1:4: this is not valid YAML: an unknown escape in double quotes"
            " (put texts with backslashes in single quotes)",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "f:2:1: this is not valid YAML: a second document ('---') starts here (put all jobs under one jobs:)",
        ),
        ("a: 1\n...\nb\n", "f:3:1: this is not valid YAML: there is text outside of the document"),
        ("a: " + "[" * 100_000, "f:1:67: this is not valid YAML: this is nested too deeply"),
        ("a: " + "{a: " * 5000 + "}" * 5000, "f:1:253: this is not valid YAML: this is nested too deeply"),
        ("", "f: the file is empty (a manifest has at least the key jobs)"),
        ("# a comment\n", "f: the file is empty (a manifest has at least the key jobs)"),
        ("---\n", "f: the file is empty (a manifest has at least the key jobs)"),
        ("- a\n", "f:1:1: expected a mapping with the key jobs, found a list"),
        ("\nhello\n", "f:2:1: expected a mapping with the key jobs, found a single value"),
        (
            "a: 1\nb: \0\n",
            "f:2:4: the character U+0000 can't be in a YAML file (in double quotes, write it as an escape)",
        ),
        (b"a: 1\n\xc3\xa9: \xe9\n", "f:2:4: this is not UTF-8 text (save it as UTF-8)"),
        ("a: 1".encode("utf-16"), "f:1:1: this is not UTF-8 text (save it as UTF-8)"),
        ("a: !Ref b\n", "f:1:4: a: the tag !Ref is not supported (quote a text that starts with !)"),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "f:1:4: a: the tag !!python/object/apply:os.system is not supported (quote a text that starts with !)",
        ),
        ("a: !!set {b}\n", "f:1:4: a: the tag !!set is not supported (quote a text that starts with !)"),
        ("a: !!int b\n", "f:1:4: a: this is not what the tag !!int says (leave the tag out)"),
        ("a:\n  x: &x {y: *x}\n", "f:2:6: this anchor (&name) contains itself"),
        ("a: &x [*x]\n", "f:1:4: this anchor (&name) contains itself"),
        (BOMB, "f:1:12: the aliases (*name) unfold to far too much"),
        ("? [a, b]\n: 1\n", 'f:1:3: a key must be plain text (inside { }, put "${…}" in quotes)'),
        ("a:\n  <<: 1\n", "f:2:7: a: '<<' takes a mapping, or a list of mappings"),
        ("a: 1\nb: 2\na: 3\n", "f:3:1: a: this key is written twice, first in line 1, column 1"),
    ],
)
def test_bad_files(content, complaint):
    assert complaints(content) == [complaint]


def test_aliases_can_not_add_up_to_endless_depth():
    nested = "".join(f"k{n}: &k{n} {'[' * 40}{f'*k{n - 1}' if n else ''}{']' * 40}\n" for n in range(40))

    assert complaints(nested)[0].endswith("the aliases (*name) unfold to far too much")


def test_all_duplicate_keys_are_reported():
    assert complaints("a: {b: 1, b: 2}\nc: {d: 1, d: 2, d: 3}\n") == [
        "f:1:11: a.b: this key is written twice, first in line 1, column 5",
        "f:2:11: c.d: this key is written twice, first in line 2, column 5",
        "f:2:17: c.d: this key is written twice, first in line 2, column 5",
    ]


def test_a_long_list_is_no_bomb():
    assert len(raw("a: [" + "1," * 200_000 + "]")["a"]) == 200_000


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with suppress(ManifestError):
        assert isinstance(raw(text), dict)
