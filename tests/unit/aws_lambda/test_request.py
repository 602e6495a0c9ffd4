"""What an event may say, and what is said of one that is wrong."""

from __future__ import annotations

import pytest

from pg_xcopy.aws_lambda.request import FORM, Request, request_of
from pg_xcopy.errors import UsageError

PLACES = "a file of the function, s3://bucket/key, a mapping, or YAML as text"
SECRET = "postgresql://x:s3cr3t@host/db"


@pytest.mark.parametrize(
    ("event", "request_"),
    [
        (None, Request()),
        ({}, Request()),
        ({"manifest": None, "jobs": None, "overrides": None}, Request()),
        ({"jobs": "tenant:*"}, Request(jobs=("tenant:*",))),
        ({"jobs": ["a", "b*"]}, Request(jobs=("a", "b*"))),
        ({"manifest": "s3://bucket/key"}, Request("s3://bucket/key")),
        ({"manifest": {"jobs": {}}, "overrides": {"parallel": 2}}, Request({"jobs": {}}, (), {"parallel": 2})),
    ],
)
def test_what_it_asks_for(event, request_):
    assert request_of(event) == request_


def test_what_counts_of_a_scheduled_event_is_its_detail():
    event = {"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}

    assert request_of(event) == request_of({**event, "detail": "{}"}) == Request()
    assert request_of({**event, "detail": {"jobs": "a"}}) == Request(jobs=("a",))


@pytest.mark.parametrize(
    ("event", "sentence", "hint"),
    [
        ([], "the event is a list, not an object.", FORM),
        (SECRET, "the event is text, not an object.", FORM),
        (3, "the event is a number, not an object.", FORM),
        ({"maniest": SECRET}, "the event has an unknown key maniest.", "did you mean 'manifest'?"),
        ({SECRET: 1}, "the event has an unknown key ….", FORM),
        ({"key1": "value1"}, "the event has an unknown key key1.", FORM),
        (
            {"manifest": ["a.yaml"]},
            f"the event's manifest is a list; expected {PLACES}.",
            FORM,
        ),
        (
            {"manifest": ""},
            f"the event's manifest is text; expected {PLACES}.",
            FORM,
        ),
        ({"jobs": [1]}, "the event's jobs are neither a name or pattern nor a list of such.", FORM),
        ({"jobs": {"a": {}}}, "the event's jobs are neither a name or pattern nor a list of such.", FORM),
        ({"jobs": []}, "the event's jobs are an empty list.", "Leave the key out to run all jobs."),
        ({"overrides": "x"}, "the event's overrides are text; expected a mapping of a job's keys.", FORM),
        ({"overrides": True}, "the event's overrides are true or false; expected a mapping of a job's keys.", FORM),
        ({"detail-type": "x", "detail": None}, "the event is null, not an object.", FORM),
        ({"detail-type": "x", "detail": "no JSON"}, "the event is text, not an object.", FORM),
    ],
)
def test_what_is_wrong(event, sentence, hint):
    with pytest.raises(UsageError) as caught:
        request_of(event)

    assert (caught.value.sentence, caught.value.hint) == (sentence, hint)
    assert "s3cr3t" not in str(caught.value)
