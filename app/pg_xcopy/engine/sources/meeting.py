"""Where the targets of a job meet: nothing is read before all that take part are planned; then they read together."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from pg_xcopy.catalog.servers import Server
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.sources.broadcast import Broadcast
from pg_xcopy.engine.sources.reading import Reading, alone
from pg_xcopy.engine.sources.source import Source
from pg_xcopy.planning.plan import Plan
from pg_xcopy.planning.rows.shape import Agreement
from pg_xcopy.planning.sharing import agree, contradicts, in_one_order, statements

P = TypeVar("P", bound=Plan)
Brought = TypeVar("Brought")


class Meeting(Generic[P]):
    """What the targets bring, round after round; who has left is not waited for."""

    def __init__(self, targets: Sequence[str], source: Source, sessions: Sessions) -> None:
        """`sessions` are those of the run, on which the source is read for all."""
        self._targets, self._source, self._sessions = targets, source, sessions
        self._left: set[str] = set()
        self._first: dict[str, tuple[P, Server]] = {}
        self._second: dict[str, P] = {}
        self._broadcast: Broadcast | None = None
        self._changed = threading.Condition()

    def agree(self, target: str, plan: P, server: Server, sessions: Sessions) -> Agreement:
        """Say what this target, on that server, would like; learn what all have to do so that each row is read once."""
        self._meet(self._first, target, (plan, server), sessions)
        return agree(*zip(*self._first.values(), strict=True))

    def gather(self, target: str, plan: P, sessions: Sessions, pusher: Address | None = None) -> tuple[P, Reading]:
        """Bring what this target will do; get it in the order in which all read, and what to read from.

        A target whose tables must come in an order that contradicts the others' reads for itself, and so does one whose
        server fetches its rows, or is pushed to.
        """
        self._meet(self._second, target, plan, sessions)
        together = _compatible({each: self._second[each] for each in self._targets if each in self._second})
        with self._changed:
            broadcast = self._broadcast = self._broadcast or self._new_broadcast(together)
        if target not in together:
            return plan, alone(self._source, plan, sessions, lambda: broadcast.leave(target), pusher)
        ordered = in_one_order(tuple(together.values()))
        return ordered[tuple(together).index(target)], broadcast.reading(target, sessions)

    def leave(self, target: str) -> None:
        """Know that a target has come to its end, whichever."""
        with self._changed:
            self._left.add(target)
            self._changed.notify_all()
            broadcast = self._broadcast
        if broadcast:
            broadcast.leave(target)

    def _new_broadcast(self, together: Mapping[str, P]) -> Broadcast:
        wanted = {target: statements(plan) for target, plan in together.items()}
        present = {target: wanted.get(target, frozenset()) for target in self._second if target not in self._left}
        return Broadcast(self._source, next(iter(self._second.values())), present, self._sessions)

    def _meet(self, table: dict[str, Brought], target: str, brought: Brought, sessions: Sessions) -> None:
        with self._changed:
            table[target] = brought
            self._changed.notify_all()
            while not self._left.union(table).issuperset(self._targets):
                sessions.check()
                self._changed.wait(1.0)


def _compatible(plans: Mapping[str, P]) -> dict[str, P]:
    """Give those that can read in one order, the first of them before later ones."""
    chosen: dict[str, P] = {}
    for target, plan in plans.items():
        if plan.transport is None and not contradicts(tuple(chosen.values()), plan):
            chosen[target] = plan
    return chosen
