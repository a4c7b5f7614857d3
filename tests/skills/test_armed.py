"""Tripwires come from the skills that hone keeps, and are on where their skill may be used."""

from pathlib import Path

import msgspec
import pytest

from hone.skills.armed import armed
from hone.skills.discover import Places, discover
from hone.skills.home_cache import read_home
from hone.skills.read import Skill, Source, read_skill
from hone.skills.tripwires import Armed, Tripwire

WIRE = "tripwires:\n- {id: t1, tool: shell, has: ['/health'], lacks: [/healthz], say: Use /healthz, evidence: [e1]}\n"
T1 = Tripwire("shell", ("/health",), ("/healthz",), (), "Use /healthz", "t1", ("e1",))


def put(directory: Path, sidecar: str = WIRE) -> Path:
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(f"---\nname: {directory.name}\ndescription: d\n---\n")
    (directory / "hone.yaml").write_text(sidecar)
    return directory


def read(directory: Path, source: Source = "home") -> Skill:
    skill = read_skill(directory, source)
    assert isinstance(skill, Skill)
    return skill


def test_a_skill_of_the_home_has_the_tripwires_of_its_hone_yaml(tmp_path: Path) -> None:
    assert read(put(tmp_path / "skills/deploy")).tripwires == (T1,)


@pytest.mark.parametrize(
    ("folder", "source", "kept"),
    [
        (".hone/skills/deploy", "project", True),
        (".agents/skills/deploy", "project", False),
        (".claude/skills/deploy", "project", False),
        ("user/.agents/skills/deploy", "user", False),
    ],
)
def test_of_other_folders_only_the_projects_own_of_hone_may_stop_calls(
    tmp_path: Path, folder: str, source: Source, kept: bool
) -> None:
    assert bool(read(put(tmp_path / folder), source).tripwires) is kept


def test_what_is_malformed_is_noted_and_the_rest_works(tmp_path: Path) -> None:
    skill = read(put(tmp_path / "deploy", f"status: trial\n{WIRE}- {{id: t2, tool: shell}}\n- x\n"))
    assert (skill.status, skill.tripwires) == ("trial", (T1,))
    assert skill.notes == (
        "hone.yaml: tripwire t2 is left out: it has no `has`",
        "hone.yaml: tripwire 3 is left out: it should be fields such as tool, has and say",
    )


def test_they_are_kept_with_the_cached_skills_and_change_with_their_file(tmp_path: Path) -> None:
    directory = put(tmp_path / "skills/deploy")
    for _ in range(2):
        (skill,) = read_home(tmp_path)
        assert isinstance(skill, Skill)
        assert skill.tripwires == (T1,)
    (directory / "hone.yaml").write_text("v: 1\n")
    (skill,) = read_home(tmp_path)
    assert isinstance(skill, Skill)
    assert skill.tripwires == ()


BASE = Skill("deploy", "d", "/h/deploy", tripwires=(T1, msgspec.structs.replace(T1, id="t2", retired=True)))


@pytest.mark.parametrize(
    ("skill", "on"),
    [
        (BASE, True),
        (msgspec.structs.replace(BASE, status="trial"), True),
        (msgspec.structs.replace(BASE, status="undecided"), True),
        (msgspec.structs.replace(BASE, scope="project:shop"), True),
        (msgspec.structs.replace(BASE, scope="project:other"), False),
        (msgspec.structs.replace(BASE, status="retired"), False),
        (msgspec.structs.replace(BASE, trusted=False), False),
        (msgspec.structs.replace(BASE, tripwires=()), False),
    ],
)
def test_on_are_those_of_usable_skills_in_scope_but_for_retired_ones(skill: Skill, on: bool) -> None:
    assert armed([skill], "shop") == ((Armed("deploy", T1),) if on else ())


def test_without_a_project_only_those_for_all_are_on() -> None:
    assert armed([BASE, msgspec.structs.replace(BASE, scope="project:None")], None) == (Armed("deploy", T1),)


def test_a_library_knows_them(tmp_path: Path) -> None:
    put(tmp_path / "hone/skills/deploy")
    library = discover(Places(tmp_path / "hone", tmp_path, tmp_path, None), lambda _folder: False)
    assert armed(library.skills, None) == (Armed("deploy", T1),)
