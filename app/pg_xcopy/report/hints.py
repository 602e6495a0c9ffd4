"""What can be done about a warning, by its topic."""

from __future__ import annotations

from pg_xcopy.planning.plan import Topic

HINTS = {
    Topic.CONSTRAINT: "The target lives without it. Copy the rows or columns that it needs, or exclude the table "
    "that has it; with `strict: true` the job fails instead.",
    Topic.INDEX: "Queries on the target may be slower; where it was unique, nothing keeps its values so now.",
    Topic.COLUMN: "Name the column in `transform`, or add it to the target, if it should come along.",
    Topic.CONVERTED: "The types of both sides differ; compare some values, or give both sides the same type.",
    Topic.DEFAULT: "Rows inserted on the target must give a value themselves; make there what the default calls.",
    Topic.NOT_NULL: "The target accepts NULL where the source does not; look for NULL in the rows or the `transform`.",
    Topic.PARTITIONING: "The rows are in an ordinary table; with the columns of its key it would be partitioned.",
    Topic.PROPERTY: "The target's server is older, or set up otherwise; the rows are complete without it.",
    Topic.OBJECT: "Make it on the target by hand if something there needs it.",
    Topic.TEXT: "The name of a schema stands in a text that can't be rewritten safely; look at it on the target.",
    Topic.SEQUENCE: "Grant SELECT on the sequence to the source's role, or set its position on the target.",
    Topic.TABLE: "It is not on the target; see `on_missing_column` and `exclude`.",
    Topic.FILTER: "Rows that the filter should keep back were copied; see `on_missing_column`.",
    Topic.PARTIAL: "Some of its rows are not on the target; see whether that is what the job means.",
    Topic.PATTERN: "Correct or remove the pattern, or ignore this if its tables come and go.",
    Topic.DROPPED: "Copy it too, or keep it in another schema; `mode: replace_tables` leaves it where it is.",
    Topic.REPLACED: "Make it again after the run, or keep it in a table that the job does not replace.",
    Topic.CASCADE: "`cascade: true` allowed it; make it again after the run if it is still wanted.",
    Topic.ACCESS: "Grant it on the target, or run the job as a role that may.",
    Topic.CREATED: "`create_missing: true` made it; it stays on the target when the schema is replaced again.",
    Topic.UNCHECKED: "New rows are checked, old ones break it: correct them and run VALIDATE CONSTRAINT.",
    Topic.LEFTOVER: "The next run removes it; if it stays, drop the schema that is named.",
    Topic.KEY: "Leave such rows out with `where`, or take a key whose columns are NOT NULL.",
    Topic.STATISTICS: "Run ANALYZE on the target, or wait for autovacuum.",
}

_BY_VALUE = {topic.value: hint for topic, hint in HINTS.items()}


def hint_of(topic: str) -> str:
    """Say what can be done; empty for a topic that is none of ours."""
    return _BY_VALUE.get(topic, "")
