"""What a user has to ask somebody else for, as statements that can be pasted whatever the names are."""

from __future__ import annotations

from pg_xcopy.sql.quoting import identifier


def grant(role: str, *privileges: str) -> str:
    """Write what gives `privileges` to a role, each as GRANT spells it, its names quoted: `SELECT ON "app"."users"`."""
    return "; ".join(f"GRANT {each} TO {identifier(role)}" for each in privileges)


def create_extension(name: str) -> str:
    """Write what creates an extension."""
    return f"CREATE EXTENSION {identifier(name)}"
