"""Pins as hone.yaml keeps them, and those that are taken from the words of a skill."""

import datetime
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.skills.facts.mentions import commands, passages
from hone.skills.facts.pinning import take
from hone.skills.pins import PinnedFact, World, pins_from, read_pins

FILES = {
    "package.json": '{"scripts": {"build": "x", "test": "y", "sure": "z"}, "dependencies": {"left-pad": "1.0"}}',
    "web/package.json": '{"scripts": {"dev": "vite"}}',
    "Makefile": "all:\n\techo\n",
    "ops/build.mk": "ship:\n\techo\n",
    "pyproject.toml": '[project]\nrequires-python = ">=3.11"\ndependencies = ["alembic>=1"]\nscripts = {shop = "a:b"}\n',
    "docker/Dockerfile": "FROM a:1 AS base\nFROM base AS prod\nEXPOSE 80\n",
    "ops/compose.yml": "services: {web: {image: x}}\n",
    ".github/workflows/ci.yml": "jobs: {release: {steps: []}}\n",
    "tools/run.py": "x\n",
    "tools/seed": "x\n",
    "conf/app.ini": "x\n",
    "mod/__init__.py": "",
    "dist/app.js": "x\n",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    for name, text in FILES.items():
        (tmp_path / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / name).write_text(text)
    (tmp_path / "bin").mkdir()
    for name in ("npm", "make", "jq", "cat"):
        (tmp_path / "bin" / name).touch(mode=0o755)
    (tmp_path / "bin/plain").touch(mode=0o644)
    return World(tmp_path / "work", f"{tmp_path}/bin", None, datetime.date(2026, 11, 22))


def skill(*steps: str) -> str:
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return f"---\nname: x\ndescription: d\n---\n\n# X\n\n## Steps\n\n{numbered}\n"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("`npm run build`", ["package.json scripts.build", "npm"]),
        ("Run npm run build, then rest.", ["package.json scripts.build", "npm"]),
        ("`npm t -- --ci`", ["package.json scripts.test", "npm"]),
        ("`yarn build`", ["package.json scripts.build"]),
        ("`pnpm run build --watch`", ["package.json scripts.build"]),
        ("`npm install left-pad@2 nothing`", ["package.json dependencies.left-pad", "npm"]),
        ("`npm --prefix web run dev`", ["web/package.json scripts.dev", "npm"]),
        ("`pnpm -C web dev`", ["web/package.json scripts.dev"]),
        ("`cd web && npm run dev`", ["web/package.json scripts.dev", "npm"]),
        ("`(cd web; NODE_ENV=x npm run dev | tee out.log)`", ["web/package.json scripts.dev", "npm"]),
        ("`npm run <script>`", ["npm"]),
        ("`npm run $SCRIPT`", ["npm"]),
        ("`make`", ["make"]),
        ("`make all X=1 nothing`", ["Makefile targets.all", "make"]),
        ("make sure that all is well", []),
        ("First make all of it.", ["Makefile targets.all", "make"]),
        ("`make -f ops/build.mk ship`", ["make", "ops/build.mk file"]),
        ("`make -C ops --file=build.mk ship`", ["make"]),
        ("`docker build -f docker/Dockerfile .`", ["docker/Dockerfile base", "docker/Dockerfile expose"]),
        ("`docker build -t x:1 docker`", ["docker/Dockerfile base", "docker/Dockerfile expose"]),
        ("`docker buildx build --target prod docker/`", ["docker/Dockerfile stage.prod", "docker file=directory"]),
        ("`docker build --target=prod docker/`", ["docker/Dockerfile stage.prod", "docker file=directory"]),
        ("`docker compose -f ops/compose.yml up web`", ["ops/compose.yml services.web"]),
        ("`docker-compose --project-directory ops up -d`", ["ops/compose.yml file=file"]),
        ("`docker ps`", []),
        ("`gh workflow run ci.yml` starts the job `release`", [".github/workflows/ci.yml jobs.release"]),
        ("`.github/workflows/ci.yml`", [".github/workflows/ci.yml file=file"]),
        ("`uv run alembic upgrade head`", ["pyproject.toml dependencies.alembic"]),
        ("`uv run --frozen python -m alembic.config`", ["pyproject.toml requires-python", "pyproject.toml dependencies.alembic"]),
        ("`poetry run shop x`", ["pyproject.toml scripts.shop"]),
        ("`npx left-pad`", ["package.json dependencies.left-pad"]),
        ("`pip install alembic==1.2`", ["pyproject.toml dependencies.alembic"]),
        ("`alembic` is at hand", ["pyproject.toml dependencies.alembic"]),
        ("`python tools/run.py`", ["pyproject.toml requires-python", "tools/run.py file"]),
        ("python3 tools/run.py does it.", ["pyproject.toml requires-python", "tools/run.py file"]),
        ("`python -m tools.run`", ["pyproject.toml requires-python", "tools/run.py file"]),
        ("`python -m mod`", ["pyproject.toml requires-python"]),
        ("`bash -c 'x'`", []),
        ("`./tools/seed > conf/app.ini`", ["tools/seed file", "conf/app.ini file=file"]),
        ("`tools/seed`", ["tools/seed file"]),
        ("Edit `tools/run.py`", ["tools/run.py file=file"]),
        ("Read `conf/app.ini`", ["conf/app.ini file"]),
        ("Read conf/app.ini:12, twice.", ["conf/app.ini file"]),
        ("`sed -i s/a/b/ conf/app.ini`", ["conf/app.ini file=file"]),
        ("`jq --arg c=conf/app.ini .`", ["jq", "conf/app.ini file"]),
        ("`conf/*.ini`, `conf/<name>.ini`, `../bin/jq`, `/etc/passwd`, `~/x/y`", []),
        ("See https://example.org/conf/app.ini and left/right", []),
        ("`dist/app.js` is built", []),
        ("`plain` and `nothing` and `cat x`", []),
        ("`echo 'unbalanced`", []),
        ("`cd <dir> && npm test`", ["package.json scripts.test", "npm"]),
        ("`cd ~/x && npm run dev`", ["npm"]),
        ("Nothing that is code", []),
    ],
)  # fmt: skip
def test_what_a_step_names_is_pinned_if_it_is_there(world: World, step: str, expected: list[str]) -> None:
    assert sorted(map(_short, take(skill(step), world))) == sorted(expected)


