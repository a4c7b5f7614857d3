"""`hone memory show`: what is remembered, with what names each entry."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hone.cli.memory import app
from hone.errors import HoneError
from hone.memory.entries import parse
from hone.memory.projects import project_slug


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("hone", "user", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    environ = {"HOME": str(root / "user"), "HONE_HOME": str(root / "hone")}
    return CliRunner(env=environ).invoke(app, arguments)


def test_without_memory_it_says_where_to_write(root: Path) -> None:
    result = run(root, "show", "user")
    assert (
        result.stdout
        == f"nothing is remembered yet: hone memory add, or write a line `- a fact` into {root}/hone/user.md\n"
    )
    assert run(root, "show").stdout.count(".md") == 3


def test_entries_are_shown_with_hash_pin_and_expiry(root: Path) -> None:
    (root / "hone/user.md").write_bytes(
        b"prose\n## Pinned\n- likes tea\n  with milk\n# B\n- x \xff (until 2026-12-01)\n"
    )
    tea, other = (block.hash for block in parse("- likes tea with milk\n- x \udcff (until 2026-12-01)\n"))
    assert run(root, "show").stdout == (
        f"user  {root}/hone/user.md\n  {tea}  pinned: likes tea\n          with milk\n"
        f"  {other}  x \ufffd (until 2026-12-01)\n"
    )
    assert json.loads(run(root, "show", "user", "--json").stdout) == [
        {
            "file": "user",
            "path": f"{root}/hone/user.md",
            "entries": [
                {"hash": tea, "text": "likes tea\nwith milk", "pinned": True, "until": None},
                {
                    "hash": other,
                    "text": "x \ufffd (until 2026-12-01)",
                    "pinned": False,
                    "until": "2026-12-01",
                },
            ],
        }
    ]


def test_the_project_is_the_one_of_the_working_directory(root: Path) -> None:
    slug = project_slug(root / "work", root / "hone", {})
    (root / "hone/projects" / slug).mkdir(parents=True)
    (root / "hone/projects" / slug / "memory.md").write_text("- port 8080\n")
    (shown,) = json.loads(run(root, "show", "project", "--json").stdout)
    assert [entry["text"] for entry in shown["entries"]] == ["port 8080"]
    assert [each["file"] for each in json.loads(run(root, "show", "--json").stdout)] == [
        "user",
        "memory",
        "project",
    ]


def test_in_the_users_home_there_is_no_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "user")
    assert [each["file"] for each in json.loads(run(root, "show", "--json").stdout)] == ["user", "memory"]
    result = run(root, "show", "project")
    assert isinstance(result.exception, HoneError)
    assert str(result.exception) == "there is no project here: cd into one"


def test_an_unknown_file_gets_the_nearest(root: Path) -> None:
    result = run(root, "show", "usr")
    assert isinstance(result.exception, HoneError)
    assert str(result.exception) == "no memory file named 'usr'; did you mean user?"
    assert result.exception.exit_code == 2
