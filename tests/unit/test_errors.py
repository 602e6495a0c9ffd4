"""Every error is one sentence a user can act on, with a hint and an exit code."""

import pytest

from pg_xcopy import errors
from pg_xcopy.errors import (
    CancelledError,
    ConnectionFailedError,
    CopyFailedError,
    DatabaseError,
    JobsFailedError,
    ManifestError,
    PlanError,
    Problem,
    ProtectedTargetError,
    ReadOnlyTargetError,
    RowCountMismatchError,
    SameSchemaError,
    SchemaNotFoundError,
    SecretsError,
    ServerTooOldError,
    StrictError,
    TargetLockedError,
    UsageError,
    XcopyError,
)

PROBLEM = Problem("jobs.yaml", 3, 7, "jobs.a.tabels", "unknown key", "did you mean 'tables'?")

USAGE = 'GRANT USAGE ON SCHEMA "vault" TO "me"'
SELECTS = 'GRANT SELECT ON "vault"."gold", "vault"."gold_id_seq" TO "me"'

EXAMPLES = [
    (ManifestError((PROBLEM,)), 2, "jobs.yaml:3:7: jobs.a.tabels: unknown key (did you mean 'tables'?)"),
    (SecretsError((PROBLEM,)), 1, "jobs.yaml:3:7: jobs.a.tabels: unknown key (did you mean 'tables'?)"),
    (UsageError("no job matches 'x'.", "did you mean 'y'?"), 2, "no job matches 'x'. did you mean 'y'?"),
    (
        ConnectionFailedError("source", "prod", "Connection refused", "Check the port."),
        1,
        "can't connect to the source prod: Connection refused. Check the port.",
    ),
    (
        DatabaseError("target", "staging", "copying a.b", "disk full", "53100"),
        1,
        "copying a.b: the target staging said: disk full (SQLSTATE 53100). The disk of that server is full.",
    ),
    (CancelledError(), 1, "stopped on request; the target is as it was."),
    (SchemaNotFoundError("prod", "pubic", "public"), 1, "the source prod has no schema pubic. Did you mean public?"),
    (
        SchemaNotFoundError("prod", "vault", role_without_usage="me", usage=USAGE),
        1,
        'the source prod does not let the role me into schema vault. Ask for: GRANT USAGE ON SCHEMA "vault" TO "me".',
    ),
    (
        SchemaNotFoundError("prod", "vault", role_without_usage="me", usage=USAGE, selects=SELECTS),
        1,
        'the source prod does not let the role me into schema vault. Ask for: GRANT USAGE ON SCHEMA "vault" TO "me".'
        ' And for what the job copies of these: GRANT SELECT ON "vault"."gold", "vault"."gold_id_seq" TO "me".',
    ),
    (
        ServerTooOldError("target", "old", 110022, 120000),
        1,
        "the target old is PostgreSQL 11.22; the oldest supported is 12.",
    ),
    (PlanError("a", ("x: y",)), 1, "job a can't run, 1 problem; nothing was changed:\n  x: y"),
    (PlanError("a", ("x", "y")), 1, "job a can't run, 2 problems; nothing was changed:\n  x\n  y"),
    (
        TargetLockedError("staging", "app", "pg-xcopy b on host:1"),
        1,
        "schema app of the target staging is being written by another run: pg-xcopy b on host:1."
        " Wait until it has ended, then run again.",
    ),
    (
        ProtectedTargetError("there", "prod"),
        1,
        "the target there is the database of connection prod, which is protected. It is never written; choose another "
        "target.",
    ),
    (
        SameSchemaError("prod", "app"),
        1,
        "source and target are both schema app of prod: a copy would replace what it reads."
        " Choose another target schema or database.",
    ),
    (ReadOnlyTargetError("x"), 1, "the target x is a hot standby, which can't be written. Connect to its primary."),
    (
        RowCountMismatchError("a.b", 5, 4),
        1,
        "copying a.b: the source sent 5 rows and the target took 4."
        " Look for something on the target that swallows rows, and report it: the old target is untouched.",
    ),
    (CopyFailedError("a.b", "OSError: x"), 1, "copying a.b broke off on this machine: OSError: x."),
    (
        StrictError("a", ("x", "y")),
        1,
        "job a is strict and 2 things can't be replicated; the target is as it was:\n  x\n  y",
    ),
    (
        JobsFailedError({"a": CancelledError(), "b": CancelledError()}, ()),
        1,
        "job a failed: stopped on request; the target is as it was.\n"
        "job b failed: stopped on request; the target is as it was.",
    ),
]


