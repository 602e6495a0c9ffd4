"""What the targets of a job agree on, so that a SELECT is read once, and what those on one server share."""

import pytest
from catalogs import existing, fill, plan, source, table, target

from pg_xcopy.planning.plan import HELPERS
from pg_xcopy.planning.rows.shape import PART_BYTES
from pg_xcopy.planning.sharing import agree

CATALOG = source(table("t", "id", bytes=64 * PART_BYTES, blocks=1000))


def planned(*instances, **options):
    """The plans of a job with a target on each of these servers, before and after they agree."""
    targets = [target(instance=each) for each in instances]
    first = [plan({"*": {}}, CATALOG, each, **options) for each in targets]
    agreement = agree(first, [each.server for each in targets])
    return first, [plan({"*": {}}, CATALOG, each, agreement=agreement, **options) for each in targets]


def streams(made):
    return [(each.resources.workers, each.resources.readers, len(each.copies[0].copy_to)) for each in made]


def setting(made, name):
    return dict(made.resources.settings)[name]


@pytest.mark.parametrize(
    ("parallel", "instances", "expected"),
    [
        (4, "ab", [(4, 4, 8), (4, 4, 8)]),
        (4, "aa", [(2, 2, 4), (2, 2, 4)]),
        (2, "aaa", [(1, 1, 1)] * 3),
        (4, "aaa", [(1, 1, 1)] * 3),
        (4, "aab", [(2, 2, 4), (2, 2, 4), (4, 4, 4)]),
        (1, "aa", [(1, 1, 1)] * 2),
    ],
)
def test_targets_on_one_server_share_its_workers(parallel, instances, expected):
    _, together = planned(*instances, parallel=parallel)

    assert streams(together) == expected
    assert len({each.copies[0].copy_to for each in together}) == 1


def test_they_share_the_memory_for_their_indexes():
    (alone, _), (one, other) = planned("a", "a", parallel=4)

    for made in (alone, one, other):
        assert setting(made, "maintenance_work_mem") == "125000kB"


def test_existing_tables_that_are_filled_side_by_side_share_the_workers_too():
    into = existing(table("t", "id"), instance="a")
    options = {"transaction": "table", "parallel": 4}
    first = fill("append", {"*": {}}, source(table("t", "id")), into, **options)

    agreement = agree([first, first], [into.server, into.server])
    again = fill("append", {"*": {}}, source(table("t", "id")), into, agreement=agreement, **options)

    assert (first.resources.workers, again.resources.workers) == (4, 2)


def test_an_index_is_built_by_the_workers_that_are_idle_as_far_as_the_server_lets():
    resources = plan({"*": {}}, CATALOG, target(helpers=2)).resources

    assert [dict(resources.building(idle))[HELPERS] for idle in (0, 1, 2, 3)] == ["0", "1", "2", "2"]
    assert HELPERS not in dict(resources.settings)


def test_an_index_is_built_by_as_many_as_the_job_says():
    resources = plan({"*": {}}, CATALOG, target(helpers=2), max_parallel_maintenance_workers=5).resources

    assert [dict(resources.building(idle))[HELPERS] for idle in (0, 9)] == ["5", "5"]


@pytest.mark.parametrize(("most", "wakes", "writers"), [(None, True, 5), (6, True, 5), (5, False, 4)])
def test_the_wal_writer_is_woken_over_a_connection_more(most, wakes, writers):
    resources = plan({"*": {}}, CATALOG, target(), parallel=4, max_target_connections=most).resources

    assert (resources.workers, resources.wakes_wal_writer, resources.writers) == (4, wakes, writers)
