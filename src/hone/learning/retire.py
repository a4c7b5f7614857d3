"""Which tripwires are to be retired: those that the agent had more often to override than it was helped. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hone.changes.change import Change, RetireTripwire
from hone.history.tripped import Counts
from hone.skills.read import Skill

_IGNORED = 3  # overrides after which a tripwire is of no use, even if it was right


def to_retire(counts: Mapping[tuple[str, str], Counts], skills: Iterable[Skill]) -> tuple[Change, ...]:
    """One change for each tripwire that was overridden more than heeded.

    Only of skills in the home that are not pinned: these are the user's to change.
    """
    return tuple(_retirements(counts, skills))


def is_in_the_way(count: Counts) -> bool:
    """Whether a tripwire was overridden more than heeded; that it was right to stop the few who then failed is no fault."""
    return count.overridden > count.heeded and (count.useless > 0 or count.overridden >= _IGNORED)


def _retirements(counts: Mapping[tuple[str, str], Counts], skills: Iterable[Skill]) -> Iterator[Change]:
    for skill in skills:
        if skill.source != "home" or skill.pinned or skill.status == "retired":
            continue
        for tripwire in skill.tripwires:
            count = counts.get((skill.name, tripwire.id), Counts())
            if is_in_the_way(count) and not tripwire.retired:
                yield Change(
                    target=f"skills/{Path(skill.directory).name}/SKILL.md",
                    ops=(RetireTripwire(tripwire.id),),
                    origin="review",
                    trust="workspace",
                    note=(
                        f"tripwire {tripwire.id} stopped {_calls(count.fired)}: {count.heeded} heeded it, "
                        f"{count.overridden} were sent again, of which {count.useless} succeeded"
                    ),
                )


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"
