"""`hone skills search` finds the skills that fit a request, for people and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hone.cli.skills import app


def put(root: Path, name: str, description: str, sidecar: str = "") -> str:
    directory = root / "hone/skills" / name
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(f"---\nname: {name}\ndescription: {description}\n---\n")
    if sidecar:
        (directory / "hone.yaml").write_text(sidecar)
    return str(directory)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    environ = {"HOME": str(root / "user"), "HONE_HOME": str(root / "hone")}
    return CliRunner(env=environ).invoke(app, ["search", *arguments])


def data(root: Path, query: str) -> Any:
    return json.loads(run(root, query, "--json").stdout)


def test_a_clear_match_is_marked_and_told_to_programs(root: Path) -> None:
    directory = put(root, "deploy-shop", "Deploy the shop to staging.", "status: trial")
    put(root, "clean-shop", "Clean the shop.")
    answer = data(root, "deploy the shop to staging")
    assert answer["confident"] is True
    first, second = answer["results"]
    assert (first["name"], first["dir"], first["status"]) == ("deploy-shop", directory, "trial")
    assert first["score"] > second["score"]
    assert run(root, "deploy the shop to staging").stdout.splitlines() == [
        "→ deploy-shop  (home, trial)  Deploy the shop to staging.",
        "  clean-shop  (home, proven)  Clean the shop.",
    ]


def test_ten_skills_are_shown_even_if_none_is_a_clear_match(root: Path) -> None:
    for number in range(12):
        put(root, f"shop-{number}", "About the shop.")
    answer = data(root, "paint the shop")
    assert answer["confident"] is False
    assert len(answer["results"]) == 10


def test_nothing_found_is_said(root: Path) -> None:
    assert run(root, "zebra").stdout == "no skill has any of these words\n"
    assert data(root, "zebra") == {"confident": False, "results": []}


def test_skills_of_a_folder_that_is_not_trusted_are_not_found(root: Path) -> None:
    directory = root / "work/.hone/skills/theirs"
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text("---\nname: theirs\ndescription: zebra\n---\n")
    assert data(root, "zebra")["results"] == []


def test_a_large_library_is_said_to_be_read_first(root: Path) -> None:
    for number in range(101):
        put(root, f"job-{number}", "A job.")
    found = run(root, "job 17")
    assert found.stderr == "reading 1 skills for the first search …\n"
    assert "job-17" in found.stdout.splitlines()[0].split()
