"""Which unquoted words of YAML are more than text.

YAML 1.1, which PyYAML follows by itself, reads `no` as false, 2023-01-01 as a date, 010 as eight and 12:30 as
750. Here only what YAML 1.2's core schema knows is special, less the numbers that would lose a leading zero.
A date or a time that stays text reaches PostgreSQL unchanged, which reads it as the type of the column.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from yaml.resolver import BaseResolver

if TYPE_CHECKING:
    from collections.abc import Callable

TAG = "tag:yaml.org,2002:"
STR, MERGE, MAP, SEQ = TAG + "str", TAG + "merge", TAG + "map", TAG + "seq"

# More digits than a bigint or a double can have stay text: Python refuses to read thousands of them.
_PATTERNS = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(?:0|[1-9][0-9]{0,99})",
    "float": r"[-+]?(?:(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{0,99})?|\.[0-9]{1,99})(?:[eE][-+]?[0-9]{1,4})?",
    "merge": r"<<",
}
_REGEXES = {TAG + kind: re.compile(rf"(?:{pattern})\Z") for kind, pattern in _PATTERNS.items()}


def joined(text: str) -> str:
    """Join the halves of the characters that JSON, which is YAML too, writes as two escapes."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:  # half of one: the models refuse it, and know where it stands
        return text


# A decimal, not a float: a number reaches PostgreSQL with the digits it was written with.
_READERS: dict[str, Callable[[str], Any]] = {
    STR: joined,
    TAG + "null": lambda _: None,
    TAG + "bool": lambda text: text.lower() == "true",
    TAG + "int": int,
    TAG + "float": Decimal,
}


class ScalarResolver(BaseResolver):
    """Tag unquoted scalars by the patterns above, in their order; everything else is text."""


for _tag, _regex in _REGEXES.items():
    ScalarResolver.add_implicit_resolver(_tag, _regex, None)


def is_known(tag: str) -> bool:
    """Tell whether scalars may bear this tag."""
    return tag in _READERS or tag == MERGE


def read(tag: str, text: str) -> Any:  # noqa: ANN401 - a scalar is whatever the file says
    """Turn the text of a scalar into the value its tag stands for; raises ValueError if it does not fit."""
    if tag in _REGEXES and not _REGEXES[tag].match(text):
        raise ValueError(tag)
    return _READERS.get(tag, joined)(text)
