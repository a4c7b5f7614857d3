"""What a change would do to the files: a table of operations, and everything that does not fit."""

import hashlib
from collections.abc import Mapping

import pytest
from tests.changes.homes import CREATE, DEPLOY

from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Archive,
    Change,
    Create,
    Effect,
    Origin,
    Pin,
    Remove,
    RemoveGotcha,
    RemoveStep,
    Replace,
    ReplaceGotcha,
    ReplaceStep,
    Restore,
    SetDescription,
    SetWhen,
    Unpin,
    Write,
)
from hone.changes.plan import effects_of
from hone.errors import Conflict, SpliceError, UsageError

SKILL = b"""\
---
name: deploy
description: "Deploys."
---

# Deploy

## When to use

Always.

## Steps

1. build
2. ship

## Gotchas

- port 80
"""
FILES = {DEPLOY: SKILL, "memory.md": b"- one\n- two\n"}


def plan(
    target: str,
    *ops: AnyOp,
    files: Mapping[str, bytes] = FILES,
    origin: Origin = "review",
    base: str | None = None,
) -> tuple[Effect, ...]:
    return effects_of(Change(target=target, ops=ops, origin=origin, base_sha256=base), files.get)


@pytest.mark.parametrize(
    ("op", "old", "new"),
    [
        (AddStep("check"), b"2. ship\n", b"2. ship\n3. check\n"),
        (AddStep("test", index=1), b"1. build\n", b"1. test\n1. build\n"),
        (ReplaceStep("build", "make"), b"1. build\n", b"1. make\n"),
        (ReplaceStep("ship", "send", index=2), b"2. ship\n", b"2. send\n"),
        (RemoveStep("ship"), b"2. ship\n", b""),
        (AddGotcha("port 81"), b"- port 80\n", b"- port 80\n- port 81\n"),
        (ReplaceGotcha("port 80", "port 81"), b"- port 80\n", b"- port 81\n"),
        (SetWhen("Never."), b"Always.", b"Never."),
        (SetDescription("Ships."), b'"Deploys."', b'"Ships."'),
    ],
)
def test_an_edit_of_a_skill_changes_its_span_only(op: AnyOp, old: bytes, new: bytes) -> None:
    assert plan(DEPLOY, op) == (Effect(DEPLOY, SKILL, SKILL.replace(old, new)),)


def test_the_last_gotcha_can_go() -> None:
    ((effect),) = plan(DEPLOY, RemoveGotcha("port 80"))
    assert b"port 80" not in (effect.after or b"")


@pytest.mark.parametrize(
    ("op", "after"),
    [
        (Add("three"), b"- one\n- two\n- three\n"),
        (Replace("two", "three"), b"- one\n- three\n"),
        (Remove("one"), b"- two\n"),
    ],
)
def test_an_edit_of_memory_changes_its_entry_only(op: AnyOp, after: bytes) -> None:
    assert plan("memory.md", op) == (Effect("memory.md", FILES["memory.md"], after),)


def test_bytes_that_are_no_utf_8_survive() -> None:
    files = {"user.md": b"- caf\xe9\r\n"}
    assert plan("user.md", Add("tea"), files=files)[0].after == b"- caf\xe9\r\n- tea\r\n"


def test_operations_build_on_each_other() -> None:
    assert plan("memory.md", Add("three"), Remove("three")) == ()


def test_a_file_that_says_so_already_needs_nothing() -> None:
    assert plan("memory.md", Add("two")) == ()


@pytest.mark.parametrize(
    ("origin", "scope", "sidecar"),
    [
        ("review", "all", b"v: 1\nstatus: trial\npinned: false\nscope: all\n"),
        ("import", "project:shop", b"v: 1\nstatus: trial\npinned: false\nscope: project:shop\n"),
        ("user", "all", None),
        ("tool", "project:shop", b"v: 1\nstatus: proven\npinned: false\nscope: project:shop\n"),
    ],
)
def test_a_new_skill_is_on_trial_if_nobody_asked_for_it(
    origin: Origin, scope: str, sidecar: bytes | None
) -> None:
    create = Create(CREATE.title, CREATE.description, CREATE.when_to_use, CREATE.steps, CREATE.gotchas, scope)
    effects = plan(DEPLOY, create, files={}, origin=origin)
    assert [effect.path for effect in effects] == [DEPLOY, *(["skills/deploy/hone.yaml"] if sidecar else [])]
    assert b"1. Run `make migrate`\n" in (effects[0].after or b"")
    assert b"- The health check is at /healthz\n" in (effects[0].after or b"")
    assert sidecar is None or effects[1].after == sidecar


def test_a_sidecar_that_is_there_already_stays() -> None:
    assert len(plan(DEPLOY, CREATE, files={"skills/deploy/hone.yaml": b"v: 1\n"})) == 1


