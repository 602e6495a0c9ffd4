"""Owners, grants and default privileges carry over to what bears the same name."""

from catalogs import column, grant, in_staging, plan, sequence, source, standing, standing_table, table, target
from msgspec.structs import replace

from pg_xcopy.catalog.standing import StandingObject

CATALOG = source(
    table("users", column("id", sequences=(5,)), "email", oid=1), sequences=(sequence("users_id_seq", 1, "id", oid=5),)
)


def steps(into, tables=None, **given):
    made = plan(tables or {"*": {}}, CATALOG, into, **given)
    return [step for step in (*made.prepare, *made.settle) if step.doing.startswith("carrying over")]


def statements(*grants, objects=(), tables=None, **given):
    into = target(standing(*objects, grants=grants, **given))
    return [in_staging(step.sql) for step in steps(into, tables)]


def test_of_the_schema():
    assert statements(grant("schema", "USAGE"), grant("schema", "CREATE", grantee=None, grantable=True)) == [
        'GRANT USAGE ON SCHEMA staging TO "reader"',
        "GRANT CREATE ON SCHEMA staging TO PUBLIC WITH GRANT OPTION",
    ]


def test_of_tables_columns_and_sequences():
    assert statements(
        grant("table", "SELECT", "users"),
        grant("column", "UPDATE", "users", column="email"),
        grant("sequence", "USAGE", "users_id_seq"),
    ) == [
        'GRANT SELECT ON TABLE "users" TO "reader"',
        'GRANT UPDATE ("email") ON TABLE "users" TO "reader"',
        'GRANT USAGE ON SEQUENCE "users_id_seq" TO "reader"',
    ]


def test_of_what_does_not_come_again():
    gone = (
        grant("table", "SELECT", "forgotten"),
        grant("column", "SELECT", "users", column="phone"),
        grant("column", "SELECT", "users", column="email"),
        grant("sequence", "USAGE", "other_seq"),
    )

    assert statements(*gone, tables={"users": {"transform": {"email": None}}}) == []


def test_defaults_are_there_before_the_first_table():
    into = target(standing(grants=(grant("default", "SELECT", for_role="boss", object_kind="TABLES"),)))

    first = plan({"*": {}}, CATALOG, into).prepare[0]

    assert in_staging(first.sql) == (
        'ALTER DEFAULT PRIVILEGES FOR ROLE "boss" IN SCHEMA staging GRANT SELECT ON TABLES TO "reader"'
    )


def test_owners():
    objects = (standing_table("users", owner="boss"), standing_table("gone", owner="boss"))

    assert statements(objects=objects, owner="admin") == [
        'ALTER SCHEMA staging OWNER TO "admin"',
        'ALTER TABLE "users" OWNER TO "boss"',
    ]


def test_owners_of_sequences_that_stand_alone():
    catalog = replace(CATALOG, sequences=(*CATALOG.sequences, sequence("free", oid=6)))
    objects = tuple(StandingObject("sequence", name, f"app.{name}", "boss") for name in ("free", "users_id_seq"))

    made = plan({"*": {}}, catalog, target(standing(*objects)))

    assert in_staging(made.settle[-1].sql) == 'ALTER SEQUENCE "free" OWNER TO "boss"'
    assert len([step for step in made.settle if "OWNER" in step.sql]) == 1


def test_owners_where_the_tables_are_moved():
    """Who is to own a table must be allowed to create one in the schema where it stands."""
    assert statements(objects=(standing_table("users", owner="boss"),), ours=False, owner="admin") == [
        'GRANT CREATE ON SCHEMA staging TO "boss"',
        'ALTER TABLE "users" OWNER TO "boss"',
    ]


def test_what_we_own_needs_no_step():
    assert statements(objects=(standing_table("users"),)) == []


def test_all_of_it_is_best_effort():
    into = target(standing(standing_table("users", owner="boss"), grants=(grant("schema", "USAGE"),), owner="admin"))

    assert {step.topic.value for step in steps(into)} == {"privilege not carried over"}


def test_a_schema_that_stays_keeps_its_own():
    into = target(
        standing(
            standing_table("users"), grants=(grant("schema", "USAGE"), grant("table", "SELECT", "users")), ours=False
        )
    )

    assert [in_staging(step.sql) for step in steps(into)] == ['GRANT SELECT ON TABLE "users" TO "reader"']
