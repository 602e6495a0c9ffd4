"""What each constraint and index of the copied tables became."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.plan import Plan, ReplacePlan, Step, Topic
from pg_xcopy.report.page import Part, State
from pg_xcopy.results import WarningResult

MADE, AGAIN, LEFT_OUT, UNCHECKED, UNDONE, TO_BE_MADE = (
    "made",
    "made again",
    "left out",
    "not valid",
    "not on the target",
    "will be made",
)

_TOPICS = {
    topic.value: became
    for topic, became in {
        Topic.CONSTRAINT: LEFT_OUT,
        Topic.INDEX: LEFT_OUT,
        Topic.NOT_NULL: LEFT_OUT,
        Topic.UNCHECKED: UNCHECKED,
    }.items()
}
_PLANNED = (Topic.CONSTRAINT, Topic.INDEX, Topic.NOT_NULL)


def parts_of(plan: Plan | None, warnings: Sequence[WarningResult], state: State) -> tuple[Part, ...]:
    """List them in the order in which they are made, then those that no statement makes.

    Tables that exist keep what they have: of those there is nothing to say.
    """
    if not isinstance(plan, ReplacePlan):
        return ()
    lost = {each.subject: each for each in warnings if each.topic in _TOPICS}
    made = tuple(_made(plan, lost, state))
    named = {each.name for each in made}
    never = (_left_out(each) for each in lost.values() if each.subject not in named)
    return (*made, *never)


def _made(plan: ReplacePlan, lost: Mapping[str, WarningResult], state: State) -> Iterator[Part]:
    for step in _steps(plan):
        kind = _kind(step)
        if warning := lost.get(step.subject):
            why = warning.message.removeprefix(step.what).removeprefix(": ")
            yield Part(step.subject, kind, step.what, _TOPICS[warning.topic], why)
        else:
            yield Part(step.subject, kind, step.what, _became(state))
    for key in plan.swap.kept_keys:
        warning = lost.get(key.subject)
        became = _TOPICS[warning.topic] if warning else AGAIN if _stands(state) else _became(state)
        why = warning.message.removeprefix(key.what).removeprefix(": ") if warning else "of a table that stays"
        yield Part(key.subject, "foreign key", key.what, became, why)


def _steps(plan: ReplacePlan) -> Iterable[Step]:
    for table in plan.finish:
        yield from (step for step in table.steps if step.topic in _PLANNED)
    yield from (key.add for key in plan.foreign_keys)


def _kind(step: Step) -> str:
    """Take it out of what the step does: `adding primary key public.users.users_pkey`."""
    verb, _, what = step.doing.replace(step.subject, "").partition(" ")
    return " ".join(what.split()) or verb


def _left_out(warning: WarningResult) -> Part:
    kind, colon, why = warning.message.partition(": ")
    if not colon or warning.topic != Topic.CONSTRAINT.value:
        kind, why = warning.topic.partition(" left")[0], warning.message
    return Part(warning.subject, kind, "", _TOPICS[warning.topic], why)


def _stands(state: State) -> bool:
    return state in (State.DONE, State.WARNED)


def _became(state: State) -> str:
    if state is State.PLANNED:
        return TO_BE_MADE
    return MADE if _stands(state) else UNDONE


def keeps_its_own(plan: Plan | None) -> bool:
    """Tell whether the target's tables exist, and keep the constraints that they have."""
    return isinstance(plan, ExistingPlan)
