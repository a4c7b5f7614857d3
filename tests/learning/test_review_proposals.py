"""The writer's tools: their schemas, how leniently their calls are read, and the changes that they become."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Change,
    Create,
    Gotcha,
    Remove,
    RemoveGotcha,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    ReplaceStep,
    SetDescription,
    SetWhen,
)
from hone.errors import UsageError
from hone.learning.proposals import (
    TOOLS,
    LearnNothing,
    Proposal,
    SkillCreate,
    Source,
    change_of,
    merged,
    normal_name,
    understood,
)
from hone.messages import ToolCall
from hone.skills.spec import NAME
from hone.skills.tripwires import Condition

FILES = {"skills/deploy/SKILL.md": b"# Deploy", "memory.md": b"- old\n"}
CREATE: dict[str, Any] = {
    "name": "deploy",
    "title": "Deploy",
    "description": "Deploys.",
    "when_to_use": "To deploy.",
    "steps": ["Run `make`."],
}


def source(project: str | None = "shop-1a2b", **given: Any) -> Source:
    return Source(
        session="s1", turn=2, nudge=7, project=project, trust="workspace", model="w:m", evidence=("e3",), read=FILES.get,
        **given,
    )  # fmt: skip


def asked(tool: str, arguments: object) -> Proposal:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    proposal = understood(ToolCall("c", tool, written))
    assert not isinstance(proposal, LearnNothing)
    return proposal


def change(tool: str, **arguments: object) -> Change:
    return change_of(asked(tool, arguments), source())


def created(**arguments: object) -> Create:
    (op,) = change("skill_create", **(CREATE | arguments)).ops
    assert isinstance(op, Create)
    return op


def test_the_tools_have_the_names_and_fields_of_the_design() -> None:
    fields = {tool.name: list(tool.parameters["properties"]) for tool in TOOLS}
    assert fields == {
        "skill_create": ["name", "title", "description", "when_to_use", "steps", "gotchas"],
        "skill_revise": ["name", "reason", "ops"],
        "memory_update": ["file", "op", "text", "old", "evidence"],
        "learn_nothing": ["reason"],
    }
    by_name = {tool.name: tool.parameters for tool in TOOLS}
    gotcha = by_name["skill_create"]["properties"]["gotchas"]["items"]["properties"]
    edit = by_name["skill_revise"]["properties"]["ops"]["items"]["properties"]
    assert list(gotcha) == ["text", "evidence", "tripwire"]
    assert list(edit) == ["op", "index", "old", "text", "evidence", "tripwire"]
    assert gotcha["tripwire"] == edit["tripwire"]
    assert list(edit["tripwire"]["properties"]) == ["tool", "has", "lacks", "unless_after", "say"]
    assert set(edit["op"]["enum"]) == {
        *("add_step", "replace_step", "remove_step", "add_gotcha", "replace_gotcha", "remove_gotcha"),
        *("set_when", "set_description"),
    }
    assert set(by_name["memory_update"]["properties"]["file"]["enum"]) == {"user", "memory", "project"}


def test_the_schemas_hold_nothing_that_only_costs_tokens() -> None:
    written = json.dumps([tool.parameters for tool in TOOLS])
    assert '"default"' not in written
    assert '"null"' not in written
    create = next(tool.parameters for tool in TOOLS if tool.name == "skill_create")
    assert create["properties"]["description"] == {"type": "string"}  # a field, not a description


def test_a_new_skill_becomes_a_change_with_all_that_it_rests_on() -> None:
    tripwire = {"tool": "shell", "has": ["x"], "lacks": ["y"], "say": "Do y."}
    gotchas = [{"text": "x -> y", "evidence": ["e5", "e9"], "tripwire": tripwire}]
    assert change("skill_create", **(CREATE | {"name": "ship-it", "gotchas": gotchas})) == Change(
        target="skills/ship-it/SKILL.md",
        ops=(
            Create(
                "Deploy",
                "Deploys.",
                "To deploy.",
                ("Run `make`.",),
                (Gotcha("x -> y", ("e5", "e9"), Condition("shell", ("x",), ("y",), say="Do y.")),),
            ),
        ),
        origin="review",
        evidence=("e5", "e9", "e3"),
        trust="workspace",
        session="s1",
        turn=2,
        project="shop-1a2b",
        model="w:m",
        nudge=7,
    )


@pytest.mark.parametrize(
    ("edit", "op"),
    [
        ({"op": "add_step", "text": "Run it."}, AddStep("Run it.")),
        ({"op": "add_step", "text": "Run it.", "index": "2", "evidence": "e4, e5"}, AddStep("Run it.", 2, ("e4", "e5"))),
        ({"op": "replace_step", "old": "a", "text": "b", "index": 0}, ReplaceStep("a", "b")),
        ({"op": "replace_step", "old": "3. a", "text": "3. b", "index": 3}, ReplaceStep("a", "b", 3)),
        ({"op": "remove_step", "old": "a", "text": None}, RemoveStep("a")),
        ({"op": "add_gotcha", "text": "- g", "evidence": [7]}, AddGotcha("g", ("e7",))),
        ({"op": "replace_gotcha", "old": "g", "text": "h", "evidence": ["[e1]", "e1"]}, ReplaceGotcha("g", "h", ("e1",))),
        ({"op": "add_gotcha", "text": "g", "tripwire": {"tool": "read", "has": "a b", "say": "x"}}, AddGotcha("g", (), Condition("read", ("a b",), say="x"))),
        ({"op": "replace_gotcha", "old": "g", "text": "h", "tripwire": {"has": ["a"]}}, ReplaceGotcha("g", "h", (), Condition("shell", ("a",), say="h"))),
        ({"op": "remove_gotcha", "old": "g", "tripwire": {"has": ["a"]}}, RemoveGotcha("g")),
        ({"op": "remove_gotcha", "old": "g"}, RemoveGotcha("g")),
        ({"op": "set_when", "text": "Always."}, SetWhen("Always.")),
        ({"op": "set_description", "text": "Does it."}, SetDescription("Does it.")),
    ],
)  # fmt: skip
def test_each_operation_of_a_revision(edit: dict[str, object], op: AnyOp) -> None:
    revised = change("skill_revise", name="deploy", reason="it moved", ops=[edit])
    assert revised.ops == (op,)
    assert revised.note == "it moved"
    assert revised.base_sha256 == hashlib.sha256(b"# Deploy").hexdigest()


@pytest.mark.parametrize("name", ["deploy", " Deploy ", "DEPLOY"])
def test_a_skill_to_revise_is_found_by_a_name_that_nearly_fits(name: str) -> None:
    assert (
        change("skill_revise", name=name, reason="", ops=[{"op": "set_when", "text": "x"}]).skill == "deploy"
    )


@pytest.mark.parametrize("name", ["unknown", "../../deploy-x", "..", "a/b"])
def test_a_skill_that_is_not_there_cannot_be_revised(name: str) -> None:
    with pytest.raises(UsageError, match=r"no skill|lower-case letters"):
        change("skill_revise", name=name, reason="", ops=[{"op": "set_when", "text": "x"}])


def test_one_operation_may_stand_without_a_list_and_the_reason_may_be_left_out() -> None:
    revised = change("skill_revise", name="deploy", op="set_when", text="x")
    assert (revised.ops, revised.note) == ((SetWhen("x"),), "")


@pytest.mark.parametrize(
    ("arguments", "target", "op"),
    [
        ({"file": "user", "op": "add", "text": "- Likes tea"}, "user.md", Add("Likes tea")),
        ({"file": "memory.md", "op": "add", "text": "x", "evidence": "e2"}, "memory.md", Add("x", ("e2",))),
        ({"file": "project", "op": "replace", "text": "x", "old": "y"}, "projects/shop-1a2b/memory.md", Replace("y", "x")),
        ({"file": "memory", "op": "remove", "text": "", "old": "y"}, "memory.md", Remove("y")),
        ({"file": "memory", "op": "remove", "text": "y"}, "memory.md", Remove("y")),
        ({"file": "memory", "op": "remove", "old": "y"}, "memory.md", Remove("y")),
    ],
)  # fmt: skip
def test_memory_updates(arguments: dict[str, object], target: str, op: AnyOp) -> None:
    update = change("memory_update", **arguments)
    assert (update.target, update.ops) == (target, (op,))


def test_project_memory_outside_a_project_goes_to_the_common_one_with_a_note() -> None:
    update = change_of(asked("memory_update", {"file": "project", "op": "add", "text": "x"}), source(None))
    assert (update.target, update.note) == ("memory.md", "the work was done in no project")


@pytest.mark.parametrize(
    ("steps", "read"),
    [
        (["Run `make`.", " 2) Check it. "], ("Run `make`.", "Check it.")),
        ("1. Run `make`.\n   with care\n2. Check it.", ("Run `make`.\n   with care", "Check it.")),
        ("Run `make`.\n\nCheck it.", ("Run `make`.", "Check it.")),
        ('["Run `make`.", "Check it."]', ("Run `make`.", "Check it.")),
        ("[not json", ("[not json",)),
        ([{"text": "Run `make`."}, ""], ("Run `make`.",)),
        ("intro\n- Run `make`.", ("intro", "Run `make`.")),
        ("3.11 is needed", ("3.11 is needed",)),
    ],
)
def test_steps_are_read_however_they_are_written(steps: object, read: tuple[str, ...]) -> None:
    assert created(steps=steps).steps == read


@pytest.mark.parametrize(
    ("gotchas", "read"),
    [
        (["- a -> b"], (Gotcha("a -> b"),)),
        ("a -> b\nc -> d", (Gotcha("a -> b"), Gotcha("c -> d"))),
        ({"text": "a", "evidence": None}, (Gotcha("a"),)),
        ('[{"text": "a", "evidence": "e1"}]', (Gotcha("a", ("e1",)),)),
        ([{"text": ""}], ()),
        (None, ()),
    ],
)
def test_gotchas_are_read_however_they_are_written(gotchas: object, read: tuple[Gotcha, ...]) -> None:
    assert created(gotchas=gotchas).gotchas == read


def test_json_in_json_is_read() -> None:
    assert isinstance(asked("skill_create", json.dumps(json.dumps(CREATE))), SkillCreate)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("skill_delete", "{}", "the tools are: skill_create"),
        ("skill_create", "{", "not understood"),
        ("skill_create", "[]", "not understood"),
        ("skill_create", '"text"', "not understood"),
        ("skill_create", "", "missing required field"),
        ("skill_create", json.dumps(CREATE | {"steps": []}), "steps"),
        ("skill_create", json.dumps(CREATE | {"steps": [1]}), "steps"),
        ("skill_create", json.dumps(CREATE | {"gotchas": [1]}), "gotchas"),
        ("skill_revise", '{"name": "deploy", "ops": []}', "ops"),
        ("skill_revise", '{"name": "deploy", "ops": [{"op": "rename"}]}', "rename"),
        ("memory_update", '{"op": "add", "text": "x"}', "file"),
        ("learn_nothing", "[[[", "not understood"),
        ("skill_create", "[" * 100_000, "not understood"),
        ("skill_create", '{"name": "\\ud800"}', "not understood"),
    ],
)
def test_what_cannot_be_understood_is_said_in_words_for_the_model(
    tool: str, arguments: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        understood(ToolCall("c", tool, arguments))


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("skill_create", CREATE | {"title": " ", "steps": [" "]}, "needs title and steps"),
        ("skill_create", CREATE | {"name": "部署"}, "lower-case letters"),
        (
            "skill_revise",
            {"name": "deploy", "op": "replace_step", "index": 2},
            "replace_step needs old and text",
        ),
        ("memory_update", {"file": "memory", "op": "replace", "text": "x"}, "replace needs old"),
    ],
)
def test_what_is_missing_is_named(tool: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        change(tool, **arguments)


def test_a_review_may_learn_nothing() -> None:
    assert understood(ToolCall("c", "learn_nothing", '{"reason": "ordinary"}')) == LearnNothing("ordinary")
    assert understood(ToolCall("c", "learn_nothing", "")) == LearnNothing("")


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Deploy to Staging", "deploy-to-staging"),
        ("deploy_to__staging!", "deploy-to-staging"),
        ("Café's menü", "cafes-menu"),
        ("a" * 80, "a" * 64),
        (" ".join(["word"] * 20), "-".join(["word"] * 13)),
    ],
)
def test_a_name_that_nearly_fits_is_made_to_fit(name: str, normal: str) -> None:
    assert normal_name(name) == normal


@given(st.text(min_size=1))
def test_every_name_is_made_to_fit_or_refused(name: str) -> None:
    try:
        assert NAME.fullmatch(normal_name(name))
    except UsageError:
        assert not any(char.isascii() and char.isalnum() for char in name)


@pytest.mark.parametrize(
    ("step", "project", "scope"),
    [
        ("Run `./deploy.sh staging`.", "shop-1a2b", "project:shop-1a2b"),
        ("Run `npm run build`.", "shop-1a2b", "all"),
        ("Run `./deploy.sh staging`.", None, "all"),
    ],
)
def test_a_skill_whose_steps_name_files_of_the_project_is_of_that_project(
    step: str, project: str | None, scope: str
) -> None:
    where = source(project, is_project_file=lambda word: word == "./deploy.sh")
    (op,) = change_of(asked("skill_create", CREATE | {"steps": [step]}), where).ops
    assert isinstance(op, Create)
    assert op.scope == scope


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, None),
        ({}, None),
        ("", None),
        ("`npm i`", Condition("shell", ("npm i",), say="g")),
        (["a", None, "", 8080], Condition("shell", ("a", "8080"), say="g")),
        ({"tool": None, "has": None, "lacks": None, "say": " two\nlines "}, Condition("shell", (), say="two lines")),
        ({"tool": "edit", "has": ["a"], "unless_after": "b", "why": 1}, Condition("edit", ("a",), (), ("b",), "g")),
        ({"tool": 3, "has": ["a"], "say": ["x"]}, Condition("shell", ("a",), say="g")),
    ],
)  # fmt: skip
def test_a_tripwire_is_read_leniently(written: object, read: Condition | None) -> None:
    assert created(gotchas=[{"text": "g", "tripwire": written}]).gotchas == (Gotcha("g", (), read),)


def test_two_revisions_of_a_skill_become_one() -> None:
    first = change("skill_revise", name="deploy", reason="one", op="set_when", text="x")
    second = change(
        "skill_revise", name="deploy", reason="two", ops=[{"op": "set_when", "text": "x"}, {"op": "add_gotcha", "text": "y", "evidence": ["e9"]}]
    )  # fmt: skip
    both = merged(first, second)
    assert both.ops == (SetWhen("x"), AddGotcha("y", ("e9",)))
    assert both.evidence == ("e3", "e9")
    assert both.note == "one; two"
