"""What waits for what, and what is done together."""

from itertools import combinations
from random import Random

import pytest
from catalogs import foreign_key, index, key, partition_of, partitioned, plan, source, table

from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.integrity.foreign_keys import LARGE
from pg_xcopy.planning.rows.shape import PART_BYTES
from pg_xcopy.planning.schedule import SMALL, TOGETHER, Load, Make, Validate, make_schedule


def works(*relations, **options):
    return make_schedule(plan({"*": {}}, source(*relations), **options))


def named(name, size=0, **given):
    return table(name, "id", bytes=size, blocks=size // 8192, **given)


def before(schedule, place):
    """All works that must be done before one, by their places."""
    direct = schedule[place].after
    return direct.union(*(before(schedule, each) for each in direct)) if direct else frozenset()


def places(schedule, kind):
    return [place for place, work in enumerate(schedule) if isinstance(work.task, kind)]


def making(schedule, text):
    (place,) = [p for p in places(schedule, Make) if any(text in step.sql for step in schedule[p].task.steps)]
    return place


def test_small_tables_are_made_loaded_and_completed_together():
    schedule = works(*(named(f"t{i}", 100, indexes=(index(f"i{i}", "id"),)) for i in range(TOGETHER + 1)))

    assert [len(schedule[place].task.parts) for place in places(schedule, Load)] == [TOGETHER, 1]
    assert all(schedule[place].task.together for place in places(schedule, Make))
    made, completed = places(schedule, Make)[:2], places(schedule, Make)[2:]
    assert [schedule[place].after for place in made] == [frozenset(), frozenset()]
    assert [schedule[place].after for place in places(schedule, Load)] == [{place} for place in made]
    assert [schedule[place].after for place in completed] == [{place} for place in places(schedule, Load)]


def test_what_hangs_together_is_not_made_apart():
    root = partitioned("root", "id", "id")
    parent = named("parent")
    child = named("child", parents=(parent.oid,))
    made = plan({"*": {}}, source(root, partition_of(root, "part"), parent, child, named("alone")))

    assert [each.table.name for each in made.separate] == ["alone"]


def test_what_is_not_so_small_any_more_is_not_put_together():
    schedule = works(*(named(f"t{i}", SMALL - 1) for i in range(3)))

    assert [len(schedule[place].task.parts) for place in places(schedule, Load)] == [1, 1, 1]


def test_keys_when_all_parts_are_in_then_indexes_at_once_then_statistics():
    schedule = works(
        named("t", 8 * PART_BYTES, constraints=(key("pk", "id"),), indexes=(index("i", "id"), index("j", "id"))),
        parallel=2,
    )

    keys, one, other, last = (making(schedule, text) for text in ('"pk"', '"i"', '"j"', "ANALYZE"))
    assert schedule[keys].after == frozenset(places(schedule, Load))
    assert len(places(schedule, Load)) == 4
    assert schedule[one].after == schedule[other].after == {keys}
    assert schedule[last].after == {one, other}


@pytest.mark.parametrize("size", [0, SMALL])
def test_a_partitioned_table_comes_after_its_partitions(size):
    root = partitioned("root", "id", "id", constraints=(key("root_pk", "id"),))
    part = partition_of(root, "part", bytes=size, constraints=(key("part_pk", "id", inherited=True),))

    schedule = works(root, part)

    assert making(schedule, '"part_pk"') in before(schedule, making(schedule, '"root_pk"'))


def test_a_partition_waits_for_rows_that_come_through_its_root():
    root = partitioned("root", "id", "id")
    middle = partition_of(root, "middle", partition_key="RANGE (id)", partition_columns=("id",))
    part = partition_of(middle, "part", constraints=(key("part_pk", "id"),))
    made = plan({"root": {"transform": {"id": "id + 1"}}}, source(root, middle, part))

    schedule = make_schedule(made)

    assert [copy.target.name for copy in made.copies] == ["root"]
    assert before(schedule, making(schedule, '"part_pk"')) >= set(places(schedule, Load))


@pytest.mark.parametrize(("size", "apart"), [(0, 0), (LARGE, 1)])
def test_foreign_keys_come_last_and_those_of_large_tables_are_validated_apart(size, apart):
    users = named("users", constraints=(key("users_pk", "id"),))
    orders = named("orders", size, constraints=(foreign_key("fk", "id", "users"),))

    schedule = works(users, orders)

    added = making(schedule, "FOREIGN KEY")
    assert before(schedule, added) >= {*places(schedule, Load), making(schedule, '"users_pk"')}
    assert [schedule[place].after for place in places(schedule, Validate)] == [{added}] * apart


def chain(length):
    """Tables each of which refers to the next."""
    first = named("t0", constraints=(key("k0", "id"),))
    refers = (
        named(f"t{i}", constraints=(key(f"k{i}", "id"), foreign_key(f"f{i}", "id", f"t{i - 1}")))
        for i in range(1, length)
    )
    return (first, *refers)


def adding_keys(schedule):
    return [place for place in places(schedule, Make) if schedule[place].task.phase is Phase.FOREIGN_KEYS]


def at_once(schedule, chosen):
    """Pairs of works of which neither waits for the other."""
    return [
        (one, other)
        for one, other in combinations(chosen, 2)
        if one not in before(schedule, other) and other not in before(schedule, one)
    ]


def locked_by(made, work):
    """All tables that adding these keys locks: both ends of each, and what hangs together with them."""
    ends = {end for each in made.foreign_keys if each.add in work.task.steps for end in (each.table, each.refers_to)}
    kin = {each.table: {each.table, *each.parents} for each in made.finish}
    while (more := {table for table, near in kin.items() if near & ends}.union(*(kin[end] for end in ends))) - ends:
        ends |= more
    return ends


def test_keys_of_a_chain_are_added_in_groups_at_once():
    schedule = works(*chain(6 * TOGETHER + 1))

    groups = adding_keys(schedule)
    first = [place for place in groups if not before(schedule, place) & set(groups)]
    assert len(groups) == 6
    assert len(first) == 3


def test_keys_to_one_table_are_added_in_turn():
    hub = named("hub", constraints=(key("hub_pk", "id"),))
    schedule = works(
        hub, *(named(f"t{i}", constraints=(foreign_key(f"f{i}", "id", "hub"),)) for i in range(2 * TOGETHER + 1))
    )

    groups = adding_keys(schedule)
    assert len(groups) == 3
    assert at_once(schedule, groups) == []


@pytest.mark.parametrize("seed", range(20))
def test_no_two_groups_of_keys_that_lock_the_same_table_are_added_at_once(seed):
    chosen = Random(seed)
    root = partitioned("root", "id", "id", constraints=(key("root_pk", "id"),))
    parts = [partition_of(root, f"part{i}", constraints=(key(f"pk{i}", "id", inherited=True),)) for i in range(4)]
    plain = [
        named(
            f"t{i}",
            constraints=(
                key(f"k{i}", "id"),
                *(
                    foreign_key(f"f{i}_{j}", "id", to)
                    for j, to in enumerate(
                        chosen.choices(("root", "part1", *(f"t{chosen.randrange(120)}" for _ in range(3))), k=2)
                    )
                ),
            ),
        )
        for i in range(120)
    ]
    made = plan({"*": {}}, source(root, *parts, *plain))
    schedule = make_schedule(made)

    groups = adding_keys(schedule)
    assert sorted(step.sql for place in groups for step in schedule[place].task.steps) == sorted(
        each.add.sql for each in made.foreign_keys
    )
    for one, other in at_once(schedule, groups):
        assert not locked_by(made, schedule[one]) & locked_by(made, schedule[other])
    for place in groups:
        steps = {
            step
            for each in before(schedule, place)
            if isinstance(schedule[each].task, Make)
            for step in schedule[each].task.steps
        }
        complete = {each.table for each in made.finish if steps.issuperset(each.steps)}
        assert locked_by(made, schedule[place]) <= complete


def test_what_begins_the_longest_chain_weighs_most():
    """A part of a table with indexes before a larger one of a table without; rows before the indexes of others."""
    indexed = named("t", 4 * PART_BYTES, constraints=(key("pk", "id"),), indexes=(index("i", "id"),))
    plain = named("plain", 3 * PART_BYTES)

    schedule = works(indexed, plain, parallel=2)

    weights = {place: schedule[place].weight for place in range(len(schedule))}
    parts = [place for place in places(schedule, Load) if schedule[place].task.parts[0][0].source.name == "t"]
    others = set(places(schedule, Load)) - set(parts)
    keys, built = making(schedule, '"pk"'), making(schedule, '"i"')
    assert (len(parts), len(others)) == (3, 2)
    assert min(weights[place] for place in parts) > max(weights[place] for place in others)
    assert min(weights[place] for place in others) > weights[keys] > weights[built] > 0


def test_nothing_weighs_less_than_what_waits_for_it():
    users = named("users", 9 * PART_BYTES, constraints=(key("users_pk", "id"),), indexes=(index("i", "id"),))
    orders = named("orders", LARGE, constraints=(foreign_key("fk", "id", "users"),))

    schedule = works(users, orders, named("small", 100))

    assert all(schedule[place].weight >= work.weight for work in schedule for place in work.after)


def test_everything_is_done_once():
    root = partitioned("root", "id", "id")
    relations = (root, partition_of(root, "part"), named("small"), named("large", 8 * PART_BYTES))
    made = plan({"*": {}}, source(*relations), parallel=2)

    schedule = make_schedule(made)

    loaded = [part for place in places(schedule, Load) for part in schedule[place].task.parts]
    steps = [step for place in places(schedule, Make) for step in schedule[place].task.steps]
    assert sorted(loaded, key=str) == sorted(
        ((copy, part) for copy in made.copies for part in range(len(copy.copy_to))), key=str
    )
    expected = [step for each in (*made.separate, *made.finish) for step in each.steps]
    assert sorted(steps, key=str) == sorted(expected, key=str)
