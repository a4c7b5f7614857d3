"""The official validator of the Agent Skills format, as one assertion for any test that writes a skill."""

from pathlib import Path

import skills_ref


def assert_valid_skill(directory: Path) -> None:
    """Fail with the validator's words if it does not accept the skill in `directory`."""
    found = skills_ref.validate(directory)
    assert found == [], f"{directory}: {'; '.join(found)}"


def assert_valid_skills(home: Path) -> None:
    """Fail if it does not accept a skill of `home`, an archived one included."""
    for path in (*home.glob("skills/*/SKILL.md"), *home.glob("skills/.archive/*/SKILL.md")):
        assert_valid_skill(path.parent)
