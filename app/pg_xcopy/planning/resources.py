"""What a run may use of both servers, and how its sessions on the target are set."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.plan import HELPERS, Resources
from pg_xcopy.planning.rows.shape import ALONE, Agreement

KILOBYTE = 1024
"""What PostgreSQL's kB is."""

LEAST_MEMORY = 1024
"""kB: PostgreSQL refuses less for maintenance_work_mem before version 17."""

MOST_MEMORY = 2_097_151
"""kB: PostgreSQL refuses more on some systems."""


def plan_resources(job: Job, target: TargetCatalog, agreement: Agreement = ALONE) -> Resources:
    """Bound workers, connections and memory as the job says, where a schema or tables of it are replaced.

    Targets on one server, which are in the `agreement`, share the workers and the memory.
    """
    workers = _within(agreement.share(job.parallel, target.server), job.max_target_connections)
    return Resources(
        workers=workers,
        readers=_within(workers, job.max_source_connections),
        max_rate=job.max_rate,
        settings=tuple(_settings(job, target, workers * agreement.targets_on(target.server))),
        helpers=target.server.helpers if job.max_parallel_maintenance_workers is None else None,
        wakes_wal_writer=_wakes_wal_writer(job, workers + 1),
    )


def plan_existing_resources(job: Job, target: ExistingCatalog, agreement: Agreement = ALONE) -> Resources:
    """Bound them where tables that exist are filled; in one transaction there is one stream at a time."""
    together = job.transaction == "job"
    workers = 1 if together else agreement.share(job.parallel, target.server)
    workers = _within(_within(workers, job.max_source_connections), job.max_target_connections)
    # Triggers run under row-level security as they do for applications; and what is said to be done is on the disk.
    settings = (("row_security", "on"), ("synchronous_commit", "on"), *_compression(job, target))
    return Resources(
        workers=workers,
        readers=workers,
        max_rate=job.max_rate,
        settings=settings,
        wakes_wal_writer=_wakes_wal_writer(job, 1 if together else workers + 1),
    )


def _within(workers: int, connections: int | None) -> int:
    """Give how many there can be: one connection on either side holds the snapshot, or the lock, and is no worker's."""
    return workers if connections is None else min(workers, connections - 1)


def _wakes_wal_writer(job: Job, connections: int) -> bool:
    """Tell whether rows that pass through us become WAL, and whether one more connection is allowed.

    Those of an upsert land in temporary tables, of which there is none.
    """
    if job.transport != "stream" or job.only_target.mode == "upsert":
        return False
    return job.max_target_connections is None or connections < job.max_target_connections


def _settings(job: Job, target: TargetCatalog, builders: int) -> Iterator[tuple[str, str]]:
    # What is lost in a crash is a staging schema; the swap's own COMMIT waits for the disk, and for all before it.
    yield "synchronous_commit", "off"
    memory = job.maintenance_work_mem // builders // KILOBYTE
    yield "maintenance_work_mem", f"{min(max(memory, LEAST_MEMORY), MOST_MEMORY)}kB"
    if job.max_parallel_maintenance_workers is not None:
        yield HELPERS, str(job.max_parallel_maintenance_workers)
    yield from _compression(job, target)


def _compression(job: Job, target: TargetCatalog | ExistingCatalog) -> Iterator[tuple[str, str]]:
    if job.toast_compression == "auto" and "lz4" in target.server.compressions:
        yield "default_toast_compression", "lz4"