@pytest.mark.parametrize(
    ("op", "before", "after"),
    [
        (Pin(), None, b"v: 1\npinned: true\n"),
        (Pin(), b"# mine\nv: 1\npinned: false\n", b"# mine\nv: 1\npinned: true\n"),
        (Unpin(), b"v: 1\npinned: true\n", b"v: 1\npinned: false\n"),
    ],
)
def test_a_pin_is_a_field_of_the_sidecar(op: AnyOp, before: bytes | None, after: bytes) -> None:
    path = "skills/deploy/hone.yaml"
    files = FILES | ({path: before} if before else {})
    assert plan(DEPLOY, op, files=files) == (Effect(path, before, after),)


def test_a_whole_file_is_written_over_the_one_that_was_read() -> None:
    base = hashlib.sha256(FILES["memory.md"]).hexdigest()
    assert plan("memory.md", Write("- new\n"), base=base) == (
        Effect("memory.md", FILES["memory.md"], b"- new\n"),
    )
    assert plan("memory.md", Write(None), base=base) == (Effect("memory.md", FILES["memory.md"], None),)
    assert plan("user.md", Write("- new\n")) == (Effect("user.md", None, b"- new\n"),)
    assert plan("skills/deploy/hone.yaml", Write("v: 1\n")) == (
        Effect("skills/deploy/hone.yaml", None, b"v: 1\n"),
    )


def test_a_skill_goes_to_the_archive_and_comes_back() -> None:
    assert plan(DEPLOY, Archive()) == (Effect("skills/deploy", moved_to="skills/.archive/deploy"),)
    files = {"skills/.archive/deploy/SKILL.md": SKILL}
    assert plan(DEPLOY, Restore(), files=files) == (
        Effect("skills/.archive/deploy", moved_to="skills/deploy"),
    )


def test_the_archive_keeps_every_skill_of_a_name() -> None:
    files = {
        DEPLOY: SKILL,
        "skills/.archive/deploy/SKILL.md": SKILL,
        "skills/.archive/deploy-2/SKILL.md": SKILL,
    }
    assert plan(DEPLOY, Archive(), files=files)[0].moved_to == "skills/.archive/deploy-3"


@pytest.mark.parametrize(
    ("target", "op", "words"),
    [
        (DEPLOY, CREATE, "there is a skill deploy already"),
        ("skills/other/SKILL.md", AddStep("x"), "there is no skill other"),
        ("skills/other/SKILL.md", Pin(), "there is no skill other"),
        ("skills/other/SKILL.md", Archive(), "there is no skill other"),
        (DEPLOY, Restore(), "there is no archived skill deploy"),
        ("memory.md", Write("all new"), "is not as it was"),
    ],
)
def test_what_does_not_fit_the_files_is_a_conflict(target: str, op: AnyOp, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        plan(target, op)


def test_a_skill_does_not_come_back_over_another() -> None:
    with pytest.raises(Conflict, match="there is a skill deploy again"):
        plan(DEPLOY, Restore(), files=FILES | {"skills/.archive/deploy/SKILL.md": SKILL})


@pytest.mark.parametrize("op", [ReplaceGotcha("port 99", "x"), RemoveStep("build", index=2)])
def test_text_that_is_not_there_is_a_splice_error(op: AnyOp) -> None:
    with pytest.raises(SpliceError):
        plan(DEPLOY, op)


@pytest.mark.parametrize(
    ("target", "ops", "words"),
    [
        ("memory.md", (), "without operations"),
        ("memory.md", (AddStep("x"),), "not for this file"),
        ("memory.md", (CREATE,), "not for this file"),
        ("memory.md", (Archive(),), "is for skills"),
        ("skills/deploy/hone.yaml", (Add("x"),), "not for this file"),
        (DEPLOY, (Add("x"),), "for memory"),
        (DEPLOY, (Archive(), Restore()), "stands alone"),
        ("user.md", (Write("\ud800"),), "half a character"),
    ],
)
def test_an_operation_of_no_use_for_the_target_is_a_usage_error(
    target: str, ops: tuple[AnyOp, ...], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        plan(target, *ops)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "config.yaml",
        "/etc/passwd",
        "../memory.md",
        "skills/../../SKILL.md",
        "skills/../SKILL.md",
        "skills/.archive/SKILL.md",
        "skills/.archive/deploy/SKILL.md",
        "skills/deploy",
        "skills/deploy/run.sh",
        "skills/a/b/SKILL.md",
        "skills//SKILL.md",
        "skills/a\nb/SKILL.md",
        "projects/../memory.md",
        "projects/a/b/memory.md",
        "memory.md\n",
        "state.db",
    ],
)
def test_no_target_leads_elsewhere(target: str) -> None:
    with pytest.raises(UsageError, match="no memory file and no skill"):
        plan(target, Add("x"))


def test_a_new_skill_has_a_proper_name_and_an_old_one_keeps_its_own() -> None:
    with pytest.raises(UsageError, match="no name for a skill"):
        plan("skills/My Skill/SKILL.md", Write("x"))
    assert plan("skills/My Skill/SKILL.md", AddGotcha("x"), files={"skills/My Skill/SKILL.md": SKILL})
