"""One invocation, from the event to the answer."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from typing import Any

from pg_xcopy import api
from pg_xcopy.aws_lambda.manifests import NO, manifest_of
from pg_xcopy.aws_lambda.request import request_of
from pg_xcopy.errors import UsageError
from pg_xcopy.observe.json_lines import JsonLines

MARGIN = 15.0
"""Seconds before the function's end at which a run is stopped: cancelling takes up to five, the rest is for dropping
what was begun. Where there is little time, it is a quarter of it."""


def handler(event: object, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own class, which is not here
    """Run the jobs that `event` asks for; docs/lambda.md has what it may say.

    Returns `{"statusCode": 200, "body": JSON}`, the JSON being that of `pg-xcopy run --json`. Raises what run_jobs
    raises, so that Lambda counts a failure, retries and alarms.
    """
    manifest = manifest_of(request_of(event))
    with closing(_log(context)) as log:
        results = api.run_jobs((), manifest, observer=log, timeout=_time_left(context))
    return {"statusCode": 200, "body": json.dumps({"jobs": [result.as_data() for result in results]})}


def _log(context: Any) -> JsonLines:  # noqa: ANN401 - as above
    request_id = getattr(context, "aws_request_id", None)
    level = "INFO" if os.environ.get("PG_XCOPY_VERBOSE", "").lower() in NO else "DEBUG"
    return JsonLines(sys.stdout.write, {"requestId": request_id} if request_id else {}, level=level)


def _time_left(context: Any) -> float | None:  # noqa: ANN401 - as above
    """Tell for how many seconds jobs may run; without a context, as in a test by hand, there is no limit."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        return None
    left = float(remaining()) / 1000
    return max(0.0, left - _margin(left))


def _margin(left: float) -> float:
    given = os.environ.get("PG_XCOPY_DEADLINE_MARGIN")
    if not given:
        return min(MARGIN, left / 4)
    if not given.replace(".", "", 1).isdecimal():
        raise UsageError("PG_XCOPY_DEADLINE_MARGIN is no number of seconds.", "Write it like 15.")
    return float(given)
