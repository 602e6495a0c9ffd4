"""What a manifest takes from AWS Secrets Manager: declared and checked when it is loaded, read when a job runs."""
