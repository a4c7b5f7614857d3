"""A skill is learned with the facts that it relies on, and takes them anew when it worked although some had changed."""

import datetime
import json
from pathlib import Path

import pytest

from hone.changes.change import AddGotcha, AddStep, AnyOp, Archive, Change, Create, SetPins
from hone.changes.plan import effects_of
from hone.events import AnyEvent, StepFinished, ToolFinished, ToolStarted
from hone.history.rows import Recorded
from hone.learning.pinned import renewal, with_pins, written_by
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.skills.facts.freshness import stale
from hone.skills.pins import World, read_pins
from hone.skills.read import Skill

TARGET = "skills/deploy/SKILL.md"
TEXT = b"---\nname: deploy\ndescription: d\n---\n\n## Steps\n\n1. Run `./deploy.sh`.\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    workspace = tmp_path / "shop"
    workspace.mkdir()
    (workspace / "deploy.sh").write_text("echo one\n")
    (workspace / "migrate.sh").write_text("echo two\n")
    return World(workspace, "", "shop-1", datetime.date(2026, 11, 22))


def change(*ops: AnyOp) -> Change:
    return Change(target=TARGET, ops=ops, origin="review")


def create(step: str) -> Create:
    return Create(title="Deploy", description="d", when_to_use="w", steps=(step,))


def test_a_new_skill_pins_what_its_steps_name(world: World) -> None:
    (made,) = with_pins(change(create("Run `./deploy.sh`.")), lambda _: None, world, ()).ops
    assert isinstance(made, Create)
    assert [(pin.kind, pin.target, pin.seen) for pin in made.pins] == [("file", "deploy.sh", "2026-11-22")]


def test_a_revision_pins_what_the_whole_text_then_names(world: World) -> None:
    files = {TARGET: TEXT}
    revised = with_pins(change(AddStep("Run `./migrate.sh`.")), files.get, world, ())
    *_, pins = revised.ops
    assert isinstance(pins, SetPins)
    assert {pin.target for pin in pins.pins} == {"deploy.sh", "migrate.sh"}


def test_pins_of_another_project_are_kept(world: World) -> None:
    pin = b"pins: [{kind: file, target: other.sh, value: exists, project: blog-2}]\n"
    files = {TARGET: TEXT, "skills/deploy/hone.yaml": b"v: 1\n" + pin}
    *_, pins = with_pins(change(AddStep("Run `./migrate.sh`.")), files.get, world, ()).ops
    assert isinstance(pins, SetPins)
    assert ("other.sh", "blog-2") in {(each.target, each.project) for each in pins.pins}


def test_what_names_nothing_of_the_world_gets_no_pins(world: World) -> None:
    files = {TARGET: TEXT.replace(b"`./deploy.sh`", b"it")}
    revision = change(AddGotcha("It is slow on Mondays."))
    assert with_pins(revision, files.get, world, ()) == revision


@pytest.mark.parametrize("ops", [(Archive(),), (AddStep("x"),)])
def test_what_is_no_text_of_a_skill_or_does_not_fit_is_left_as_it_is(
    world: World, ops: tuple[AnyOp, ...]
) -> None:
    assert with_pins(change(*ops), lambda _: None, world, ()) == change(*ops)


def ran(command: str, *, ok: bool = True) -> list[Recorded]:
    asked = ToolCall("c1", "shell", json.dumps({"command": command}))
    events: list[AnyEvent] = [
        StepFinished(1, Assistant(tool_calls=(asked,)), Usage(), "m", 0.0),
        ToolStarted(asked),
        ToolFinished(ToolReply("c1", "shell", "", ok=ok, exit_code=0 if ok else 1), 0.0),
    ]
    return [Recorded(f"e{n}", 1, 1, 0.0, event, "workspace") for n, event in enumerate(events, 1)]


