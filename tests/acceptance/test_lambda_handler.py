"""The handler of the Lambda function, called as Lambda calls it; the packages that it ships in are test_lambda's."""

from __future__ import annotations

import json

import pytest
from commanding import HEAD, is_idle, urls, wait_until, write

from pg_xcopy import aws_lambda
from pg_xcopy.errors import JobsFailedError, ManifestError, PlanError, TimeUpError, UsageError

JOBS = (
    HEAD
    + """\
jobs:
  "export:books": {tables: {books: {}}, target: {schema: books_copy}}
  "export:authors": {tables: {authors: {}}, target: {schema: authors_copy}}
  "other": {tables: {nothing: {}}, target: {schema: other}}
"""
)


class Context:
    """What Lambda hands over beside the event, as far as we use it."""

    aws_request_id = "request-1"

    def __init__(self, seconds=900.0):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return int(self.seconds * 1000)


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE books (id int PRIMARY KEY); INSERT INTO books SELECT generate_series(1, 3);
        CREATE TABLE authors (id int PRIMARY KEY); INSERT INTO authors VALUES (1);
        """)
    return urls(source_db, target_db)


@pytest.fixture
def package(tmp_path, databases, monkeypatch):
    """The function's directory, with a manifest in it."""
    for name, value in {**databases, "LAMBDA_TASK_ROOT": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    for name in ("MANIFEST", "FIXED_MANIFEST", "DEADLINE_MARGIN", "VERBOSE"):
        monkeypatch.delenv(f"PG_XCOPY_{name}", raising=False)
    write(tmp_path, JOBS)
    return tmp_path


def done(event, context=None):
    """Invoke it; give rows by job."""
    answer = aws_lambda.handler(event, context or Context())
    assert answer["statusCode"] == 200
    return {job["job"]: job["rows"] for job in json.loads(answer["body"])["jobs"]}


# --- The answer, the log


@pytest.mark.usefixtures("package")
def test_the_answer_is_that_of_run_json():
    answer = aws_lambda.handler({"jobs": "export:books"}, Context())

    assert set(answer) == {"statusCode", "body"}
    (job,) = json.loads(answer["body"])["jobs"]
    assert {"job": "export:books", "status": "done", "rows": 3, "bytes": 51, "warnings": []}.items() <= job.items()
    assert {"table": "public.books", "rows": 3, "bytes": 51}.items() <= job["tables"][0].items()
    assert len(job["run_id"]) == 8
    assert job["seconds"] > 0


@pytest.mark.usefixtures("package")
def test_the_log_is_lines_of_json_on_stdout(capsys):
    done({"jobs": "export:books"})

    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["requestId"] for line in lines} == {"request-1"}
    assert [lines[0]["event"], lines[-2]["event"], lines[-1]["event"]] == ["job_started", "job_finished", "audit"]
    assert lines[-1]["message"].startswith("✅ Done: public.books → target schema books_copy (job export:books, run ")
    assert err == ""


@pytest.mark.usefixtures("package")
def test_by_hand_there_is_no_context():
    assert json.loads(aws_lambda.handler({"jobs": "export:books"}, None)["body"])["jobs"][0]["rows"] == 3


# --- Where the manifest comes from


def test_all_jobs_of_the_functions_own_manifest(package):
    write(package, JOBS.replace("{nothing: {}}", "{books: {}}"))

    assert done({}) == {"export:books": 3, "export:authors": 1, "other": 3}


def test_another_file_of_the_function(package):
    write(package, JOBS.replace("books_copy", "elsewhere"), "others.yaml")

    assert done({"manifest": "others.yaml", "jobs": ["export:*"]}) == {"export:books": 3, "export:authors": 1}


def test_the_environment_names_the_manifest(package, monkeypatch):
    (package / "conf").mkdir()
    write(package / "conf", JOBS)
    (package / "jobs.yaml").unlink()
    monkeypatch.setenv("PG_XCOPY_MANIFEST", "conf/jobs.yaml")

    assert done({"jobs": "export:*"}) == {"export:books": 3, "export:authors": 1}


def test_a_python_file(package):
    write(package, f"import yaml\nM = yaml.safe_load({JOBS!r})\nJOBS, DEFAULTS = M['jobs'], M['defaults']\n"
          "import os\nCONNECTIONS = {'source': {'url': os.environ['SOURCE_DB_URL']},"
          " 'target': {'url': os.environ['TARGET_DB_URL']}}", "jobs.py")  # fmt: skip

    assert done({"manifest": "jobs.py", "jobs": "export:books"}) == {"export:books": 3}


@pytest.mark.usefixtures("package")
def test_yaml_in_the_event():
    assert done({"manifest": JOBS, "jobs": "export:books"}) == {"export:books": 3}


