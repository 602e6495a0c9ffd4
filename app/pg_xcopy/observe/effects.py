"""What a run leaves behind that does not come to its end."""

from __future__ import annotations

from collections.abc import Sequence

from pg_xcopy.observe.events import Stage

_EFFECTS = {
    Stage.CLEAN: "the new schema is in place, the next run drops the old",
    Stage.COMMIT: "its COMMIT was under way: either all of its rows are in, or none",
    Stage.ANALYZE: "its rows are in, their statistics may not be",
}
"""By the stage in which it ended; in all others, the target is as it was."""


def effect_of(stage: Stage, kept: Sequence[str]) -> str:
    """Say what state a target is in whose job ended in `stage`; `kept` are the tables that were committed before."""
    return _EFFECTS.get(stage, f"of its tables only these are filled: {', '.join(kept)}" if kept else UNTOUCHED)


UNTOUCHED = "the target is as it was"
