"""Where the short form finds its manifest."""

DEFAULT_MANIFESTS = ("pg_xcopy_jobs.py", "jobs.yaml")
