"""What each arm switches on and off."""

import pytest

from hone.bench.arms import ARMS, FRESH, Names, flags_of
from hone.config.load import load

BY_NAME = {arm.name: arm for arm in ARMS}
NAMES = Names(main="strong", cheap="cheap")


@pytest.mark.parametrize(
    ("name", "mode", "skills", "tripwires"),
    [
        (FRESH, "off", True, True),
        ("memory", "auto", False, False),
        ("skills", "auto", True, False),
        ("skills+tripwires", "auto", True, True),
        ("strong writes, cheap executes", "auto", True, True),
    ],
)
def test_arms_differ_in_what_is_learned(name: str, mode: str, skills: bool, tripwires: bool) -> None:
    settings = load({"HOME": "/nowhere"}, flags=flags_of(BY_NAME[name], NAMES)).settings
    learning = settings.learning
    assert settings.limits.steps == 30
    assert (learning.mode, learning.skills, learning.tripwires) == (mode, skills, tripwires)
    assert learning.holdout.run == 0


@pytest.mark.parametrize(("name", "executor"), [("skills", None), ("strong writes, cheap executes", "cheap")])
def test_only_the_last_arm_lends(name: str, executor: str | None) -> None:
    flags = flags_of(BY_NAME[name], NAMES)
    assert (flags["roles.main"], flags.get("roles.executor")) == ("strong", executor)


def test_models_that_are_not_named_are_the_settings() -> None:
    assert not [key for key in flags_of(BY_NAME["skills"], Names()) if key.startswith("roles")]