def outdated_skill(directory: Path) -> Skill:
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_bytes(TEXT)
    (directory / "hone.yaml").write_text(
        "v: 1\npins:\n"
        "  # by hand\n"
        "  - {kind: file, target: deploy.sh, value: 'sha256:00', seen: 2026-01-01, why: mine}\n"
        "  - {kind: file, target: gone.sh, value: exists, seen: 2026-01-01}\n"
        "  - {kind: file, target: migrate.sh, seen: 2026-01-01}\n"
    )
    return Skill("deploy", "d", str(directory))


def test_success_takes_anew_what_it_used_and_leaves_what_is_gone(tmp_path: Path, world: World) -> None:
    skill = outdated_skill(tmp_path / "home" / "skills" / "deploy")
    changed = stale(read_pins(skill.path.parent), world)
    made = renewal(skill, changed, world, ran("sh ./deploy.sh --fast"))
    assert made is not None
    (pins,) = made.ops
    assert isinstance(pins, SetPins)
    assert [(pin.target, pin.seen) for pin in pins.pins] == [
        ("deploy.sh", "2026-11-22"),
        ("gone.sh", "2026-01-01"),
        ("migrate.sh", "2026-01-01"),
    ]
    assert made.target == TARGET
    assert made.note == "it worked although deploy.sh changed since 2026-01-01"
    assert [each.said for each in stale(pins.pins, world)] == ["gone.sh is gone"]


@pytest.mark.parametrize("events", [[], ran("echo hello"), ran("./deploy.sh", ok=False)])
def test_what_was_not_used_with_success_proves_nothing(
    tmp_path: Path, world: World, events: list[Recorded]
) -> None:
    skill = outdated_skill(tmp_path / "home" / "skills" / "deploy")
    assert renewal(skill, stale(read_pins(skill.path.parent), world), world, events) is None


def test_a_renewal_edits_the_values_in_place(tmp_path: Path, world: World) -> None:
    skill = outdated_skill(tmp_path / "home" / "skills" / "deploy")
    sidecar = skill.path.with_name("hone.yaml")
    made = renewal(skill, stale(read_pins(skill.path.parent), world), world, ran("./deploy.sh"))
    assert made is not None
    files = {TARGET: TEXT, "skills/deploy/hone.yaml": sidecar.read_bytes()}
    (effect,) = effects_of(made, files.get)
    assert effect.after is not None
    before, after = sidecar.read_text().splitlines(), effect.after.decode().splitlines()
    assert [old for old, new in zip(before, after, strict=True) if old != new] == [before[3]]
    assert after[3].endswith("seen: 2026-11-22, why: mine}")


def test_a_pin_that_a_person_added_outlives_a_revision(world: World) -> None:
    pin = b"pins: [{kind: file, target: notes/today.txt, value: exists}]\n"
    files = {TARGET: TEXT, "skills/deploy/hone.yaml": b"v: 1\n" + pin}
    *_, pins = with_pins(change(AddStep("Run `./migrate.sh`.")), files.get, world, ()).ops
    assert isinstance(pins, SetPins)
    assert "notes/today.txt" in {each.target for each in pins.pins}


def test_the_paths_that_a_turn_wrote_are_those_of_calls_that_succeeded() -> None:
    calls = [("c1", "write", True), ("c2", "edit", False), ("c3", "read", True)]
    asked = tuple(ToolCall(key, tool, f'{{"path": "{key}.txt"}}') for key, tool, _ in calls)
    events: list[AnyEvent] = [
        StepFinished(1, Assistant(tool_calls=asked), Usage(), "m", 0.0),
        *(ToolStarted(call) for call in asked),
        *(ToolFinished(ToolReply(key, tool, "", ok=ok), 0.0) for key, tool, ok in calls),
        ToolFinished(ToolReply("c9", "write", ""), 0.0),
    ]
    recorded = [Recorded(f"e{n}", 1, 1, 0.0, event, "workspace") for n, event in enumerate(events, 1)]
    assert written_by(recorded) == {"c1.txt"}
