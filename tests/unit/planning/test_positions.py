"""Sequences continue from where the source's stand."""

from catalogs import column, in_staging, partition_of, partitioned, plan, sequence, source, table

T = table("t", column("id", identity="d"), "n", oid=1)


def settled(catalog, tables=None):
    made = plan(tables or {"*": {}}, catalog)
    return [in_staging(step.sql) for step in made.settle], [str(notice) for notice in made.notices]


def test_position():
    catalog = source(
        T,
        sequences=(
            sequence("t_id_seq", 1, "id", identity=True, last_value=7, is_called=True),
            sequence("alone", last_value=1, is_called=False),
        ),
    )

    assert settled(catalog) == (
        [
            "SELECT pg_catalog.setval('\"alone\"'::regclass, 1, false)",
            "SELECT pg_catalog.setval('\"t_id_seq\"'::regclass, 7, true)",
        ],
        [],
    )


def test_negative_position_is_not_read_as_an_operator():
    catalog = source(T, sequences=(sequence("s", last_value=-7, increment=-1, minimum=-9, maximum=-1),))

    assert settled(catalog)[0] == ["SELECT pg_catalog.setval('\"s\"'::regclass, (-7), false)"]


def test_unreadable_sequence_continues_beyond_what_was_copied():
    catalog = source(
        T,
        sequences=(
            sequence("t_id_seq", 1, "id", identity=True, readable=False, increment=-1),
            sequence("t_n_seq", 1, "n", readable=False),
            sequence("alone", readable=False),
        ),
    )

    statements, notices = settled(catalog)

    assert [" ".join(each.split()) for each in statements] == [
        "SELECT pg_catalog.setval('\"t_n_seq\"'::regclass, furthest) "
        'FROM (SELECT max("n")::pg_catalog.int8 AS furthest FROM "t" WHERE "n" BETWEEN 1 AND 2147483647) AS copied '
        "WHERE furthest IS NOT NULL",
        "SELECT pg_catalog.setval('\"t_id_seq\"'::regclass, furthest) "
        'FROM (SELECT min("id")::pg_catalog.int8 AS furthest FROM "t" WHERE "id" BETWEEN 1 AND 2147483647) AS copied '
        "WHERE furthest IS NOT NULL",
    ]
    assert [notice.split(":")[0] for notice in notices] == ["app.t_n_seq", "app.alone", "app.t_id_seq"]
    assert [notice.split(": ", 2)[-1] for notice in notices] == [
        "it continues beyond the copied values, as the role may not read it"
        ' (ask for: GRANT SELECT ON "app"."t_n_seq" TO "worker")',
        'it starts anew, as the role may not read it (ask for: GRANT SELECT ON "app"."alone" TO "worker")',
        "it continues beyond the copied values, as the role may not read it"
        ' (ask for: GRANT SELECT ON "app"."t_id_seq" TO "worker")',
    ]


def test_identity_that_is_left_out_or_transformed():
    catalog = source(T, sequences=(sequence("t_id_seq", 1, "id", identity=True, last_value=7),))

    assert settled(catalog, {"t": {"transform": {"id": None}}})[0] == []
    assert len(settled(catalog, {"t": {"transform": {"id": "id + 1"}}})[0]) == 1


def test_identity_of_a_partition_is_its_root_s():
    root = partitioned("e", "at", column("id", identity="a"), "at", oid=1)
    catalog = source(
        root, partition_of(root, "e_1", oid=2), sequences=(sequence("e_id_seq", 1, "id", identity=True, last_value=3),)
    )

    assert settled(catalog)[0] == ["SELECT pg_catalog.setval('\"e_id_seq\"'::regclass, 3, false)"]
