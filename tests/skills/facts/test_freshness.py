"""What of a changed world is called stale, and what is not."""

import datetime
import os
import time
from pathlib import Path

import msgspec
import pytest
from tests.skills.facts.world_changes import COMMANDS, MUST, MUST_NOT, SKILL, Case, build, gone, write

from hone.skills.facts.freshness import MOST, stale
from hone.skills.facts.pinning import take
from hone.skills.facts.project_files import LARGEST_MANIFEST, ProjectFiles
from hone.skills.pins import PinnedFact, Stale, World

_LEVELS = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 19))
BOMB = f"l0: &l0 [x]\n{_LEVELS}\nservices: {{web: {{build: *l18}}}}\n"
TODAY = datetime.date(2026, 11, 22)


def world(root: Path) -> World:
    return World(root / "work", f"/nowhere::{root}/bin:relative", "shop-1a2b3c4d", TODAY)


def said(found: tuple[Stale, ...]) -> tuple[str, ...]:
    return tuple(each.said for each in found)


@pytest.mark.parametrize("case", [*MUST, *MUST_NOT], ids=lambda case: case.what)
def test_what_a_skill_relies_on_is_called_stale_and_nothing_else_is(tmp_path: Path, case: Case) -> None:
    build(tmp_path)
    pins = take(SKILL, world(tmp_path))
    assert stale(pins, world(tmp_path)) == ()
    case.change(tmp_path)
    assert said(stale(pins, world(tmp_path))) == case.said


def test_the_table_has_at_least_forty_changes() -> None:
    assert len(MUST) >= 30
    assert len(MUST_NOT) >= 30


def test_a_moved_checkout_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path)
    pins = take(SKILL, world(tmp_path))
    (tmp_path / "work").rename(tmp_path / "elsewhere")
    (tmp_path / "work").symlink_to("elsewhere")
    assert stale(pins, world(tmp_path)) == ()
    moved = msgspec.structs.replace(world(tmp_path), workspace=tmp_path / "elsewhere")
    assert stale(pins, moved) == ()


def test_pins_of_another_project_are_not_looked_at_but_commands_are(tmp_path: Path) -> None:
    build(tmp_path)
    pins = take(SKILL, world(tmp_path))
    (tmp_path / "work").rename(tmp_path / "gone")
    (tmp_path / "work").mkdir()
    elsewhere = msgspec.structs.replace(world(tmp_path), project="other-1")
    assert stale(pins, elsewhere) == ()
    gone("../bin/jq")(tmp_path)
    assert said(stale(pins, elsewhere)) == ("command jq is not on PATH any more",)


@pytest.mark.parametrize(
    "pin",
    [
        PinnedFact("file", "../bin/jq", value="sha256:00"),
        PinnedFact("file", "/etc/hostname", value="sha256:00"),
        PinnedFact("file", ".git/config", value="sha256:00"),
        PinnedFact("file", "a\0b", value="sha256:00"),
        PinnedFact("file", ".", value="sha256:00"),
        PinnedFact("manifest", "package.json", "scripts.build"),
        PinnedFact("file", "scripts/deploy.sh"),
        PinnedFact("file", "scripts/deploy.sh", value="file"),
    ],
    ids=repr,
)
def test_a_pin_that_says_nothing_about_the_project_is_not_stale(tmp_path: Path, pin: PinnedFact) -> None:
    build(tmp_path)
    assert stale([pin], world(tmp_path)) == ()


def test_what_is_said_is_one_printable_line_without_a_date_that_is_not_known(tmp_path: Path) -> None:
    build(tmp_path)
    pins = [
        PinnedFact("file", "scripts/deploy.sh", value="sha256:00"),
        PinnedFact("manifest", "package.json", "scripts.a\n\x1b[1mb"),
        PinnedFact("manifest", "package.json", "scripts.build", "sha256:00"),
        PinnedFact("manifest", "package.json", "strange", "x"),
    ]
    assert said(stale(pins, world(tmp_path))) == (
        "scripts/deploy.sh changed",
        "package.json: script a [1mb is gone",
        "package.json: script build changed",
        "package.json: strange is gone",
    )


