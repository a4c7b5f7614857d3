"""The index fits its budget, lists what is likeliest, and never cuts in silence."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.messages import estimate_tokens
from hone.skills.discover import Library
from hone.skills.hints import topics, workspace_hints
from hone.skills.index import holds_all, nearest_skills, offered, rank, render_index
from hone.skills.read import Skill


def skill(name: str, description: str = "d", **fields: Any) -> Skill:
    return Skill(name, description, f"/skills/{name}", topics=topics(f"{name} {description}"), **fields)


def ranked(*skills: Skill, project: str | None = None, hints: frozenset[str] = frozenset()) -> list[str]:
    return [each.name for each in rank(skills, project=project, hints=hints)]


def test_without_skills_there_is_no_index() -> None:
    assert render_index(Library()) == ""


def test_a_library_that_fits_is_listed_whole() -> None:
    library = Library((skill("a", "Do a. " * 80), skill("b")))
    assert render_index(library) == f"- a: {'Do a. ' * 80}\n- b: d"
    assert holds_all(library, None)


@pytest.mark.parametrize(
    "hidden",
    [
        skill("x", status="trial"),
        skill("x", status="retired"),
        skill("x", trusted=False),
        skill("x", scope="project:other-12345678"),
    ],
)
def test_trial_retired_untrusted_and_foreign_skills_are_not_offered(hidden: Skill) -> None:
    library = Library((hidden, skill("u", status="undecided"), skill("p", scope="project:mine-12345678")))
    assert [each.name for each in offered(library, "mine-12345678")] == ["u", "p"]
    assert render_index(Library((hidden,)), project="mine-12345678") == ""


def test_a_large_library_fills_the_budget_and_says_how_many_more_there_are() -> None:
    library = Library(tuple(skill(f"skill-{number}", "word " * 100) for number in range(500)))
    text = render_index(library)
    *lines, last = text.splitlines()
    assert 1_400 < estimate_tokens(text) <= 1_500
    assert all(line.endswith("word…") for line in lines)
    assert last.startswith(f"[{500 - len(lines)} more skills are not listed")
    assert "`skill_search`" in last
    assert not holds_all(library, None)


def test_a_giant_name_cannot_push_the_others_out() -> None:
    library = Library((skill("n" * 50_000), skill("small")))
    assert "- small: d" in render_index(library)


@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=600)), max_size=60),
    st.integers(min_value=200, max_value=2_000),
)
def test_the_budget_holds_for_any_library(texts: list[tuple[str, str]], budget: int) -> None:
    library = Library(tuple(skill(name, description) for name, description in texts))
    assert estimate_tokens(render_index(library, budget_tokens=budget)) <= budget


def test_rank_puts_the_projects_own_first_then_shared_topics_then_pinned_then_newest() -> None:
    skills = [
        skill("old", changed=1),
        skill("new", changed=2),
        skill("pinned", pinned=True),
        skill("one", "python"),
        skill("two", "Python with Docker"),
        skill("acme-release"),
        skill("scoped", scope="project:acme-12345678"),
        skill("local", source="project", changed=9),
    ]
    order = ranked(*skills, project="acme-12345678", hints=frozenset({"python", "docker"}))
    assert order == ["local", "scoped", "two", "one", "acme-release", "pinned", "new", "old"]


def test_equals_keep_their_order_and_no_project_is_no_obstacle() -> None:
    assert ranked(skill("b"), skill("a")) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Python and Node", ("node", "python")),
        ("javascript", ("javascript",)),
        ("java, c++ and C#.", ("c#", "c++", "java")),
        ("pythonic nodes", ()),
        (".NET builds", (".net",)),
    ],
)
def test_topics_are_whole_words(text: str, found: tuple[str, ...]) -> None:
    assert topics(text) == found


def test_hints_come_from_the_names_at_the_top_of_the_workspace(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "main.py", "Dockerfile", "notes"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/main.rs").touch()
    assert workspace_hints(tmp_path) == {"python", "docker", "container"}
    assert workspace_hints(tmp_path / "none") == frozenset()


def test_nearest_skills_share_words_names_counting_double() -> None:
    skills = [skill("web", "Deploy the shop"), skill("deploy-web", "x"), skill("tests", "Run them")]
    assert [each.name for each in nearest_skills(skills, "deploy it")] == ["deploy-web", "web"]
    assert nearest_skills(skills, "zebra") == []
