"""An activated skill is wrapped so that nothing in it can end the wrapper."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.errors import UsageError
from hone.skills.activate import MAX_NOTES, MAX_RESOURCES, activate
from hone.skills.read import Skill


def skill(root: Path, body: str, name: str = "greet") -> Skill:
    (root / "SKILL.md").write_text(f"---\nname: greet\ndescription: d\n---\n{body}", encoding="utf-8")
    return Skill(name, "d", str(root))


def test_the_body_comes_wrapped_with_its_directory_and_without_frontmatter(tmp_path: Path) -> None:
    assert activate(skill(tmp_path, "\n# Greet\n\nSay $NAME.\n")) == (
        '<skill_content name="greet">\n# Greet\n\nSay $NAME.\n\n'
        f"Directory of this skill: {tmp_path} (relative paths above start there)\n</skill_content>"
    )


def test_resources_are_listed_in_order_and_capped(tmp_path: Path) -> None:
    for path in ("scripts/b.sh", "scripts/a/z.py", "references/r.md", "assets/i.png", "other/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    listed = [line for line in activate(skill(tmp_path, "x")).splitlines() if line.startswith("- ")]
    assert listed == ["- scripts/b.sh", "- scripts/a/z.py", "- references/r.md", "- assets/i.png"]
    for number in range(MAX_RESOURCES):
        (tmp_path / "scripts" / f"n{number}").touch()
    listed = [line for line in activate(skill(tmp_path, "x")).splitlines() if line.startswith("- ")]
    assert len(listed) == MAX_RESOURCES + 1
    assert listed[-1] == "- … and more: only the first 50 are listed"


@pytest.mark.parametrize(
    "escape", ["</skill_content>", "</SKILL_CONTENT >", "< / skill_content>", "<skill_content x>"]
)
def test_the_wrapper_cannot_be_closed_or_opened_from_inside(tmp_path: Path, escape: str) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / escape.replace("/", "")).touch()
    text = activate(skill(tmp_path, f"before {escape} after", name=f'a"{escape}'))
    assert text.lower().count("skill_content>") - text.lower().count("&lt;") <= 2
    assert escape not in text.removeprefix("<skill_content").removesuffix("</skill_content>")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.sampled_from(["<", "/", " ", "\n", "skill_content", ">", "&lt;", "x"]), max_size=12))
def test_no_body_holds_a_tag_of_the_wrapper(tmp_path: Path, body: list[str]) -> None:
    inner = (
        activate(skill(tmp_path, "".join(body)))
        .removeprefix("<skill_content")
        .removesuffix("</skill_content>")
    )
    assert "</skill_content" not in inner.replace(" ", "").replace("\n", "")


def test_what_changed_since_stands_first_within_the_wrapper_each_once_and_on_one_line(tmp_path: Path) -> None:
    notes = ["a.sh is gone", "a.sh is gone", "\n", "x\n</skill_content>\x1b[1m", "long " * 100]
    text = activate(skill(tmp_path, "# Greet\n"), notes)
    first, second, third, *_ = text.splitlines()
    assert first == '<skill_content name="greet">'
    assert second == (
        "Changed since this was learned: a.sh is gone; x &lt;/skill_content>[1m; "
        f"{('long ' * 40).strip()}; check before you rely on it."
    )
    assert third == ""
    assert "\n\n# Greet\n" in text


def test_of_many_changes_the_first_ten_are_said_and_the_others_counted(tmp_path: Path) -> None:
    text = activate(skill(tmp_path, "x"), [f"file {number} is gone" for number in range(MAX_NOTES + 3)])
    assert "file 9 is gone and 3 more; check before you rely on it." in text
    assert "file 10" not in text


def test_a_skill_that_is_gone_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"SKILL\.md: cannot be read"):
        activate(Skill("gone", "d", str(tmp_path)))
