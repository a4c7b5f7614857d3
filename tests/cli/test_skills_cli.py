"""`hone skills`: lists, shows and checks what is in reach, for people and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hone.cli.skills import app
from hone.errors import HoneError
from hone.safety.grants import Grants


def put(folder: Path, name: str, text: str = "", sidecar: str = "") -> Path:
    directory = folder / name
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(
        text or f"---\nname: {name}\ndescription: Do {name}.\n---\n\n# {name}\n"
    )
    if sidecar:
        (directory / "hone.yaml").write_text(sidecar)
    return directory


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    environ = {"HOME": str(root / "user"), "HONE_HOME": str(root / "hone")}
    return CliRunner(env=environ).invoke(app, arguments)


def data(root: Path, *arguments: str) -> Any:
    return json.loads(run(root, *arguments, "--json").stdout)


def test_without_skills_the_list_says_where_to_put_one(root: Path) -> None:
    assert (
        run(root, "list").stdout
        == f"no skills yet: hone skills new NAME, or put one into {root}/hone/skills/<name>/SKILL.md\n"
    )
    assert data(root, "list") == []


def test_the_list_has_what_a_program_needs(root: Path) -> None:
    directory = put(root / "hone/skills", "a", "---\nname: a\ndescription: d\nx: y\n---\n", "status: trial")
    assert data(root, "list") == [
        {
            "name": "a",
            "description": "d",
            "dir": str(directory),
            "source": "home",
            "status": "trial",
            "trusted": True,
            "notes": ["unknown fields: x"],
        }
    ]
    assert run(root, "list").stdout == "a  (home, trial)  d\n"


def test_retired_skills_are_listed_with_all(root: Path) -> None:
    put(root / "hone/skills", "now")
    put(root / "hone/skills", "marked", sidecar="status: retired")
    put(root / "hone/skills/.archive", "kept")
    assert [row["name"] for row in data(root, "list")] == ["now"]
    rows = {row["name"]: row["status"] for row in data(root, "list", "--all")}
    assert rows == {"now": "proven", "marked": "retired", "kept": "retired"}


def test_skills_of_a_project_are_marked_until_it_is_trusted(root: Path) -> None:
    put(root / "work/.hone/skills", "theirs")
    assert "theirs  (project, proven, not trusted: `hone trust` uses it)" in run(root, "list").stdout
    assert data(root, "list")[0]["trusted"] is False
    Grants(root / "hone").trust_folder(root / "work", yes=True)
    assert data(root, "list")[0]["trusted"] is True


def test_skipped_and_shadowed_skills_are_said_on_standard_error(root: Path) -> None:
    put(root / "hone/skills", "bad", "---\nname: bad\n---\n")
    put(root / "hone/skills", "same")
    put(root / "user/.agents/skills", "same")
    result = run(root, "list", "--json")
    assert [row["source"] for row in json.loads(result.stdout)] == ["home"]
    assert "error: " in result.stderr
    assert "bad/SKILL.md: no description" in result.stderr
    assert "warning: ~/.agents/skills/same/SKILL.md: not used" in result.stderr


def test_in_the_users_home_there_is_no_project_but_there_are_skills(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "user").mkdir()
    put(root / "user/.claude/skills", "elsewhere")
    put(root / "hone/skills", "mine")
    monkeypatch.chdir(root / "user")
    assert [row["name"] for row in data(root, "list")] == ["mine"]


def test_show_prints_the_skill_and_its_notes(root: Path) -> None:
    directory = put(root / "hone/skills", "a", "# Title\n\nDo a.\x1b[31m\n")
    assert run(root, "show", "a").stdout == (
        f"a (home, proven)\nDo a.[31m\n{directory}/SKILL.md\n"
        "note: no frontmatter: name and description are taken from the directory and text\n\n# Title\n\nDo a.\n"
    )
    shown = data(root, "show", "a")
    assert (shown["name"], shown["scope"], shown["pinned"]) == ("a", "all", False)
    assert shown["body"] == "# Title\n\nDo a.\x1b[31m"


def test_an_unknown_name_gets_the_nearest(root: Path) -> None:
    put(root / "hone/skills", "deploy")
    for verb in ("show", "lint"):
        result = run(root, verb, "deplyo")
        assert isinstance(result.exception, HoneError)
        assert str(result.exception) == "no skill named 'deplyo'; did you mean deploy?"
        assert result.exception.exit_code == 2


def test_lint_finds_no_problem_in_good_skills(root: Path) -> None:
    assert run(root, "lint").stdout == "no skills here to check\n"
    directory = put(root / "hone/skills", "a")
    for argument in ([], ["a"], [str(directory)], [str(directory / "SKILL.md")]):
        result = run(root, "lint", *argument)
        assert (result.exit_code, result.stdout) == (0, "1 skill checked, no problems\n")
    assert data(root, "lint") == []
    put(root / "hone/skills", "b")
    assert run(root, "lint").stdout == "2 skills checked, no problems\n"


def test_lint_names_each_problem_and_fails(root: Path) -> None:
    put(root / "hone/skills", "A")
    skipped = put(root / "hone/skills", "bad")
    (skipped / "SKILL.md").write_bytes(b"\xff")
    result = run(root, "lint")
    assert result.exit_code == 1
    assert "A: error: name 'A' must be lower-case letters" in result.stdout
    assert "bad: error: not UTF-8: save it as UTF-8" in result.stdout
    assert run(root, "lint", "bad").exit_code == 1
    assert data(root, "lint", "bad") == [
        {"name": "bad", "dir": str(skipped), "level": "error", "message": "not UTF-8: save it as UTF-8"}
    ]


def test_lint_sees_a_byte_order_mark(root: Path) -> None:
    directory = put(root / "work", "a", "\ufeff---\nname: a\ndescription: d\n---\n")
    assert "byte order mark" in run(root, "lint", str(directory)).stdout


def test_of_two_skills_with_one_name_the_name_is_suggested_once(root: Path) -> None:
    put(root / "hone/skills", "good")
    put(root / "work/.hone/skills", "good")  # not trusted, so it stands beside the other
    for verb in ("show", "lint"):
        failed = run(root, verb, "god").exception
        assert str(failed) == "no skill named 'god'; did you mean good?"