def test_a_pipe_or_a_loop_of_links_does_not_hang(tmp_path: Path) -> None:
    build(tmp_path)
    os.mkfifo(tmp_path / "work/pipe")
    (tmp_path / "work/loop").symlink_to("loop")
    pins = [PinnedFact("file", name, value="sha256:00") for name in ("pipe", "loop")]
    assert said(stale(pins, world(tmp_path))) == ("pipe is no file any more", "loop is gone")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("package.json", "[" * 100_000, ()),  # too large to be looked at
        ("package.json", "[" * 50_000, ("package.json cannot be read any more",)),
        ("package.json", "[]", ("package.json cannot be read any more",)),
        ("package.json", '{"scripts": []}', ("package.json: script build is gone",)),
        ("compose.yml", "a: &a [*a]\nservices: {web: {build: *a}}", ("compose.yml cannot be read any more",)),
        ("compose.yml", BOMB, ("compose.yml: service web changed",)),
        ("compose.yml", "services: " + "[" * 1_500, ("compose.yml cannot be read any more",)),
        ("pyproject.toml", "a = " + "[" * 30_000, ("pyproject.toml cannot be read any more",)),
        ("pyproject.toml", "\udcff", ("pyproject.toml cannot be read any more",)),
        ("Makefile", " " * 60_000 + "x\n", ("Makefile: target deploy is gone",)),
    ],
    ids=range(10),
)
def test_a_hostile_manifest_is_said_to_be_unreadable_at_once(
    tmp_path: Path, name: str, text: str, expected: tuple[str, ...]
) -> None:
    build(tmp_path)
    (tmp_path / "work" / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    keys = {
        "package.json": "scripts.build",
        "compose.yml": "services.web",
        "pyproject.toml": "dependencies.pytest",
        "Makefile": "targets.deploy",
    }
    start = time.perf_counter()
    found = stale([PinnedFact("manifest", name, keys[name], "x")], world(tmp_path))
    assert said(found) == expected
    assert time.perf_counter() - start < 5


def test_what_leads_out_of_the_project_is_neither_read_nor_hashed(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "work/package.json").unlink()
    (tmp_path / "work/package.json").symlink_to("../package.json")
    files = ProjectFiles(tmp_path / "work", "")
    assert files.manifest("package.json") is None
    assert files.content("package.json") is None
    assert files.content("none") is None
    assert not files.has_command("../bin/jq")
    assert not files.has_command("a\0b")


def test_a_manifest_that_grew_too_large_says_nothing(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "work/package.json").write_text(" " * (LARGEST_MANIFEST + 1))
    assert stale([PinnedFact("manifest", "package.json", "scripts.build", "x")], world(tmp_path)) == ()


def test_no_more_than_a_hundred_pins_are_looked_at(tmp_path: Path) -> None:
    assert len(stale([PinnedFact("command", "none")] * (MOST + 1), world(tmp_path))) == MOST


def test_each_command_of_the_skill_is_pinned_once_and_basic_ones_are_not(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "bin/bash").touch(mode=0o755)
    pins = take(SKILL, world(tmp_path))
    assert sorted(pin.target for pin in pins if pin.kind == "command") == sorted(COMMANDS)
    assert len(set(pins)) == len(pins)


def test_few_pins_are_taken_and_those_of_manifests_first(tmp_path: Path) -> None:
    build(tmp_path)
    names = [f"data/{number}.toml" for number in range(30)]
    for name in names:
        write(name, "x = 1\n")(tmp_path)
    kinds = [pin.kind for pin in take(f"{SKILL}- Also {' '.join(names)}\n", world(tmp_path))]
    assert len(kinds) == 40
    assert len(take(SKILL, world(tmp_path))) < 40
    assert kinds == sorted(kinds, key=("manifest", "file", "command").index)


def test_of_what_the_turn_itself_wrote_only_the_existence_is_pinned(tmp_path: Path) -> None:
    build(tmp_path)
    written = ["scripts/deploy.sh", str(tmp_path / "work/scripts/smoke.sh"), "../elsewhere"]
    pins = {pin.target: pin.value for pin in take(SKILL, world(tmp_path), written=written)}
    assert (pins["scripts/deploy.sh"], pins["scripts/smoke.sh"]) == ("file", "file")
    assert pins["config/regions.toml"].startswith("sha256:")


def test_a_file_that_looks_like_a_secret_is_never_hashed(tmp_path: Path) -> None:
    names = (
        ".env",
        ".env.local",
        "deploy.pem",
        "id_ed25519",
        "credentials.json",
        "api-token.txt",
        "server.key",
    )
    steps = "\n".join(f"{number}. Use `keys/{name}`." for number, name in enumerate(names, 1))
    for name in names:
        write(f"keys/{name}", "x")(tmp_path)
    pins = take(f"---\nname: x\n---\n## Steps\n{steps}\n", world(tmp_path))
    assert {pin.target: pin.value for pin in pins} == {f"keys/{name}": "file" for name in names}


def test_twenty_pins_are_looked_up_in_a_few_milliseconds(tmp_path: Path) -> None:
    build(tmp_path)
    pins = take(SKILL, world(tmp_path))
    start = time.perf_counter()
    for _ in range(5):
        stale(pins, world(tmp_path))
    assert (time.perf_counter() - start) / 5 < 0.1  # 2 ms here; the bound only catches what is beside itself
