"""What changes do, as people read it."""

import pytest

from hone.changes.change import Effect
from hone.changes.diff import unified


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        (Effect("user.md", None, b"- a\n"), "--- /dev/null\n+++ user.md\n@@ -0,0 +1 @@\n+- a\n"),
        (Effect("user.md", b"- a\n", None), "--- user.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-- a\n"),
        (
            Effect("user.md", b"- a\n- b", b"- a\n- \xff\n"),
            "--- user.md\n+++ user.md\n@@ -1,2 +1,2 @@\n - a\n-- b\n\\ no newline at the end\n+- \ufffd\n",
        ),
        (
            Effect("skills/x", moved_to="skills/.archive/x"),
            "moved skills/x to skills/.archive/x\n",
        ),
        (Effect("user.md", b"- a\n", b"- a\n"), ""),
        (Effect("user.md", None, b""), ""),
    ],
)
def test_an_effect_is_a_unified_diff(effect: Effect, text: str) -> None:
    assert unified([effect]) == text


def test_the_effects_of_a_change_follow_one_another() -> None:
    effects = [Effect("a", None, b"1\n"), Effect("b", None, b"2\n")]
    assert unified(effects) == unified(effects[:1]) + unified(effects[1:])
