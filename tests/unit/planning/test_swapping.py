"""How the new schema takes the old one's place, what falls with it, and what forbids it."""

import pytest
from catalogs import (
    RETIRED,
    STAGING,
    column,
    dependent,
    enum,
    extension,
    function,
    in_staging,
    partition_of,
    partitioned,
    plan,
    sequence,
    source,
    standing,
    standing_table,
    table,
    target,
)

from pg_xcopy.catalog.objects import UserType
from pg_xcopy.catalog.standing import StandingObject
from pg_xcopy.errors import PlanError
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

CATALOG = source(table("users", "id", oid=1), sequences=(sequence("alone"), sequence("users_id_seq", 1, "id")))
BESIDE = "pg-xcopy: retired schema for app; safe to drop when no run is under way"


def swap(into, catalog=CATALOG, **given):
    return plan({"*": {}}, catalog, into, **given).swap


def statements(into, catalog=CATALOG):
    return [in_staging(each) for each in swap(into, catalog).statements]


def refused(into, **given):
    with pytest.raises(PlanError) as caught:
        plan({"*": {}}, CATALOG, into, **given)
    return caught.value.reasons


def notices(into, **given):
    return [str(each) for each in plan({"*": {}}, CATALOG, into, **given).notices]


# --- The method


def test_into_a_schema_that_is_not_there():
    assert statements(target()) == [
        'ALTER SCHEMA staging RENAME TO "app"',
        'COMMENT ON SCHEMA "app" IS NULL',
    ]


def test_by_renaming():
    into = target(standing(comment="it's ours"))

    assert swap(into).reason == ""
    assert statements(into) == [
        'ALTER SCHEMA "app" RENAME TO retired',
        f"COMMENT ON SCHEMA retired IS '{BESIDE}'",
        'ALTER SCHEMA staging RENAME TO "app"',
        "COMMENT ON SCHEMA \"app\" IS 'it''s ours'",
    ]


def test_extensions_come_back_into_the_schema():
    into = target(standing(), extensions=(extension("citext", "app"), extension("hstore", "public")))

    assert statements(into)[-1] == 'ALTER EXTENSION "citext" SET SCHEMA "app"'
    assert "hstore" not in " ".join(statements(into))


@pytest.mark.parametrize(
    ("old", "extensions", "reason"),
    [
        (standing(ours=False, owner="boss"), (), "schema app belongs to boss"),
        (
            standing(),
            (extension("postgis", "app", relocatable=False),),
            "extension postgis lives in it and can't be moved",
        ),
        (
            standing(),
            (extension("citext", "app", ours=False),),
            "extension citext lives in it and belongs to another role",
        ),
    ],
)
def test_by_moving_and_why(old, extensions, reason):
    chosen = swap(target(old, extensions=extensions))

    assert chosen.method.value == "move the objects between the schemas"
    assert chosen.reason == reason


def test_what_is_moved_and_in_which_order():
    old = standing(
        standing_table("users"),
        StandingObject("composite type", "place", "app.place"),
        StandingObject("statistics object", "st", "app.st"),
        StandingObject("function", "f", "app.f(integer)"),
        ours=False,
    )
    root = partitioned("events", "at", column("id", functions=(9,), expression="f(1)"), "at")
    catalog = source(
        table("users", column("mood", "mood", type_oid=7), oid=1),
        root,
        partition_of(root, "events_1"),
        sequences=(sequence("alone"), sequence("owned", 1, "mood")),
        types=(enum("mood", "a", oid=7),),
        functions=(function("f", oid=9),),
    )

    moved = statements(target(old, extensions=(extension("citext", "public"),)), catalog)

    assert moved == [
        f"CREATE SCHEMA retired;\nCOMMENT ON SCHEMA retired IS '{BESIDE}'",
        "ALTER FUNCTION app.f(integer) SET SCHEMA retired",
        "ALTER TABLE app.users SET SCHEMA retired",
        "ALTER TYPE app.place SET SCHEMA retired",
        "ALTER STATISTICS app.st SET SCHEMA retired",
        'SET LOCAL search_path = staging, "public", pg_temp',
        'ALTER FUNCTION "f"(integer) SET SCHEMA "app"',
        'ALTER TYPE "mood" SET SCHEMA "app"',
        'ALTER TABLE "events" SET SCHEMA "app"',
        'ALTER TABLE "events_1" SET SCHEMA "app"',
        'ALTER TABLE "users" SET SCHEMA "app"',
        'ALTER SEQUENCE "alone" SET SCHEMA "app"',
    ]


def a_range(name, **given):
    return UserType((f"pg_type {name}",), TableName("app", name), "r", base_type=Sql("float8"), **given)


@pytest.mark.parametrize(
    ("name", "given", "multirange"),
    [
        ("span", None, "span_multirange"),
        ("floatrange", None, "floatmultirange"),
        ("span", "spans", "spans"),
        ("é" * 31, None, "é" * 26 + "_multirange"),
    ],
)
def test_a_range_is_moved_with_its_multirange_and_the_constructors_of_both(name, given, multirange):
    catalog = source(table("users", "id", oid=1), types=(a_range(name, multirange=given, operator_class=Sql("f")),))

    *_, one, two, three, four, five, range_type, multirange_type, _ = statements(target(standing(ours=False)), catalog)

    assert [one, two, three, four, five, range_type, multirange_type] == [
        f'ALTER FUNCTION "{name}"(float8, float8) SET SCHEMA "app"',
        f'ALTER FUNCTION "{name}"(float8, float8, text) SET SCHEMA "app"',
        f'ALTER FUNCTION "{multirange}"() SET SCHEMA "app"',
        f'ALTER FUNCTION "{multirange}"("{name}") SET SCHEMA "app"',
        f'ALTER FUNCTION "{multirange}"("{name}"[]) SET SCHEMA "app"',
        f'ALTER TYPE "{name}" SET SCHEMA "app"',
        f'ALTER TYPE "{multirange}" SET SCHEMA "app"',
    ]
    assert (
        len([each for each in statements(target(standing(ours=False), version=130000), catalog) if name in each]) == 3
    )


