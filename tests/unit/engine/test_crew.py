"""Workers take what can be done, the heaviest first, and end together."""

import threading
import time
from contextlib import contextmanager

import pytest

from pg_xcopy.engine.crew import Crew
from pg_xcopy.planning.schedule import Load, Make, Work


def load(size, *after):
    return Work(Load(()), frozenset(after), size)


def make(size, *after):
    return Work(Make((), together=True), frozenset(after), size)


class Log:
    """What was done, by whom."""

    def __init__(self, fails_at=None):
        self.done, self.calls, self.fails_at = [], [], fails_at
        self.lock = threading.Lock()

    @contextmanager
    def hire(self, number):
        yield number

    def work(self, worker, one, _idle):
        with self.lock:
            self.done.append((worker, one))
        if one is self.fails_at:
            raise ValueError("no luck")

    def run(self, works, workers=1, readers=None):
        crew = Crew(works, workers if readers is None else readers)
        crew.run(
            workers,
            self.hire,
            self.work,
            loaded=lambda: self.calls.append("loaded"),
            failed=lambda: self.calls.append("failed"),
        )
        return [one for _, one in self.done]


def test_the_heaviest_that_can_begin():
    works = [load(1), load(5), make(9, 0), make(3, 1)]

    assert Log().run(works) == [works[1], works[3], works[0], works[2]]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_everything_is_done_once(workers):
    works = [load(place % 7, *range(max(0, place - 3), place)) for place in range(50)]

    done = Log().run(works, workers)

    assert sorted(map(id, done)) == sorted(map(id, works))


@pytest.mark.parametrize(("next_works", "idle"), [(1, 2), (2, 1), (3, 0)])
def test_a_work_is_told_how_many_have_nothing_to_do(next_works, idle):
    """Three workers and one load, for which two wait; then some works can begin, and who takes the first is told."""
    crew = Crew([load(9), *(make(1, 0) for _ in range(next_works))], readers=3)
    told = []

    def work(_worker, one, idle):
        told.append(idle)
        while isinstance(one.task, Load) and crew.idle() < 2:
            time.sleep(0.001)

    crew.run(3, Log().hire, work, loaded=lambda: None, failed=lambda: None)

    assert told[1] == idle


def test_it_is_told_once_when_everything_is_loaded():
    log = Log()

    log.run([load(1), load(2), make(1, 0, 1)], workers=2)

    assert log.calls == ["loaded"]


def test_who_may_not_read_does_not_load():
    log = Log()

    log.run([load(1) for _ in range(20)] + [make(1) for _ in range(20)], workers=3, readers=1)

    assert len({worker for worker, one in log.done if isinstance(one.task, Load)}) == 1
    assert len(log.done) == 40


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_failure_ends_everybody(workers):
    works = [load(9), *(make(1, 0) for _ in range(20))]
    log = Log(fails_at=works[0])

    with pytest.raises(ValueError, match="no luck"):
        log.run(works, workers)

    assert log.calls == ["failed"]
    assert [one for _, one in log.done] == [works[0]]


def test_nothing_to_load():
    log = Log()

    assert len(log.run([make(1)])) == 1
    assert log.calls == ["loaded"]


def test_nothing_to_do():
    assert Log().run([]) == []
