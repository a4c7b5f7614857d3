"""`hone skills check`: what changed under the skills, for people and for programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hone.cli.skills_check import app
from hone.errors import NotFound

GONE = "{kind: file, target: scripts/deploy.sh, value: file, seen: '2026-11-01'}"
HERE = "{kind: file, target: README.md, value: file}"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "user").mkdir()
    (tmp_path / "work/README.md").touch()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def put(root: Path, name: str, *pins: str, more: str = "") -> None:
    directory = root / "hone/skills" / name
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Do {name}.\n---\n")
    (directory / "hone.yaml").write_text(f"v: 1\n{more}pins: [{', '.join(pins)}]\n")


def run(root: Path, *arguments: str) -> Result:
    environ = {"HOME": str(root / "user"), "HONE_HOME": str(root / "hone")}
    return CliRunner(env=environ).invoke(app, arguments)


def test_what_changed_is_said_skill_by_skill_and_ends_with_1(root: Path) -> None:
    put(root, "deploy", GONE, GONE, HERE)
    put(root, "read", HERE)
    done = run(root)
    assert (done.exit_code, done.stdout) == (1, "deploy: scripts/deploy.sh is gone\n")
    assert run(root, "read").exit_code == 0
    assert run(root, "deploy", "read").stdout == done.stdout


def test_where_nothing_changed_it_says_how_much_was_looked_at(root: Path) -> None:
    assert run(root).stdout == "no facts of the world are kept with the skills here\n"
    put(root, "plain")
    assert run(root, "plain").stdout == "no facts of the world are kept with these skills\n"
    put(root, "read", HERE)
    assert run(root).stdout == "1 fact of 1 skill checked, nothing changed\n"
    put(root, "more", HERE, "{kind: manifest}")
    assert run(root, "--all").stdout == "2 facts of 2 skills checked, nothing changed\n"


def test_retired_skills_are_checked_with_all_or_by_name(root: Path) -> None:
    put(root, "old", GONE, more="status: retired\n")
    assert run(root).exit_code == 0
    assert run(root, "--all").exit_code == 1
    assert run(root, "old").exit_code == 1


def test_a_skill_about_another_project_is_not_checked_here(root: Path) -> None:
    put(root, "theirs", GONE, more="scope: project:other-1a2b3c4d\n")
    assert run(root).stdout == "no facts of the world are kept with the skills here\n"
    done = run(root, "theirs")
    assert (done.exit_code, done.stdout) == (0, "theirs: not checked, it is about another project\n")


def test_a_program_gets_what_was_looked_up_and_what_changed(root: Path) -> None:
    put(root, "deploy", GONE, HERE)
    done = run(root, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {
            "name": "deploy",
            "dir": str(root / "hone/skills/deploy"),
            "checked": True,
            "pins": 2,
            "stale": [
                {
                    "kind": "file",
                    "target": "scripts/deploy.sh",
                    "key": "",
                    "seen": "2026-11-01",
                    "said": "scripts/deploy.sh is gone",
                }
            ],
        }
    ]


def test_in_the_users_home_only_commands_are_looked_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "deploy", GONE.replace("}", ", project: shop-1}"), "{kind: command, target: no-such-command}")
    monkeypatch.chdir(root / "user")
    assert run(root).stdout == "deploy: command no-such-command is not on PATH any more\n"


def test_an_unknown_name_is_an_error_that_names_what_is_near(root: Path) -> None:
    put(root, "deploy", HERE)
    error = run(root, "deplyo").exception
    assert isinstance(error, NotFound)
    assert "deploy" in str(error)