def test_a_range_that_only_a_superuser_could_move():
    catalog = source(table("users", "id", oid=1), types=(a_range("span", operator_class=Sql("f")),))
    into = target(standing(ours=False, owner="boss"), superuser=False)

    with pytest.raises(PlanError) as caught:
        plan({"*": {}}, catalog, into)

    assert caught.value.reasons == (
        "type span: the functions that construct ranges belong to the superuser, so the role worker can't move them,"
        " and the schema can't be renamed: schema app belongs to boss"
        " (run as a role that can rename it, or as a superuser)",
    )


def test_a_sequence_whose_column_was_left_out_is_moved_by_itself():
    catalog = source(
        table("users", "id", column("old", sequences=(5,)), column("new", sequences=(5,)), oid=1),
        sequences=(sequence("s", 1, "old", oid=5),),
    )

    made = plan({"users": {"transform": {"old": None}}}, catalog, target(standing(ours=False)))

    assert in_staging(made.swap.statements[-1]) == 'ALTER SEQUENCE "s" SET SCHEMA "app"'


# --- What falls with the old schema


def test_what_does_not_come_again_is_said():
    old = standing(
        standing_table("users"),
        standing_table("forgotten"),
        standing_table("forgotten_1", is_partition=True),
        StandingObject("view", "users", "app.users_view"),
        StandingObject("sequence", "alone", "app.alone"),
        StandingObject("type", "mood", "app.mood"),
    )

    assert notices(target(old)) == [
        "app.forgotten: dropped with the old schema: this table stands in the target and the copy does not bring it",
        "app.users_view: dropped with the old schema: this view stands in the target and the copy does not bring it",
        "app.mood: dropped with the old schema: this type stands in the target and the copy does not bring it",
    ]
    assert plan({"*": {}}, CATALOG, target(old)).dropped == (
        "table app.users",
        "table app.forgotten",
        "table app.forgotten_1",
        "view app.users_view",
        "sequence app.alone",
        "type app.mood",
    )


VIEW = dependent("view other.report", "table users")
PUBLICATION = dependent("publication of table users in publication feed", "table users", publication=True)


def test_dependents_outside_forbid_the_swap():
    assert refused(target(standing(dependents=(VIEW, PUBLICATION)))) == (
        "target schema app: objects outside it depend on what would be dropped: view other.report (on table users)"
        " (drop them first, or set `cascade: true` to have them dropped too)",
    )


def test_many_dependents_are_counted():
    views = tuple(dependent(f"view v{number}", "t") for number in range(12))

    (reason,) = refused(target(standing(dependents=views)))

    assert "view v9 (on t) and 2 more (drop them first" in reason
    assert "v10" not in reason


def test_dependents_with_cascade_are_warnings():
    assert notices(target(standing(dependents=(VIEW,))), cascade=True) == [
        "view other.report: dropped by cascade: it depends on table users"
    ]


def test_publications_do_not_forbid_but_are_said():
    assert notices(target(standing(dependents=(PUBLICATION,)))) == [
        "publication of table users in publication feed: dropped with the old schema: "
        "it goes with table users; add the new table again"
    ]


# --- What forbids it


def test_a_standby():
    assert refused(target(in_recovery=True, may_create_schemas=False)) == (
        "target: it is a hot standby, which can't be written (connect to its primary)",
    )


def test_no_right_to_create_schemas():
    assert refused(target(may_create_schemas=False)) == (
        "target schema app: the role worker may not create the staging schema beside it"
        ' (ask for: GRANT CREATE ON DATABASE "staging" TO "worker";'
        " the modes append, truncate and upsert fill existing tables without it)",
    )


def test_what_others_own():
    """Only moving an object takes its owner: whoever owns the schema may drop what is in it."""
    old = standing(standing_table("users"), standing_table("theirs", owner="boss", ours=False), ours=False)

    assert refused(target(old)) == (
        "target schema app: the role worker can't drop what others own there: app.theirs"
        " (run as a member of boss, or let the owner hand them over: ALTER TABLE … OWNER TO)",
    )


def test_no_right_to_create_in_a_schema_that_stays():
    assert refused(target(standing(ours=False, owner="boss", may_create=False))) == (
        "target schema app: the role worker may not create tables in it"
        ' (ask for: GRANT CREATE ON SCHEMA "app" TO "worker")',
    )


def test_all_of_it_at_once():
    old = standing(standing_table("theirs", owner="boss", ours=False), dependents=(VIEW,), ours=False)

    assert len(refused(target(old, may_create_schemas=False))) == 3


def test_names_beside_the_target_fit_and_differ():
    assert all(len(name.encode()) <= 63 for name in (STAGING, RETIRED))
    assert STAGING != RETIRED
