"""What is laid over jobs for one run."""

from __future__ import annotations

import pytest

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.loader import file_document, plain_document, yaml_document
from pg_xcopy.manifest.overriding import overridden

MANIFEST = b"""
connections:
  prod: {url: postgresql://reader@prod/shop, protected: true}
  staging: {url: postgresql://writer@staging/shop}
defaults: {parallel: 4, source: {database: prod}, target: {database: staging}}
jobs:
  a: {tables: {users: {where: {id: 1}}, orders: {}}, exclude: [x]}
  b: {tables: {users: {}}, parallel: 3}
"""


def laid_over(over, *names, environ=None):
    document, _ = yaml_document(MANIFEST, "jobs.yaml", {})
    over, _ = plain_document(over, "overrides", environ or {})
    return overridden(document, names, over).jobs


def test_it_goes_before_the_job_and_the_defaults():
    jobs = laid_over({"parallel": 2}, "a", "b")

    assert [job.parallel for job in jobs.values()] == [2, 2]


def test_jobs_of_other_names_stay_as_they_are():
    jobs = laid_over({"parallel": 2}, "a")

    assert [job.parallel for job in jobs.values()] == [2, 3]


def test_mappings_merge_and_lists_are_replaced():
    job = laid_over({"tables": {"users": {"where": {"active": True}}}, "exclude": ["y"]}, "a")["a"]

    assert list(job.tables) == ["users", "orders"]
    assert list(job.tables["users"].where) == ["active", "id"]
    assert job.exclude == ("y",)


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"paralel": 2}, "jobs.a.paralel: unknown key (did you mean 'parallel'?)"),
        ({"parallel": 0}, "jobs.a.parallel: expected a number of at least 1, found the number 0"),
        ({"tables": None}, "jobs.a.tables: expected a mapping, found null"),
        ({"target": {"database": "nowhere"}}, "jobs.a.target.database: no connection is called 'nowhere'"),
        ({"name": "x"}, "jobs.a.name: unknown key"),
    ],
)
def test_mistakes_are_those_of_what_was_laid_over(over, problem):
    with pytest.raises(ManifestError) as caught:
        laid_over(over, "a")

    assert str(caught.value).startswith(f"overrides: {problem}")


def test_a_protected_database_stays_protected():
    with pytest.raises(ManifestError, match="protected"):
        laid_over({"target": {"database": "prod"}}, "a")


def test_a_variable_is_filled_in_and_never_shown():
    environ = {"PASSWORD": "s3cr3t", "WHERE": "postgresql://x:s3cr3t@host/db"}

    job = laid_over({"target": {"database": "${WHERE}"}}, "a", environ=environ)["a"]
    with pytest.raises(ManifestError) as caught:
        laid_over({"format": "${PASSWORD}"}, "a", environ=environ)

    assert job.target.database.described == "x@host/db"
    assert str(caught.value).startswith(
        "overrides: jobs.a.format: expected 'auto', 'text' or 'binary', found the value of"
    )
    assert "s3cr3t" not in str(caught.value)


def test_paths_stay_relative_to_the_manifest(tmp_path):
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\nnot much\n-----END PRIVATE KEY-----\n")
    (tmp_path / "jobs.yaml").write_text("""
connections: {far: {url: host=x, ssh: {host: y, user: z, private_key_file: key, fingerprint: "%s"}}}
jobs: {a: {source: {database: far}, target: {database: host=w}, tables: {users: {}}}}
""" % ("A" * 43))  # fmt: skip
    document, _ = file_document(tmp_path / "jobs.yaml")
    over, _ = plain_document({"parallel": 2}, "overrides")

    assert overridden(document, ["a"], over).jobs["a"].parallel == 2


def test_paths_in_what_is_laid_over_are_relative_to_what_its_owner_says(tmp_path):
    (tmp_path / "schema").write_text("secret_schema\n")

    document, problems = plain_document({"target": {"schema": "${file:schema}"}}, "overrides", base=tmp_path)

    assert problems == []
    assert document.raw == {"target": {"schema": "secret_schema"}}
