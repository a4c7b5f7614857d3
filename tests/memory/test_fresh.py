"""What of a remembered entry is said to be no longer so, and what is left alone."""

import time
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.memory.test_memory_files import TODAY

from hone.memory.entries import parse
from hone.memory.fresh import Surroundings, note_on
from hone.memory.render import render_memory
from hone.memory.store import MemoryFile
from hone.skills.facts.project_versions import ProjectVersions

PACKAGE = '{"dependencies": {"react": "^18.2.0", "click": "^8"}, "engines": {"node": ">=20 <23"}}'
PYPROJECT = """\
[project]
requires-python = ">=3.11"
dependencies = ["Django>=4.2,<5", "local @ file:///x", "click>=8.1"]
[tool.poetry.dependencies]
celery = {version = "^5.3", extras = ["redis"]}
odd = {path = "."}
"""


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    for name in ("work/scripts/there.sh", "work/web/src/app.py", "home/notes/there.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "work/package.json").write_text(PACKAGE)
    (tmp_path / "work/pyproject.toml").write_text(PYPROJECT)
    work = tmp_path / "work"
    return Surroundings(work, tmp_path / "home", ProjectVersions(work).contradiction)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Deploy to staging with `scripts/deploy.sh`", "scripts/deploy.sh is not there any more"),
        ("`scripts/generate.py` makes the client", "scripts/generate.py is not there any more"),
        ("The entry point is web/main.py.", "web/main.py is not there any more"),
        ("Fixtures: scripts/data/big", "scripts/data/big is not there any more"),
        (
            "conf/a.toml and conf/b.toml",
            "conf/a.toml is not there any more; conf/b.toml is not there any more",
        ),
        ("conf/a.toml, see conf/a.toml", "conf/a.toml is not there any more"),
        ("My notes are in ~/notes/gone.md", "~/notes/gone.md is not there any more"),
        ("The app uses React 17", "package.json says React 18.2"),
        ("react@17.0.2 is pinned", "package.json says react 18.2"),
        ("Node.js 18 is used here", "package.json says Node.js 20 <23"),
        ("Needs node v23.1", "package.json says node 20 <23"),
        (
            "Runs on Python 3.9, with Django 5.1",
            "pyproject.toml says Python 3.11; pyproject.toml says Django 4.2 <5",
        ),
        ("celery version 4", "pyproject.toml says celery 5.3"),
    ],
)
def test_a_file_that_is_gone_and_a_version_that_is_another_are_said(
    around: Surroundings, text: str, expected: str
) -> None:
    assert note_on(text, "project", around) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Deploy with scripts/there.sh",
        "The api is web/src/app.py, also called src/app.py",
        "Notes: ~/notes/there.md",
        "and/or, either/or, yes/no",
        "Health check is GET /api/v1/healthz",
        "See https://example.org/docs/guide.md",
        "The chart is grafana/loki, the action actions/checkout",
        "It writes reports/today.csv",
        "config/old.yml was removed",
        "There is no docs/index.md",
        "Bundles are in dist/app.py",
        "Copy it to host:/srv/app.py",
        "Files match src/*.py or src/<name>.py",
        "../other/thing.py is a sibling",
        "Certificates are in /usr/lib/none.pem on the server",
        "/nowhere/at/all.txt",
        "React 18",
        "React 18.3 is fine",
        "upgraded from React 17",
        "node 20+",
        "node 22",
        "Python 3.12",
        "Python 3",
        "click 3 times",
        "local 2.0",
        "odd 2.0",
        "port 8080",
        "nothing in particular",
        "",
    ],
)
def test_what_may_well_be_so_is_left_alone(around: Surroundings, text: str) -> None:
    assert note_on(text, "project", around) == ""


@pytest.mark.parametrize("which", ["user", "memory"])
def test_of_other_memory_only_paths_that_do_not_depend_on_the_project_are_looked_up(
    around: Surroundings, which: Literal["user", "memory"], tmp_path: Path
) -> None:
    assert note_on("scripts/deploy.sh and React 17", which, around) == ""
    gone = f"{tmp_path}/home/gone.md"
    assert note_on(f"Notes: {gone}", which, around) == f"{gone} is not there any more"
    assert note_on("Notes: ~/gone.md", which, around) == "~/gone.md is not there any more"
    assert note_on(f"Notes: {tmp_path}/home/notes/there.md", which, around) == ""


def test_without_a_workspace_or_readable_manifests_nothing_is_contradicted(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{")
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    around = Surroundings(tmp_path / "none", tmp_path, ProjectVersions(tmp_path).contradiction)
    assert note_on("React 17, Python 3.9", "project", around) == ""
    assert note_on("scripts/data", "project", around) == ""


def test_the_note_stands_behind_its_entry_also_where_it_has_several_lines(around: Surroundings) -> None:
    text = "# Project\n\nscripts/deploy.sh in prose\n- run scripts/deploy.sh\n  every day\n- there: scripts/there.sh\n"
    file = MemoryFile("project", Path("memory.md"), parse(text))
    shown = render_memory(file, TODAY, note=lambda text: note_on(text, "project", around))
    assert shown == (
        "# Project\n\nscripts/deploy.sh in prose\n- run scripts/deploy.sh\n"
        "  every day [scripts/deploy.sh is not there any more]\n- there: scripts/there.sh"
    )


def test_what_is_to_be_left_out_is_counted_and_not_repeated() -> None:
    file = MemoryFile("memory", Path("memory.md"), parse("- good\n- evil\n\nevil prose\n"))
    shown = render_memory(file, TODAY, leave_out=lambda text: "evil" in text)
    first, *others = shown.splitlines()
    assert first.startswith("[2 passages left out: ")
    assert others == ["- good"]
    one = render_memory(file, TODAY, leave_out=lambda text: "prose" in text)
    assert one.startswith("[1 passage left out: ")


def test_only_what_there_is_room_for_is_looked_at() -> None:
    asked: list[str] = []
    file = MemoryFile("memory", Path("memory.md"), parse("".join(f"- entry {n}\n" for n in range(100))))

    def note(text: str) -> str:
        asked.append(text)
        return ""

    render_memory(file, TODAY, budget_tokens=20, note=note)
    assert 0 < len(asked) < 10


def test_two_hundred_entries_take_no_time_worth_speaking_of(around: Surroundings) -> None:
    texts = [
        f"Entry {number}: run scripts/there.sh with react 18.{number} in web/src" for number in range(200)
    ]
    note_on(texts[0], "project", around)
    start = time.perf_counter()
    for text in texts:
        note_on(text, "project", around)
    assert time.perf_counter() - start < 0.1  # 3 ms here; the bound only catches what is beside itself


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab/.~ 1\0é@v-\ud800\n", max_size=80))
def test_any_text_is_looked_at_without_harm(around: Surroundings, text: str) -> None:
    assert "\n" not in note_on(text, "project", around)
