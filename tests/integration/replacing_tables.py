"""What the tests of `mode: replace_tables` have in common: the job in one line, and how it is refused."""

from __future__ import annotations

import pytest
from copying import beside, copy, job_of

from pg_xcopy import plan_job
from pg_xcopy.errors import PlanError

IN_SCHEMA = """
    SELECT c.relname, c.oid, c.relkind::text, c.relacl::text, pg_get_userbyid(c.relowner),
           obj_description(c.oid, 'pg_class')
    FROM pg_class c WHERE c.relnamespace = 'app'::regnamespace
    UNION ALL
    SELECT p.proname, p.oid, 'function', p.proacl::text, NULL, NULL FROM pg_proc p
    WHERE p.pronamespace = 'app'::regnamespace
    UNION ALL
    SELECT t.typname, t.oid, 'type', t.typacl::text, NULL, NULL FROM pg_type t
    WHERE t.typnamespace = 'app'::regnamespace
    ORDER BY 1, 3, 2
"""
"""What is in the schema, down to its OIDs: what was dropped and made again has another."""


def replace(source, target, *tables, observer=None, **options):
    named = {name: {} for name in tables} if tables else {"*": {}}
    return copy(source, target, options.pop("tables", named), mode="replace_tables", observer=observer, **options)


def plan_of(source, target, *tables, **options):
    named = options.pop("tables", {name: {} for name in tables})
    return plan_job(job_of(source, target, named, mode="replace_tables", **options))


def refusal(source, target, *tables, into=None, **options):
    """Why a job can't be planned, and that a run says the same and changes nothing; `into` is whom it connects as."""
    before = target.rows(IN_SCHEMA)
    with pytest.raises(PlanError) as planned:
        plan_of(source, into or target, *tables, **options)
    with pytest.raises(PlanError) as run:
        replace(source, into or target, *tables, **options)
    assert run.value.reasons == planned.value.reasons
    assert target.rows(IN_SCHEMA) == before
    assert beside(target) == []
    return planned.value.reasons
