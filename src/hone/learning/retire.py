"""Which tripwires are to be retired: those that the agent had more often to override than it was helped. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hone.changes.change import Change, RetireTripwire
from hone.history.tripped import Counts
from hone.skills.read import Skill


def to_retire(counts: Mapping[tuple[str, str], Counts], skills: Iterable[Skill]) -> tuple[Change, ...]:
    """One change for each tripwire that was in the way of more good calls than it was heeded.

    Only of skills in the home that are not pinned: these are the user's to change.
    """
    return tuple(_retirements(counts, skills))


def _retirements(counts: Mapping[tuple[str, str], Counts], skills: Iterable[Skill]) -> Iterator[Change]:
    for skill in skills:
        if skill.source != "home" or skill.pinned or skill.status == "retired":
            continue
        for tripwire in skill.tripwires:
            count = counts.get((skill.name, tripwire.id), Counts())
            if count.useless > count.heeded and not tripwire.retired:
                yield Change(
                    target=f"skills/{Path(skill.directory).name}/SKILL.md",
                    ops=(RetireTripwire(tripwire.id),),
                    origin="review",
                    trust="workspace",
                    note=(
                        f"tripwire {tripwire.id} stopped {_calls(count.fired)}: {count.heeded} heeded it, "
                        f"{count.useless} had to be sent again and succeeded"
                    ),
                )


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"
