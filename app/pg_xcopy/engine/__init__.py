"""Doing it: the stages of a job between the plan and the report."""
