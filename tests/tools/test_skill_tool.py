"""The `skill` tool loads a skill once a session and answers an unknown name with the nearest; `skill_search` finds some."""

import asyncio
import datetime
from pathlib import Path

from hone.safety.approve import Intent
from hone.skills.discover import Library
from hone.skills.pins import World
from hone.skills.read import Skill
from hone.skills.retrieve import Found
from hone.tools.base import ToolOutput
from hone.tools.loading import Loader
from hone.tools.skills import SkillArguments, SkillSearchArguments, skill_search_tool, skill_tool


def library(root: Path) -> Library:
    for name in ("deploy-web", "draft", "old", "theirs"):
        (root / name).mkdir()
        (root / name / "SKILL.md").write_text(f"---\nname: {name}\ndescription: d\n---\nBody of {name}.\n")
    return Library(
        (
            Skill("theirs", "Deploy theirs", str(root / "theirs"), trusted=False),
            Skill("deploy-web", "Deploy the shop", str(root / "deploy-web")),
            Skill("draft", "A draft", str(root / "draft"), status="trial"),
            Skill("old", "Deploy as of old", str(root / "old"), status="retired"),
        )
    )


def loader(loaded: set[str]) -> Loader:
    nowhere = World(Path("/nowhere"), "", None, datetime.date(2026, 1, 1))
    return Loader(lambda: nowhere, lambda _: False, lambda _: None, loaded)


def call(known: Library, name: str, activated: set[str] | None = None) -> ToolOutput:
    tool = skill_tool(known, loader(set() if activated is None else activated))
    return asyncio.run(_run(tool.run(SkillArguments(name))))


async def _run(output: object) -> ToolOutput:
    result = await output  # type: ignore[misc]
    assert isinstance(result, ToolOutput)
    return result


def test_a_skill_is_loaded_once_a_session(tmp_path: Path) -> None:
    known, activated = library(tmp_path), set[str]()
    first = call(known, "deploy-web", activated)
    assert first.ok
    assert "Body of deploy-web." in first.text
    assert first.trust == "workspace"
    assert activated == {"deploy-web"}
    assert call(known, "deploy-web", activated) == ToolOutput("The skill deploy-web is already loaded above.")


def test_a_skill_on_trial_loads_by_name(tmp_path: Path) -> None:
    assert call(library(tmp_path), "draft").ok


def test_retired_and_untrusted_skills_do_not_exist_for_the_model(tmp_path: Path) -> None:
    known = library(tmp_path)
    for name in ("old", "theirs"):
        output = call(known, name)
        assert not output.ok
        assert f"no skill named '{name}'" in output.text


def test_words_that_are_no_name_find_the_nearest_skills(tmp_path: Path) -> None:
    known = library(tmp_path)
    expected = "no skill named 'shop deploy'; the nearest are\n- deploy-web: Deploy the shop"
    assert call(known, "shop deploy") == ToolOutput(expected, ok=False)
    assert call(known, "draf").text == "no skill named 'draf'; did you mean draft?"


def test_a_skill_that_is_gone_fails_and_may_be_tried_again(tmp_path: Path) -> None:
    known, activated = library(tmp_path), set[str]()
    (tmp_path / "draft/SKILL.md").unlink()
    output = call(known, "draft", activated)
    assert not output.ok
    assert output.text.endswith("go on without this skill")
    assert activated == set()


def test_the_tool_is_free_runs_in_parallel_and_takes_a_name() -> None:
    tool = skill_tool(Library(), loader(set()))
    assert (tool.name, tool.parallel, tool.intent(SkillArguments("x"))) == ("skill", True, Intent("free"))
    assert tool.spec.parameters["required"] == ["name"]


def test_skill_search_lists_what_is_found_best_first() -> None:
    found = {"deploy": (Found(Skill("b", "Do b.", "/b"), 2.0, True), Found(Skill("a", "Do a.", "/a"), 1.0))}
    tool = skill_search_tool(lambda query: found.get(query, ()), loader(set()))
    output = asyncio.run(_run(tool.run(SkillSearchArguments("deploy"))))
    assert output == ToolOutput("- b: Do b.\n- a: Do a.")
    output = asyncio.run(_run(tool.run(SkillSearchArguments("zebra"))))
    assert output == ToolOutput("no skill has any of these words")


def test_skill_search_is_free_runs_in_parallel_and_costs_few_tokens() -> None:
    tool = skill_search_tool(lambda _: (), loader(set()))
    assert (tool.name, tool.parallel, tool.intent(SkillSearchArguments("x"))) == (
        "skill_search",
        True,
        Intent("free"),
    )
    assert len(str(tool.spec.parameters)) + len(tool.description) < 150
