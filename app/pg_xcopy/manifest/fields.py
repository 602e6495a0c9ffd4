"""How single values of a manifest are checked, whichever model they belong to."""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pg_xcopy.sql.quoting import Value, literal

SCALARS = (str, bool, int, float, Decimal, date, time, timedelta, UUID)
LISTS = (list, tuple, set, frozenset, range)


def refusal(said: str, hint: str = "") -> PydanticCustomError:
    """Build the error that a validator raises: our own sentence, and how to mend it."""
    return PydanticCustomError("refused", "{said}", {"said": said, "hint": hint})


def _clean_text(text: str) -> str:
    if "\0" in text:
        raise refusal("the text contains a NUL character, which PostgreSQL can't store")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise refusal("the text is not valid Unicode")
    return text


def _not_empty(name: str) -> str:
    if not name:
        raise refusal("a name can't be empty")
    return name


def _on_one_line(name: str) -> str:
    # It stands as it is in messages, logs and tables, which have a line for each job.
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", name):
        raise refusal("the name contains a line break or another control character")
    return name


def _not_blank(sql: str) -> str:
    if not sql.strip():
        raise refusal("the SQL text is blank", "leave the key out where nothing is meant")
    return sql


def scalar(value: object) -> Value:
    """Accept a value that can become a literal, null included."""
    if value is not None and not isinstance(value, SCALARS):
        raise refusal("expected a single value (text, number, true, false or null)")
    return _clean_text(value) if isinstance(value, str) else value


def comparable(value: object) -> Value:
    """Accept a value that something can be less than, greater than or like."""
    if value is None:
        # SQL's comparisons with NULL are never true: such a filter would copy nothing, without a word.
        raise refusal("a comparison with null is never true", "use is_null: true or is_null: false")
    return scalar(value)


def scalars(values: object) -> tuple[Value, ...]:
    """Accept a list of values; an empty one is legal and means that no row matches."""
    if not isinstance(values, LISTS):
        raise refusal("expected a list of values")
    return tuple(_item(value) for value in values)


def _item(value: object) -> Value:
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        raise refusal("a list of values can't hold another list or mapping")
    return scalar(value)


def pair(values: object) -> tuple[Value, Value]:
    """Accept the two ends of a range, both included."""
    if not isinstance(values, list | tuple) or len(values) != 2:  # noqa: PLR2004 - a range has two ends
        raise refusal("expected a list of exactly two values: the lowest and the highest")
    return comparable(values[0]), comparable(values[1])


def expression(value: object) -> str | None:
    """Accept a SQL expression, a number or boolean (as its SQL text), or null to leave the column out."""
    if value is None:
        return None
    if isinstance(value, int | float | Decimal):  # a bool is an int
        return str(literal(value))
    if not isinstance(value, str):
        raise refusal("expected a SQL expression as text, or null to leave the column out")
    if not value.strip():
        raise refusal("the SQL expression is blank", "use null to leave the column out")
    return _clean_text(value)


def updates(value: object) -> str | tuple[str, ...]:
    """Accept which columns of a row that is there already are set: all, none, or a list of them."""
    if value in ("all", "none"):
        return str(value)
    if not isinstance(value, list | tuple) or not value or not all(isinstance(each, str) and each for each in value):
        raise refusal("expected all, none, or a list of columns")
    return tuple(map(_clean_text, value))


def _not_a_flag(value: object) -> object:
    # Python takes True for 1: `parallel: true` would quietly mean one worker.
    if isinstance(value, bool):
        raise refusal(f"expected a whole number, found {str(value).lower()}")
    return value


UNITS = {
    unit: base**power
    for base, units in ((1000, "kB MB GB TB"), (1024, "KiB MiB GiB TiB"))
    for power, unit in enumerate(units.split(), start=1)
} | {"B": 1}
_SIZE = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(UNITS)})")


def size(value: object) -> int:
    """Accept a number of bytes, or text with a unit: 512MB, 1.5 GiB."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise refusal("expected a size in bytes, such as 512MB")
    found = _SIZE.fullmatch(str(value).strip())
    number = int(value) if isinstance(value, int) else int(float(found[1]) * UNITS[found[2]]) if found else 0
    if number < 1:
        raise refusal("expected a size in bytes, such as 512MB", f"the units are {', '.join(UNITS)}")
    return number


def rate(value: object) -> int:
    """Accept bytes a second, or text with a unit: 50MB/s."""
    text = value.strip().removesuffix("/s") if isinstance(value, str) else value
    try:
        return size(text)
    except PydanticCustomError as error:
        raise refusal("expected bytes a second, such as 50MB/s", (error.context or {}).get("hint", "")) from None


def _as_list(value: object) -> object:
    if isinstance(value, str):
        raise refusal("expected a list of names, found text", "put it in brackets: [name]")
    return value


def _nothing_is_empty(value: object) -> object:
    return {} if value is None else value


# What an editor accepts; the validators above say the same to those who write without one.
NON_EMPTY = {"type": "string", "minLength": 1}
NON_BLANK = {"type": "string", "pattern": r"\S"}
ANY_SCALAR = {"type": ["string", "number", "boolean", "null"]}
PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*([kMGT]?B|[KMGT]iB)(/s)?\s*$"
NON_NULL = {"type": ["string", "number", "boolean"]}

Text = Annotated[str, AfterValidator(_clean_text)]
Name = Annotated[Text, AfterValidator(_not_empty), WithJsonSchema(NON_EMPTY)]
Label = Annotated[Name, AfterValidator(_on_one_line)]
Predicate = Annotated[Text, AfterValidator(_not_blank), WithJsonSchema(NON_BLANK)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_list)]
ByteSize = Annotated[int, PlainValidator(size), WithJsonSchema({"type": ["integer", "string"], "pattern": PATTERN})]
Rate = Annotated[int, PlainValidator(rate), WithJsonSchema({"type": ["integer", "string"], "pattern": PATTERN})]
Updates = Annotated[
    str | tuple[str, ...] | None,
    PlainValidator(updates),
    WithJsonSchema({"anyOf": [{"enum": ["all", "none"]}, {"type": "array", "items": NON_EMPTY, "minItems": 1}]}),
]
Count = Annotated[int, BeforeValidator(_not_a_flag)]
Scalar = Annotated[Value, PlainValidator(scalar), WithJsonSchema(ANY_SCALAR)]
Comparable = Annotated[Value, PlainValidator(comparable), WithJsonSchema(NON_NULL)]
Scalars = Annotated[
    tuple[Value, ...],
    PlainValidator(scalars),
    WithJsonSchema({"type": "array", "items": ANY_SCALAR}),
]
Pair = Annotated[
    tuple[Value, Value] | None,
    PlainValidator(pair),
    WithJsonSchema({"type": "array", "items": NON_NULL, "minItems": 2, "maxItems": 2}),
]
Expression = Annotated[
    str | None,
    PlainValidator(expression),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "pattern": r"\S"}),
]
OrNothing = BeforeValidator(_nothing_is_empty)
