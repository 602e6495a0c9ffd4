"""Which relations a job copies, and under which rule: exact name, then glob, then `*`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.manifest.models import Job, TableRule
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.planning.plan import Notice, PlanProblem, Topic

EVERYTHING = "*"


class Selected(Struct, frozen=True):
    """A relation that is copied. `exact` tells whether the rule names it; partitions share their root's rule.

    `only` are the columns that the target asks for; without any, it takes all. `asked` tells whether it
    names the table.
    """

    relation: Relation
    rule: TableRule
    exact: bool
    partitions: tuple[Relation, ...] = ()
    only: tuple[str, ...] = ()
    asked: bool = False

    def unwanted(self, relation: Relation) -> frozenset[str]:
        """Give the columns of the relation, or of a partition of it, that are to be left out."""
        named = {name for name, sql in self.rule.transform.items() if sql is None}
        others = {name for name in relation.column_names if self.only and name not in self.only}
        return frozenset((named | others) & set(relation.column_names))


class Selection(Struct, frozen=True):
    """What was selected, and what is to be said of it."""

    tables: tuple[Selected, ...]
    everything: bool
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]


def heirs_left_behind(relations: Iterable[Relation], source: SourceCatalog) -> Iterator[Notice]:
    """Name tables that inherit from a copied one and are not copied: their rows are seen in the parent there."""
    copied = {each.oid: each for each in relations}
    for each in source.relations:
        if not each.is_partition and each.oid not in copied:
            for parent in (copied[oid] for oid in each.parents if oid in copied):
                yield Notice(
                    Topic.PARTIAL, str(parent.name), f"it comes without the rows of {each.name}, which inherits"
                )


def is_glob(name: str) -> bool:
    """Tell a pattern from a plain name."""
    return any(character in name for character in "*?[")


def select(job: Job, source: SourceCatalog) -> Selection:
    """Match the job's tables and exclusions with the relations of the source."""
    exact = {name: rule for name, rule in job.tables.items() if name in source.by_name}
    # `*` also where there is a table of that name: it would be the only one, and all others gone from the target.
    globs = {
        name: rule for name, rule in job.tables.items() if name == EVERYTHING or (name not in exact and is_glob(name))
    }
    problems = [*_unknown(job, source, exact, globs), *_contradictions(job, source, exact)]
    tables = [
        Selected(
            relation,
            exact[name] if name in exact else _by_glob(name, globs),
            name in exact,
            tuple(_partitions(source, relation, job.exclude)),
        )
        for name, relation in source.by_name.items()
        if name in exact
        or (_globbed(relation, source) and _matches_any(name, globs) and not _excluded(name, job.exclude))
    ]
    wanted = job.only_target.tables
    if wanted:
        problems += _not_copied(wanted, tables, source)
        tables = [
            replace(each, only=columns, asked=each.relation.name.name in wanted)
            for each in tables
            if (columns := _columns(each, wanted)) is not None
        ]
    problems += _doubles(tables)
    if not tables and not problems:
        problems.append(PlanProblem(f"schema {source.schema}", "there is no table to copy"))
    everything = EVERYTHING in globs and not wanted
    return Selection(tuple(tables), everything, tuple(problems), tuple(_idle_exclusions(job, source)))


def _columns(selected: Selected, wanted: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Find what a target wants of a table: by its name, then by a pattern, then by `*`; None for nothing."""
    name = selected.relation.name.name
    if name in wanted:
        return wanted[name]
    patterns = sorted(filter(is_glob, wanted), key=lambda pattern: pattern == EVERYTHING)
    return next((wanted[pattern] for pattern in patterns if fnmatchcase(name, pattern)), None)


def _not_copied(
    wanted: Mapping[str, tuple[str, ...]], tables: list[Selected], source: SourceCatalog
) -> Iterator[PlanProblem]:
    for name in wanted:
        if not any(each.relation.name.name == name or fnmatchcase(each.relation.name.name, name) for each in tables):
            yield _no_such(name, source, "the target asks for it, but the job does not copy it")


def _globbed(relation: Relation, source: SourceCatalog) -> bool:
    """Patterns mean tables: not views, not what an extension brought, and not partitions, which follow their root."""
    own_root = relation.is_partition and any(parent in source.by_oid for parent in relation.parents)
    return relation.is_table and not relation.of_extension and not own_root


def _matches_any(name: str, patterns: Mapping[str, TableRule]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _by_glob(name: str, globs: Mapping[str, TableRule]) -> TableRule:
    """Take the first pattern that matches in the order of the file; `*` only when no other does."""
    ordered = sorted(globs, key=lambda pattern: pattern == EVERYTHING)
    return next(globs[pattern] for pattern in ordered if fnmatchcase(name, pattern))


def _excluded(name: str, exclude: tuple[str, ...]) -> bool:
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in exclude)


def _partitions(source: SourceCatalog, root: Relation, exclude: tuple[str, ...]) -> Iterator[Relation]:
    """Give the partitions below a root, parents first; an excluded one goes with all below it."""
    for partition in source.partitions_of(root):
        if not _excluded(partition.name.name, exclude):
            yield partition
            yield from _partitions(source, partition, exclude)


def _unknown(
    job: Job, source: SourceCatalog, exact: Mapping[str, TableRule], globs: Mapping[str, TableRule]
) -> Iterator[PlanProblem]:
    for name in job.tables:
        if name in exact or (
            name in globs and any(_globbed(r, source) and fnmatchcase(n, name) for n, r in source.by_name.items())
        ):
            continue
        yield _no_such(
            name,
            source,
            "no table of the source matches it" if name in globs else "there is no such table in the source",
        )
    for name in job.exclude:
        if not is_glob(name) and name not in source.by_name:
            yield _no_such(name, source, "excluded, but there is no such table in the source")


def _no_such(name: str, source: SourceCatalog, message: str) -> PlanProblem:
    near = did_you_mean(name.rpartition(".")[2], source.by_name)
    return PlanProblem(f"{source.schema}.{name}", message, near or _where_else(source))


def _where_else(source: SourceCatalog) -> str:
    """Say that there are no tables at all: another schema was probably meant."""
    return "" if source.by_name else f"schema {source.schema} has no tables; `source: {{schema: …}}` names another one"


def _contradictions(job: Job, source: SourceCatalog, exact: Mapping[str, TableRule]) -> Iterator[PlanProblem]:
    for name in exact:
        relation = source.by_name[name]
        if name in job.exclude:
            yield PlanProblem(
                str(relation.name), "it is named in `tables` and in `exclude`", "take it out of one of them"
            )


def _doubles(tables: list[Selected]) -> Iterator[PlanProblem]:
    """Find partitions that are named although the table that they belong to brings them along."""
    for each in (partition for partition in tables if partition.relation.is_partition):
        root = next((other.relation for other in tables if each.relation in other.partitions), None)
        if root:
            yield PlanProblem(
                str(each.relation.name),
                f"it is a partition of {root.name}, which is copied too and brings it along",
                "choose the partitioned table, or the partition, but not both",
            )


def _idle_exclusions(job: Job, source: SourceCatalog) -> Iterator[Notice]:
    for pattern in job.exclude:
        if is_glob(pattern) and not any(fnmatchcase(name, pattern) for name in source.by_name):
            yield Notice(Topic.PATTERN, pattern, "this exclusion matches no table of the source")
