"""What a run may use of both servers, and how its sessions on the target are set."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.plan import Resources

KILOBYTE = 1024
"""What PostgreSQL's kB is."""

LEAST_MEMORY = 1024
"""kB: PostgreSQL refuses less for maintenance_work_mem before version 17."""

MOST_MEMORY = 2_097_151
"""kB: PostgreSQL refuses more on some systems."""


def plan_resources(job: Job, target: TargetCatalog) -> Resources:
    """Bound workers, connections and memory as the job says.

    One connection on either side is not a worker's: it holds the snapshot, or the lock.
    """
    workers = min(job.parallel, (job.max_target_connections or job.parallel + 1) - 1)
    return Resources(
        workers=workers,
        readers=min(workers, (job.max_source_connections or job.parallel + 1) - 1),
        max_rate=job.max_rate,
        settings=tuple(_settings(job, target, workers)),
    )


def _settings(job: Job, target: TargetCatalog, workers: int) -> Iterator[tuple[str, str]]:
    # What is lost in a crash is a staging schema; the swap's own COMMIT waits for the disk, and for all before it.
    yield "synchronous_commit", "off"
    memory = job.maintenance_work_mem // workers // KILOBYTE
    yield "maintenance_work_mem", f"{min(max(memory, LEAST_MEMORY), MOST_MEMORY)}kB"
    if job.max_parallel_maintenance_workers is not None:
        yield "max_parallel_maintenance_workers", str(job.max_parallel_maintenance_workers)
    if job.toast_compression == "auto" and "lz4" in target.server.compressions:
        yield "default_toast_compression", "lz4"
