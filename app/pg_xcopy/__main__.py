"""`python -m pg_xcopy` is `pg-xcopy`."""

from pg_xcopy.cli import main

main()
