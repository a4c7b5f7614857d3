"""What undoing a change would do: its effects reversed on the files as they are now."""

import pytest

from hone.changes.change import Effect
from hone.changes.undo import reversed_effects
from hone.errors import Conflict

SKILL, SIDECAR = "skills/deploy/SKILL.md", "skills/deploy/hone.yaml"
CREATION = (Effect(SKILL, None, b"# Deploy\n"), Effect(SIDECAR, None, b"v: 1\n"))


def test_a_creation_is_taken_back_last_file_first() -> None:
    files = {SKILL: b"# Deploy\n", SIDECAR: b"v: 1\n"}
    assert reversed_effects(CREATION, files.get) == (
        Effect(SIDECAR, b"v: 1\n", None),
        Effect(SKILL, b"# Deploy\n", None),
    )


def test_a_created_skill_that_was_edited_since_stays() -> None:
    files = {SKILL: b"# Deploy\n\n- mine\n", SIDECAR: b"v: 1\n"}
    with pytest.raises(Conflict, match=r"^skills/deploy/SKILL\.md: it was made by this change"):
        reversed_effects(CREATION, files.get)


@pytest.mark.parametrize(
    ("before", "after", "present", "result"),
    [
        (None, b"- a\n", b"- a\n", None),
        (None, b"- a\n", b"- a\n- b\n", b"- b\n"),
        (b"", b"- a\n", b"- a\n- b\n", b"- b\n"),
        (b"- a\n", None, b"- b\n", b"- a\n- b\n"),
        (b"- a\n", None, None, b"- a\n"),
        (b"- a\n", b"- a\n- b\n", b"- b\n", None),
        (b"", b"- a\n- b\n", b"- a\n- b\n", b""),
        (None, b"- a\n- b\n", b"- 0\n- a\n- b\n", b"- 0\n"),
    ],
)
def test_entries_of_a_memory_file_stand_for_themselves_also_the_first(
    before: bytes | None, after: bytes | None, present: bytes | None, result: bytes | None
) -> None:
    (effect,) = reversed_effects((Effect("user.md", before, after),), {"user.md": present}.get)
    assert effect == Effect("user.md", present, result)


def test_an_edit_in_a_memory_file_that_is_gone_is_a_conflict() -> None:
    with pytest.raises(Conflict, match=r"^user\.md: it is gone"):
        reversed_effects((Effect("user.md", b"- a\n", b"- b\n"),), lambda _: None)


ARCHIVED = (Effect("skills/deploy", moved_to="skills/.archive/deploy"),)


def test_an_archived_skill_moves_back() -> None:
    files = {"skills/.archive/deploy/SKILL.md": b"# Deploy\n"}
    assert reversed_effects(ARCHIVED, files.get) == (
        Effect("skills/.archive/deploy", moved_to="skills/deploy"),
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, r"skills/\.archive/deploy is gone"),
        ({SKILL: b"", "skills/.archive/deploy/SKILL.md": b""}, "skills/deploy is there again"),
    ],
)
def test_a_place_that_is_empty_or_taken_is_a_conflict(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(Conflict, match=reason):
        reversed_effects(ARCHIVED, files.get)


def test_a_change_that_wrote_nothing_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="nothing"):
        reversed_effects((), lambda _: None)
