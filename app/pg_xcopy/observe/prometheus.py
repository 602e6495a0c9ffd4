"""Metrics on their way to Prometheus: a file that node_exporter collects, or a push to a gateway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from prometheus_client import exposition

from pg_xcopy.observe.files import write_atomically
from pg_xcopy.observe.metrics import (
    Sample,
    as_text,
    ended,
    of_last_run,
    of_last_success,
    of_run,
    read_text,
    registry_of,
)
from pg_xcopy.observe.summary import NOT_RUN, RunSummary

PATIENCE = 5.0
"""Seconds that a gateway has for each answer: a run that was stopped has little time left."""

GROUP = "pg-xcopy"


def write_textfile(path: str, run: RunSummary) -> str:
    """Write all metrics of a run to a file, and keep in it what this run does not replace; raises OSError.

    Return what is wrong with the file that was there before, from which nothing could be kept; empty if all is well.
    """
    before, wrong = _before(Path(path))
    write_atomically(path, as_text(of_run(run, before)))
    return wrong


def _before(path: Path) -> tuple[tuple[Sample, ...], str]:
    try:
        return read_text(path.read_text(encoding="utf-8")), ""
    except FileNotFoundError:
        return (), ""
    except (ValueError, KeyError, IndexError) as error:
        return (), f"what was in {path} is no file of metrics ({type(error).__name__}), and is replaced"


class Gateway(Struct, frozen=True):
    """A Pushgateway: its address as it may be shown, and who pushes."""

    address: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Show no password."""
        return f"Gateway({self.address!r}, {self.user!r})"

    @classmethod
    def at(cls, url: str) -> Gateway:
        """Take a URL apart, whose user and password are shown nowhere; raises ValueError if it is none."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("no URL of a Pushgateway")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        where = host if parts.port is None else f"{host}:{parts.port}"
        address = f"{parts.scheme}://{where}{parts.path}".rstrip("/")
        return cls(address, unquote(parts.username or ""), unquote(parts.password or ""))

    def push(self, run: RunSummary) -> str:
        """Replace the groups of each job that ran, by its name; raises OSError with a reason in words.

        Return what else is to be known: nothing.
        """
        try:
            for job in run.jobs:
                if job.status != NOT_RUN:
                    at = ended(job, run)
                    self._put(job.job, "last_run", tuple(of_last_run(job, at)))
                    self._put(job.job, "last_success", tuple(of_last_success(job, at)))
        except HTTPError as error:
            raise OSError(0, f"it answers {error.code} {error.reason}") from error
        except URLError as error:
            raise OSError(0, _reason(error)) from error
        except TimeoutError as error:
            raise OSError(0, f"it did not answer within {PATIENCE:.0f} s") from error
        return ""

    def _put(self, job: str, part: str, samples: tuple[Sample, ...]) -> None:
        if samples:
            exposition.push_to_gateway(
                self.address,
                job=GROUP,
                grouping_key={"job_name": job.encode(errors="replace").decode(), "part": part},
                registry=registry_of(samples),
                timeout=PATIENCE,
                handler=self._handler,
            )

    def _handler(
        self, url: str, method: str, timeout: float | None, headers: list[tuple[str, str]], data: bytes
    ) -> Callable[[], None]:
        given = (self.user, self.password) if self.user or self.password else (None, None)
        return exposition.basic_auth_handler(url, method, timeout, headers, data, *given)


def _reason(error: URLError) -> str:
    if isinstance(error.reason, TimeoutError):
        return f"it did not answer within {PATIENCE:.0f} s"
    return getattr(error.reason, "strerror", None) or str(error.reason)
