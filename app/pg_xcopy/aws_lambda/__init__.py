"""An AWS Lambda function: `pg_xcopy.aws_lambda.handler` runs the jobs that an event asks for."""

from pg_xcopy.aws_lambda.handling import handler

__all__ = ["handler"]
