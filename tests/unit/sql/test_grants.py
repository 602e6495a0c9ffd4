"""What a user pastes to mend a missing privilege."""

from pg_xcopy.sql.grants import create_extension, grant
from pg_xcopy.sql.names import TableName


def test_each_privilege_is_a_statement():
    table = TableName("app", "users").sql

    assert grant("me", 'USAGE ON SCHEMA "app"', f"SELECT ON {table}") == (
        'GRANT USAGE ON SCHEMA "app" TO "me"; GRANT SELECT ON "app"."users" TO "me"'
    )


def test_a_name_that_has_quotes_stays_one_name():
    assert grant('me", "postgres', "CREATE ON SCHEMA app") == 'GRANT CREATE ON SCHEMA app TO "me"", ""postgres"'
    assert create_extension('a"b') == 'CREATE EXTENSION "a""b"'