@pytest.mark.usefixtures("package")
def test_a_mapping_in_the_event():
    ends = {"source": {"database": "${SOURCE_DB_URL}"}, "target": {"database": "${TARGET_DB_URL}", "schema": "x"}}

    assert done({"manifest": {"jobs": {"a": {**ends, "tables": {"books": {"where": {"id": [1, 2]}}}}}}}) == {"a": 2}


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    "manifest", [{"jobs": {"a": {"source": 1}}}, "jobs: {a: {source: 1}}"], ids=["mapping", "text"]
)
def test_mistakes_in_the_event_are_all_told(manifest):
    with pytest.raises(ManifestError) as caught:
        aws_lambda.handler({"manifest": manifest}, Context())

    assert [line.startswith("<event>") for line in str(caught.value).splitlines()] == [True, True, True]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("place", ["/etc/passwd", "../jobs.yaml", "a/../../jobs.yaml"])
def test_an_event_names_no_file_outside_of_the_function(place):
    with pytest.raises(UsageError, match="is no file of this function"):
        aws_lambda.handler({"manifest": place}, Context())


def test_a_file_that_is_not_there(package):
    with pytest.raises(ManifestError) as caught:
        aws_lambda.handler({"manifest": "job.yaml"}, Context())

    assert str(caught.value) == f"{package}/job.yaml: there is no such file (did you mean 'jobs.yaml'?)"


# --- S3


@pytest.fixture
def bucket(aws):
    """A bucket that keeps versions."""
    import boto3  # noqa: PLC0415 - it takes a while

    bucket = (
        boto3.Session(region_name="us-east-1").resource("s3", endpoint_url=aws.url).create_bucket(Bucket="manifests")
    )
    bucket.Versioning().enable()
    return bucket


@pytest.mark.usefixtures("package")
def test_a_manifest_in_s3(bucket):
    bucket.put_object(Key="nightly/jobs ü.yaml", Body=JOBS.encode())

    assert done({"manifest": "s3://manifests/nightly/jobs ü.yaml", "jobs": "export:books"}) == {"export:books": 3}


@pytest.mark.usefixtures("package")
def test_a_version_of_it(bucket, monkeypatch):
    first = bucket.put_object(Key="jobs.yaml", Body=JOBS.encode()).version_id
    bucket.put_object(Key="jobs.yaml", Body=b"jobs: {}")
    monkeypatch.setenv("PG_XCOPY_MANIFEST", f"s3://manifests/jobs.yaml?versionId={first}")

    assert done({"jobs": "export:books"}) == {"export:books": 3}


@pytest.mark.usefixtures("package")
def test_mistakes_in_s3_have_their_place(bucket):
    bucket.put_object(Key="jobs.yaml", Body=b"jobs:\n  a: {tables: {x: {}}, source: {database: nowhere}}\n")

    with pytest.raises(ManifestError) as caught:
        aws_lambda.handler({"manifest": "s3://manifests/jobs.yaml"}, Context())

    assert "s3://manifests/jobs.yaml:2:" in str(caught.value)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("s3://manifests/none", "the manifest s3://manifests/none can't be read: there is no such object."),
        ("s3://nowhere/none", "the manifest s3://nowhere/none can't be read: there is no such bucket."),
        ("s3://manifests", "s3://manifests is no address of an object. Write s3://bucket/key or s3://bucket/key?vers"),
        ("s3:///key", "s3:///key is no address of an object."),
        ("s3://manifests/key?versionId=", "s3://manifests/key?versionId= is no address of an object."),
        ("s3://NO bucket/key", "the manifest s3://NO bucket/key can't be read: "),
    ],
)
def test_what_is_not_in_s3(place, message):
    with pytest.raises(UsageError) as caught:
        aws_lambda.handler({"manifest": place}, Context())

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("bucket")
def test_no_way_to_s3(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(UsageError, match=r"can't be read: .* A function in a VPC reaches S3"):
        aws_lambda.handler({"manifest": "s3://manifests/jobs.yaml"}, Context())


@pytest.mark.usefixtures("bucket")
def test_no_credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    with pytest.raises(UsageError, match=r"can't be read: Unable to locate credentials\.$"):
        aws_lambda.handler({"manifest": "s3://manifests/jobs.yaml"}, Context())


@pytest.mark.usefixtures("package")
def test_a_manifest_in_s3_that_is_far_too_large(bucket):
    bucket.put_object(Key="jobs.yaml", Body=b"#" * (16 * 1024 * 1024 + 1))

    with pytest.raises(ManifestError, match="the file is larger than 16 MiB"):
        aws_lambda.handler({"manifest": "s3://manifests/jobs.yaml"}, Context())


@pytest.mark.usefixtures("package")
def test_secrets_are_read_when_it_runs(aws, databases, target_db):
    aws.put("shop/target", {"url": databases["TARGET_DB_URL"], "schema": "hidden"})
    over = {"target": {"database": "${aws-sm:shop/target#url}", "schema": "${aws-sm:shop/target#schema}"}}

    assert done({"jobs": "export:books", "overrides": over}) == {"export:books": 3}
    assert target_db.value("SELECT count(*) FROM hidden.books") == 3
    assert [each.secret for each in aws.asked] == ["shop/target"]


# --- Overrides


@pytest.mark.usefixtures("package")
def test_overrides(target_db):
    overrides = {"target": {"schema": "x"}, "tables": {"books": {"where": {"id": {"gt": 1}}}}}

    assert done({"jobs": "export:books", "overrides": overrides}) == {"export:books": 2}
    assert target_db.value("SELECT count(*) FROM x.books") == 2


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"paralel": 2}, "<overrides>: jobs.\"export:books\".paralel: unknown key (did you mean 'parallel'?)"),
        ({"parallel": "${NOT_SET}"}, "<overrides>: parallel: the variable NOT_SET is not set (set it"),
    ],
)
def test_overrides_that_are_wrong(overrides, message):
    with pytest.raises(ManifestError) as caught:
        aws_lambda.handler({"jobs": "export:books", "overrides": overrides}, Context())

    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("event", "what"),
    [({"manifest": "jobs.yaml"}, "a manifest"), ({"overrides": {"parallel": 2}}, "overrides")],
)
def test_a_function_may_take_neither_manifest_nor_overrides(event, what, monkeypatch):
    monkeypatch.setenv("PG_XCOPY_FIXED_MANIFEST", "true")

    with pytest.raises(UsageError, match=f"the event brings {what}, and this function takes none"):
        aws_lambda.handler({**event, "jobs": "export:books"}, Context())
    assert done({"jobs": "export:books"}) == {"export:books": 3}


