"""Which columns the target has, and what is selected for each."""

from catalogs import column, job, source, table

from pg_xcopy.planning.selecting.columns import choose_columns, column_notices, column_problems
from pg_xcopy.planning.selecting.selection import select

USERS = table(
    "users",
    column("id", not_null=True),
    column("email", "character varying(40)"),
    column("phone", "text"),
    column("phone_digits", "text", generated="s", expression="digits(phone)", depends_on=("phone",)),
    column("label", "text", generated="s", expression="upper(email)", depends_on=("email",)),
)


def choose(transform, name="users"):
    (selected,) = select(job({name: {"transform": transform}}), source(USERS)).tables
    return selected, choose_columns(selected, USERS)


def plans(columns):
    return {each.name: (each.expression, each.transformed) for each in columns.plans}


def test_without_a_transform_all_is_as_it_is():
    _, columns = choose({})

    assert plans(columns) == {
        "id": ('"id"', False),
        "email": ('"email"', False),
        "phone": ('"phone"', False),
        "phone_digits": (None, False),
        "label": (None, False),
    }


def test_transformed_and_left_out():
    _, columns = choose({"email": "lower(email)", "phone": None, "phone_digits": "''"})

    assert plans(columns) == {
        "id": ('"id"', False),
        "email": ("lower(email)", True),
        "phone_digits": ("''", True),
        "label": (None, False),
    }
    assert columns.left_out == {"phone"}
    assert columns.transformed == {"email", "phone_digits"}


def test_order_is_the_tables_own():
    _, columns = choose({"phone": "'1'", "id": "id + 1"})

    assert [each.name for each in columns.kept] == ["id", "email", "phone", "phone_digits", "label"]


def test_a_generated_column_goes_with_what_it_needs_and_it_is_said():
    _, columns = choose({"phone": None})

    notices = column_notices(USERS, columns, frozenset({"phone"}))

    assert columns.left_out == {"phone", "phone_digits"}
    assert [str(each) for each in notices] == [
        "app.users.phone_digits: column left out: it is generated from phone, which is left out"
    ]


def test_unknown_column_of_a_named_table():
    selected, _ = choose({"emial": None, "zzz": "1"})

    assert [str(each) for each in column_problems(selected)] == [
        "app.users: `transform` names a column emial that it does not have (did you mean email?)",
        "app.users: `transform` names a column zzz that it does not have"
        " (it has id, email, phone, phone_digits, label)",
    ]


def test_under_a_pattern_a_transform_is_for_those_that_have_the_column():
    selected, columns = choose({"emial": None, "phone": None}, name="*")

    assert list(column_problems(selected)) == []
    assert columns.left_out == {"phone", "phone_digits"}


def test_no_column_left():
    selected, _ = choose({"id": None, "email": None, "phone": None})

    assert [str(each) for each in column_problems(selected)] == [
        "app.users: `transform` leaves no column (exclude the table instead)"
    ]


def test_a_table_that_never_had_columns_is_fine():
    (selected,) = select(job(), source(table("empty"))).tables

    assert list(column_problems(selected)) == []
    assert choose_columns(selected, selected.relation).plans == ()
