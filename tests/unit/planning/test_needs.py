"""Which types, functions and sequences come along, and in which order they can be made."""

from catalogs import column, designed, domain, enum, function, key, sequence, source, table

MOOD = enum("mood", "sad", "happy", oid=10)
UNUSED = enum("unused", "x", oid=20)


def names(needs):
    return [each.name.name for each in needs.objects]


def test_a_type_that_a_column_has():
    catalog = source(table("t", column("m", "mood", type_oid=10)), types=(UNUSED, MOOD))

    _, needs = designed({"t": {}}, catalog)

    assert names(needs) == ["mood"]


def test_an_array_stands_for_its_elements():
    catalog = source(table("t", column("m", "mood[]", type_oid=11)), types=(MOOD,))

    assert names(designed({"t": {}}, catalog)[1]) == ["mood"]


def test_a_type_of_a_column_that_is_left_out_stays_behind():
    catalog = source(table("t", "id", column("m", "mood", type_oid=10)), types=(MOOD,))

    assert names(designed({"t": {"transform": {"m": None}}}, catalog)[1]) == []


def test_everything_brings_unused_types_too():
    catalog = source(table("t", "id"), types=(MOOD, UNUSED))

    assert names(designed({"*": {}}, catalog)[1]) == ["mood", "unused"]


def test_what_is_needed_comes_first():
    wrapped = domain("a_wrapper", "mood", oid=30, types=(10,), functions=(40,))
    checker = function("checker", oid=40, functions=(50,), types=(11,))
    helper = function("helper", oid=50)
    catalog = source(
        table("t", column("m", "a_wrapper", type_oid=30)), types=(wrapped, MOOD), functions=(checker, helper)
    )

    made = names(designed({"t": {}}, catalog)[1])

    assert sorted(made) == ["a_wrapper", "checker", "helper", "mood"]
    assert made.index("mood") < made.index("checker") < made.index("a_wrapper")
    assert made.index("helper") < made.index("checker")


def test_functions_of_defaults_checks_and_indexes():
    catalog = source(
        table(
            "t",
            column("id", expression="one()", functions=(40,)),
            "x",
            constraints=(key("k", "x", kind="c", functions=(41,)),),
        ),
        functions=(function("one", oid=40), function("two", oid=41), function("three", oid=42)),
    )

    assert names(designed({"*": {}}, catalog)[1]) == ["one", "two"]
    assert names(designed({"t": {"transform": {"x": None}}}, catalog)[1]) == ["one"]


def test_functions_that_call_each_other():
    catalog = source(
        table("t", column("id", expression="ping()", functions=(41,))),
        functions=(function("pong", oid=40, functions=(41,)), function("ping", oid=41, functions=(40,))),
    )

    assert names(designed({"t": {}}, catalog)[1]) == ["ping", "pong"]


def test_a_function_that_calls_itself():
    catalog = source(
        table("t", column("id", expression="f()", functions=(40,))),
        functions=(function("f", oid=40, functions=(40,)),),
    )

    assert names(designed({"t": {}}, catalog)[1]) == ["f"]


# --- Sequences


def sequences(needs):
    return [each.name.name for each in needs.sequences]


def test_sequences_that_are_used_or_owned():
    owned, used, alone = sequence("owned", 1, "id"), sequence("used", oid=5), sequence("alone")
    of_other = sequence("of_other", 2, "id")
    catalog = source(
        table("t", "id", column("n", sequences=(5,)), oid=1),
        table("u", "id", oid=2),
        sequences=(owned, used, alone, of_other),
    )

    assert sequences(designed({"t": {}}, catalog)[1]) == ["owned", "used"]
    assert sequences(designed({"t": {"transform": {"id": None, "n": "1"}}}, catalog)[1]) == ["used"]
    assert sequences(designed({"*": {}}, catalog)[1]) == ["owned", "used", "alone", "of_other"]


def test_sequences_of_identity_columns_are_made_with_the_column():
    catalog = source(
        table("t", column("id", identity="a"), oid=1),
        table("u", column("id", identity="a"), oid=2),
        sequences=(sequence("t_id_seq", 1, "id", identity=True), sequence("u_id_seq", 2, "id", identity=True)),
    )

    _, needs = designed({"t": {}}, catalog)

    assert needs.sequences == ()
    assert [each.name.name for each in needs.identities.values()] == ["t_id_seq"]