# --- Failures


@pytest.mark.usefixtures("package")
def test_a_job_that_fails_is_raised():
    with pytest.raises(PlanError, match="there is no such table in the source"):
        aws_lambda.handler({"jobs": "other"}, Context())


@pytest.mark.usefixtures("package")
def test_one_of_several_jobs_that_fails(target_db):
    with pytest.raises(JobsFailedError, match="job other failed: job other can't run"):
        aws_lambda.handler({}, Context())

    assert target_db.value("SELECT count(*) FROM books_copy.books") == 3


@pytest.mark.usefixtures("package")
def test_a_job_that_is_not_there():
    with pytest.raises(UsageError, match=r"no job matches 'export:boks'\. did you mean 'export:books'"):
        aws_lambda.handler({"jobs": "export:boks"}, Context())


# --- The deadline

SLOW = {"tables": {"books": {"transform": {"id": "id + length(pg_sleep(60)::text)"}}}}


@pytest.mark.usefixtures("package")
def test_it_stops_before_its_time_is_up(source_db, target_db):
    """Of six seconds, a quarter is kept for undoing what was begun."""
    with pytest.raises(TimeUpError, match=r"its time, 4\.5 s, was up; the target is as it was"):
        aws_lambda.handler({"jobs": "export:books", "overrides": SLOW}, Context(6))

    assert wait_until(lambda: is_idle(source_db) and is_idle(target_db))
    assert target_db.rows("SELECT 1 FROM pg_namespace WHERE nspname ~ 'xcopy|books'") == []


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("margin", "remaining", "sentence"),
    [
        ("898.5", 900, r"was stopped: its time, 1\.5 s, was up"),
        ("900", 900, "was not begun: the time for the run, 0 s, was up"),
        ("1000", 900, "was not begun"),
        ("ten", 900, "PG_XCOPY_DEADLINE_MARGIN is no number of seconds"),
    ],
)
def test_the_margin_is_the_owners(margin, remaining, sentence, monkeypatch):
    monkeypatch.setenv("PG_XCOPY_DEADLINE_MARGIN", margin)

    with pytest.raises((TimeUpError, UsageError), match=sentence):
        aws_lambda.handler({"jobs": "export:books", "overrides": SLOW}, Context(remaining))


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("seconds", "limit"), [(900, 885), (60, 45), (8, 6)])
def test_the_margin_is_fifteen_seconds_or_a_quarter(seconds, limit, monkeypatch):
    given = {}
    monkeypatch.setattr("pg_xcopy.api.run_jobs", lambda *_, **how: given.update(how) or ())

    done({"jobs": "export:books"}, Context(seconds))

    assert given["timeout"] == limit
