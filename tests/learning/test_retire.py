"""A tripwire that is in the way more often than it helps is retired; nobody touches what the user holds on to."""

from typing import Any

import pytest

from hone.changes.change import Change, RetireTripwire
from hone.history.tripped import Counts
from hone.learning.retire import to_retire
from hone.skills.read import Skill
from hone.skills.tripwires import Tripwire


def skill(*, retired: bool = False, **fields: Any) -> Skill:
    wire = Tripwire("shell", ("x",), id="t1", retired=retired)
    return Skill(
        **{"name": "Deploy", "description": "d", "directory": "/h/skills/deploy", "tripwires": (wire,)}
        | fields
    )


def test_a_retirement_names_the_skills_directory_and_says_why() -> None:
    assert to_retire({("Deploy", "t1"): Counts(3, 1, 2, 2)}, [skill()]) == (
        Change(
            target="skills/deploy/SKILL.md",
            ops=(RetireTripwire("t1"),),
            origin="review",
            trust="workspace",
            note="tripwire t1 stopped 3 calls: 1 heeded it, 2 were sent again, of which 2 succeeded",
        ),
    )


@pytest.mark.parametrize(
    ("counts", "retires"),
    [
        (Counts(1, 0, 1, 1), True),
        (Counts(5, 2, 3, 3), True),
        (Counts(4, 2, 2, 2), False),
        (Counts(3, 0, 3, 0), True),  # it was right, and nobody listens
        (Counts(6, 3, 3, 0), False),
        (Counts(1, 0, 1, 0), False),  # overridden, and it failed: the tripwire was right
        (Counts(9, 9, 0, 0), False),
        (Counts(), False),
    ],
)
def test_only_more_useless_stops_than_heeded_ones_count(counts: Counts, retires: bool) -> None:
    assert bool(to_retire({("Deploy", "t1"): counts}, [skill()])) is retires


@pytest.mark.parametrize(
    "kept",
    [
        skill(retired=True),
        skill(pinned=True),
        skill(status="retired"),
        skill(source="project"),
        skill(name="other"),
        skill(tripwires=()),
    ],
)
def test_what_is_retired_pinned_or_not_of_the_home_is_left_alone(kept: Skill) -> None:
    assert to_retire({("Deploy", "t1"): Counts(1, 0, 1, 1)}, [kept]) == ()


def test_one_call_is_one_call() -> None:
    (change,) = to_retire({("Deploy", "t1"): Counts(1, 0, 1, 1)}, [skill()])
    assert change.note.startswith("tripwire t1 stopped 1 call: 0 heeded it")
