"""In which order existing tables are filled: parents first, cycles cut where a key can wait."""

import pytest
from catalogs import Reference, existing, key, partition_of, partitioned, table

from pg_xcopy.planning.existing.order import load_order, truncate_problems
from pg_xcopy.sql.names import TableName


def tables(**references):
    """Tables by their letters; `a="bc"` refers to b and c, an upper-case letter by a deferrable key."""
    made = {name: table(name, "id", constraints=(key(f"{name}_pkey", "id"),)) for name in "abcde"}
    keys = tuple(
        Reference(
            f"{name}_{to.lower()}",
            made[name].oid,
            made[name].name,
            made[to.lower()].oid,
            deferrable=to.isupper(),
        )
        for name, others in references.items()
        for to in others
    )
    return tuple(made.values()), existing(*made.values(), references=keys)


def ordered(*, together=True, **references):
    order = load_order(*tables(**references), together=together)
    return (
        "".join(each.name.name for each in order.tables),
        [each.name for each in order.deferred],
        list(order.problems),
    )


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        ({}, "abcde"),
        ({"a": "b", "b": "c"}, "cdeba"),
        ({"a": "e", "e": "d", "d": "c", "c": "b"}, "bcdea"),
        ({"a": "a", "b": "b"}, "abcde"),
        ({"c": "ab", "a": "b"}, "bdeac"),
    ],
)
def test_parents_first(references, expected):
    assert ordered(**references) == (expected, [], [])


@pytest.mark.parametrize(
    ("references", "deferred"),
    [
        ({"a": "B", "b": "a"}, ["a_b"]),
        ({"a": "b", "b": "C", "c": "a"}, ["b_c"]),
        ({"a": "B", "b": "a", "c": "D", "d": "c"}, ["a_b", "c_d"]),
        ({"a": "BC", "b": "ac", "c": "a"}, ["a_b", "a_c"]),
    ],
)
def test_a_cycle_is_cut_where_a_key_is_deferrable(references, deferred):
    tables_in_order, cut, problems = ordered(**references)

    assert (sorted(tables_in_order), cut, problems) == (list("abcde"), deferred, [])


def test_a_cycle_that_nothing_cuts_is_named():
    _, deferred, problems = ordered(a="b", b="c", c="a", d="E", e="d")

    assert deferred == ["d_e"]
    assert [str(each) for each in problems] == [
        "app.a and app.b and app.c: they refer to each other, so none of them can be filled first:"
        " app.a.a_b, app.b.b_c, app.c.c_a (make one of them DEFERRABLE)"
    ]


@pytest.mark.parametrize(
    ("references", "hint"),
    [
        ({"a": "B", "b": "a"}, "set `transaction: job`: one of these keys is deferrable, within one transaction"),
        ({"a": "b", "b": "a"}, "make one of them DEFERRABLE, with `transaction: job`"),
    ],
)
def test_in_transactions_of_their_own_no_key_can_wait(references, hint):
    _, deferred, (problem,) = ordered(**references, together=False)

    assert (deferred, problem.hint) == ([], hint)


def refused(emptied, *, together=True, **references):
    made, catalog = tables(**references)
    chosen = tuple(each for each in made if each.name.name in emptied)
    problems = truncate_problems(chosen, catalog, together=together)
    return [(each.subject, each.message.split(", as ")[1].split(" (")[0], each.hint) for each in problems]


def test_what_others_refer_to_can_only_be_emptied_with_them():
    copy_too = "copy app.{} too, or use `mode: upsert`"

    assert refused("ab", a="b") == []
    assert refused("b", a="b", c="b", b="b") == [
        ("app.b", "app.a refers to it", copy_too.format("a")),
        ("app.b", "app.c refers to it", copy_too.format("c")),
    ]
    assert refused("ab", a="b", together=False) == [("app.b", "app.a refers to it", "set `transaction: job`")]


def test_partitions_stand_for_their_table_and_it_for_them():
    root = partitioned("p", "id", "id")
    part, child = partition_of(root, "p1"), table("c", "p")
    to_part = Reference("c_p", child.oid, child.name, part.oid)
    to_root = Reference("c_p", child.oid, child.name, root.oid)

    for reference in (to_part, to_root):
        catalog = existing(root, part, child, references=(reference,))
        order = load_order((child, root), catalog, together=True)
        assert [each.name for each in order.tables] == [TableName("app", "p"), TableName("app", "c")]
        assert len(list(truncate_problems((root,), catalog, together=True))) == 1
        assert len(list(truncate_problems((part,), catalog, together=True))) == 1