def _short(pin: PinnedFact) -> str:
    if pin.kind == "command":
        return pin.target
    kind = pin.key or ("file" if pin.value.startswith("sha256:") else f"file={pin.value}")
    return f"{pin.target} {kind}"


def test_a_step_that_enters_a_directory_counts_for_the_next_ones(world: World) -> None:
    pins = take(skill("`cd web`", "`npm run dev`"), world)
    assert "web/package.json scripts.dev" in map(_short, pins)


def test_code_blocks_and_gotchas_are_read_and_other_sections_are_not(world: World) -> None:
    text = skill("Do:\n\n   ```sh\n   $ make all\n   # make nothing\n   ```\n")
    text += "\n## Gotchas\n\n- `jq` is needed\n\n## Notes\n\n- `npm run build`\n"
    assert sorted(map(_short, take(text, world))) == ["Makefile targets.all", "jq", "make"]


def test_pins_say_when_they_were_seen_and_of_which_project(world: World) -> None:
    world = World(world.workspace, world.search_path, "shop-1", world.today)
    pins = take(skill("`npm run build` with `conf/app.ini`"), world)
    assert {pin.seen for pin in pins} == {"2026-11-22"}
    assert [pin.project for pin in pins] == ["shop-1", "shop-1", ""]


@pytest.mark.parametrize("text", ["", "no skill", "---\nname: x\n", "## Steps\n\nprose only\n"])
def test_a_text_without_steps_has_no_pins(world: World, text: str) -> None:
    assert take(text, world) == ()


def test_a_broken_manifest_or_a_missing_workspace_has_nothing_to_pin(world: World) -> None:
    (world.workspace / "package.json").write_text("{")
    (world.workspace / "Makefile").unlink()
    os.mkfifo(world.workspace / "Makefile")
    assert [_short(pin) for pin in take(skill("`npm run build`, `make all`"), world)] == ["npm", "make"]
    nowhere = World(world.workspace / "none", "", None, world.today)
    assert take(skill("`npm run build`, `conf/app.ini`"), nowhere) == ()


def test_commands_are_split_as_a_shell_would_as_far_as_can_be_told() -> None:
    found = commands("$ cd a && X=1 sudo b 'c d' >> e 2>&1 | f < g; (h) &\ncd /z; i")
    assert [(each.words, each.directory, each.writes) for each in found] == [
        (("cd", "a"), "a", ()),
        (("b", "c d", "2"), "a", ("e", "1")),
        (("f",), "a", ()),
        (("h",), "a", ()),
        (("cd", "/z"), "..", ()),
        (("i",), "..", ()),
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(step=st.text(alphabet="`npm runbild./<>$'\"&|;()-=\n#\0", max_size=80))
def test_any_words_can_be_looked_through(world: World, step: str) -> None:
    text = skill(step)
    for pin in take(text, world):
        assert pin.target.isprintable()
    passages(text)


GOOD = {
    "kind": "manifest",
    "target": "package.json",
    "key": "scripts.build",
    "value": "sha256:1",
    "seen": "2026-11-22",
}


@pytest.mark.parametrize(
    ("value", "expected", "notes"),
    [
        (None, (), 0),
        ("", (), 0),
        ([], (), 0),
        ("x", (), 1),
        ({"kind": "file"}, (), 1),
        ([GOOD], (PinnedFact("manifest", "package.json", "scripts.build", "sha256:1", "2026-11-22"),), 0),
        (
            [
                {"kind": "file", "target": "a", "value": ["x"], "more": "y"},
                {"kind": "command", "target": "jq"},
            ],
            (PinnedFact("file", "a"), PinnedFact("command", "jq")),
            0,
        ),
        (["x", {}, {"kind": "odd", "target": "a"}, {"kind": ["file"], "target": "a"}], (), 4),
        ([{"kind": "file"}, {"kind": "file", "target": " "}, {"kind": "file", "target": ["a"]}], (), 3),
    ],
)
def test_pins_are_read_leniently(value: object, expected: tuple[PinnedFact, ...], notes: int) -> None:
    pins, said = pins_from(value)
    assert pins == expected
    assert len(said) == notes


def test_the_pins_of_a_directory_are_those_of_its_sidecar(tmp_path: Path) -> None:
    assert read_pins(tmp_path) == ()
    (tmp_path / "hone.yaml").write_text("pins: [{kind: command, target: jq}, 3]\n")
    assert read_pins(tmp_path) == (PinnedFact("command", "jq"),)
    (tmp_path / "hone.yaml").write_text("pins: [")
    assert read_pins(tmp_path) == ()
