"""What a shell offers: the names of a manifest's jobs. Nothing is run, filled in or checked for that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pg_xcopy.cli.defaults import DEFAULT_MANIFESTS

if TYPE_CHECKING:
    import click


def job_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the jobs of the manifest that the command line names, or of the one that the short form takes."""
    given = ctx.params.get("manifest") or ctx.params.get("config")
    return names_in((given,) if given else DEFAULT_MANIFESTS, incomplete)


def names_in(manifests: tuple[str, ...], incomplete: str) -> list[str]:
    """Give the names that begin so in the first of these files that is there.

    None for a manifest in Python, which would have to be run, nor for one that can't be read.
    """
    found = next((Path(each) for each in manifests if Path(each).is_file()), None)
    if found is None or found.suffix == ".py":
        return []
    from pg_xcopy.errors import ManifestError
    from pg_xcopy.manifest.yaml_reader import read_yaml

    try:
        raw = read_yaml(found.read_bytes(), found.name).raw
    except (OSError, ManifestError):
        return []
    jobs = raw.get("jobs") if isinstance(raw, dict) else None
    return [str(name) for name in jobs if str(name).startswith(incomplete)] if isinstance(jobs, dict) else []
