"""The demo: two servers, one manifest, four jobs, and what became of the rows."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from pg_xcopy import __version__, api
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.demo import next_steps
from pg_xcopy.demo.comparison import Answers, ask, compare
from pg_xcopy.demo.console import open_console
from pg_xcopy.demo.excerpts import MANIFEST, excerpt
from pg_xcopy.demo.page import Page
from pg_xcopy.demo.servers import Server
from pg_xcopy.demo.shops import Shop, furnish, source_on, target_on
from pg_xcopy.demo.watching import Watch
from pg_xcopy.engine.supervision import supervised
from pg_xcopy.manifest.loader import load_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pg_xcopy.manifest.models import Job
    from pg_xcopy.results import JobResult


def show(*, keep: bool = False) -> None:
    """Run the demo on standard output; with `keep` its servers last until Enter, the end of input or a signal.

    Raises XcopyError. Whatever ends it, nothing of it is left behind.
    """
    page = Page(open_console())
    with _two_servers(page) as (source, target), Sessions("pg-xcopy demo") as sessions:
        demo = _Demo(page, source, target, sessions)
        demo.introduce()
        demo.sum_up([demo.play(job, place) for job, place in demo.jobs()])
        if keep:
            demo.wait()
    _take_leave(page, kept=keep)


@contextmanager
def _two_servers(page: Page) -> Iterator[tuple[Shop, Shop]]:
    with ExitStack() as running:
        with Watch(page.console, "starting two servers"):
            source, target = (running.enter_context(Server()) for _ in range(2))
        yield source_on(source), target_on(target)


class _Demo(Struct, frozen=True):
    """What it plays with: a page, both sides, and its own sessions."""

    page: Page
    source: Shop
    target: Shop
    sessions: Sessions

    def introduce(self) -> None:
        """Make and fill the databases; say what there is, and which file declares what follows."""
        self.page.gap()
        self.page.heading(f"pg-xcopy {__version__} demo")
        self.page.text("A made-up shop, copied from one PostgreSQL server to another in four ways.")
        with Watch(self.page.console, "filling the source"):
            census = supervised(lambda: furnish(self.source, self.target, self.sessions), self.sessions)
        self.page.sides(self.source, census, self.target)
        self.page.text("Jobs connect as roles without special rights. This file declares them:")
        self.page.commands(str(MANIFEST))

    def jobs(self) -> Iterator[tuple[Job, str]]:
        """Load the manifest, and count its jobs: `1 of 4`."""
        urls = {"SOURCE_DB_URL": self.source.url, "TARGET_DB_URL": self.target.url}
        jobs = load_manifest(MANIFEST, urls).jobs
        return ((job, f"{number} of {len(jobs)}") for number, job in enumerate(jobs.values(), start=1))

    def play(self, job: Job, place: str) -> JobResult:
        """Show a job's declaration, run it, compare."""
        self.page.heading(f"{place}  {job.name}")
        self.page.declaration(excerpt(job.name))
        before = self._ask(self.source, job.source.schema_name, job)
        with Watch(self.page.console, "connect") as watch:
            result = api.run_job(job, observer=watch.observe)
        self.page.outcome(result)
        self.page.comparison(job, compare(before, self._ask(self.target, job.only_target.schema_name, job)))
        return result

    def _ask(self, shop: Shop, schema: str, job: Job) -> Answers:
        return supervised(lambda: ask(shop, schema, job.name, self.sessions), self.sessions)

    def sum_up(self, results: list[JobResult]) -> None:
        """Show all jobs in one table."""
        self.page.heading("All jobs")
        self.page.summary(results)
        self.page.text("A warning does not stop a job; `strict: true` makes it do so.")
        self.page.gap()

    def wait(self) -> None:
        """Say how to use the servers, and keep them until somebody has done so."""
        self.page.heading("Both servers are still running")
        self.page.text("In another terminal, in this directory:")
        self.page.commands(*next_steps.with_the_demo(self.source, self.target))
        self.page.text("Press Enter here to stop them and to remove everything.")
        self.page.gap()
        if sys.stdin:  # None where a service manager closed it
            sys.stdin.readline()


def _take_leave(page: Page, *, kept: bool) -> None:
    page.heading("Both servers are stopped, and all that they wrote is removed")
    if not kept:
        page.text("To keep them, look around in them and run the jobs yourself:")
        page.commands(f"{next_steps.ourselves()} demo --keep")
    page.text("For your own data, begin with the manifest that you have just seen:")
    page.commands(*next_steps.with_your_own_data())