def every(kind):
    for one in kind.__subclasses__():
        yield one
        yield from every(one)


@pytest.mark.parametrize(("error", "code", "said"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_example(error, code, said):
    assert str(error) == said
    assert error.exit_code == code


@pytest.mark.parametrize("error", [error for error, *_ in EXAMPLES], ids=lambda error: type(error).__name__)
def test_sentence_and_hint(error):
    assert error.sentence.endswith(".") or "\n" in error.sentence or isinstance(error, ManifestError)
    assert isinstance(error.hint, str)
    assert "None" not in str(error)


def test_every_class_has_an_example():
    own = {one for one in every(XcopyError) if one.__module__ == errors.__name__}

    assert own - {type(error) for error, *_ in EXAMPLES} == set()


def test_other_modules_add_errors_that_fit():
    import pg_xcopy.api  # noqa: F401, PLC0415 - whatever it imports may bring subclasses

    assert all(one.exit_code in (1, 2) for one in every(XcopyError))


def test_errors_are_told_apart_by_identity():
    """A raised error can be in a set or compared in a handler, although its fields are not hashable."""
    one, same = JobsFailedError({}, ()), JobsFailedError({}, ())

    assert one != same
    assert len({one, same}) == 2


def test_an_error_survives_being_raised():
    with pytest.raises(XcopyError) as caught:
        raise SameSchemaError("prod", "app")

    assert caught.value.schema == "app"


def test_the_root_says_nothing_of_its_own():
    with pytest.raises(AttributeError, match="XcopyError has no sentence"):
        _ = XcopyError().sentence


@pytest.mark.parametrize(
    ("state", "lost"), [("", True), ("08006", True), ("57P01", True), ("57014", True), ("42P01", False)]
)
def test_lost_connections(state, lost):
    assert DatabaseError("source", "x", "reading", "y", state).connection_lost is lost


@pytest.mark.parametrize(
    ("state", "hint"),
    [
        ("42501", "Ask the owner for the privilege it names."),
        ("22P02", "A value does not fit its column: see `where` and `transform`."),
        ("23514", "The rows break a rule of the target table: see `where` and `transform`."),
        ("XX000", ""),
    ],
)
def test_hints_by_code_or_class(state, hint):
    assert DatabaseError("source", "x", "reading", "y", state).hint == hint


@pytest.mark.parametrize(
    ("side", "doing", "state", "hint"),
    [
        ("source", "checking app.t", "42601", "Check the SQL in"),
        ("source", "checking app.t", "42883", "Check the types;"),
        ("target", "copying app.t", "42P01", "A value is the name of something that is not copied"),
        ("target", "copying app.t", "22P02", "A value does not fit"),
        ("target", "copying app.t", "42501", "Ask the owner"),
        ("target", "copying app.t", "23505", "A row with that key is there already, or comes twice: leave it out"),
        ("target", "creating type d", "42601", ""),
        ("target", "creating table t", "22023", ""),
        ("target", "creating table t", "42883", ""),
        ("target", "creating table t", "53100", "The disk"),
    ],
)
def test_hints_fit_where_it_happened(side, doing, state, hint):
    found = DatabaseError(side, "x", doing, "y", state).hint
    assert found.startswith(hint)
    assert bool(found) is bool(hint)


def test_a_place_of_the_whole_file():
    assert str(Problem("jobs.yaml", 0, 0, "", "the file is empty")) == "jobs.yaml: the file is empty"
