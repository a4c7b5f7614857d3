"""Which skills are found where, who wins a name, and that a start with a cache sees what one without it sees."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.errors import NotFound
from hone.skills import home_cache
from hone.skills.discover import MAX_DIRECTORIES, Library, Places, archived, discover
from hone.skills.home_cache import read_home
from hone.skills.read import Diagnostic, Skill


def put(folder: Path, name: str, description: str = "d", *, at: int | None = None) -> Path:
    """A skill; `at` is its mtime in seconds, old by default so that the cache may trust it."""
    directory = folder / name
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "SKILL.md"
    file.write_text(f"---\nname: {name}\ndescription: {description}\n---\n# {name}\n")
    os.utime(file, (at or 1_000, at or 1_000))
    return directory


def places(root: Path) -> Places:
    for name in ("hone", "user", "work/repo/sub"):
        (root / name).mkdir(parents=True, exist_ok=True)
    return Places(root / "hone", root / "user", root / "work/repo/sub", root / "work/repo")


def found(library: Library) -> list[tuple[str, str, bool]]:
    return [(skill.name, skill.source, skill.trusted) for skill in library.skills]


def trust(_: Path) -> bool:
    return True


def test_the_project_comes_before_the_home_and_the_home_before_the_user(tmp_path: Path) -> None:
    where = places(tmp_path)
    folders = ["work/repo/sub/.hone/skills", "work/repo/.claude/skills", "hone/skills", "user/.agents/skills"]
    for number, folder in enumerate(folders):
        put(tmp_path / folder, f"own-{number}")
        put(tmp_path / folder, "same", f"from {number}")
    library = discover(where, trust)
    assert library.get("same").description == "from 0"
    assert sorted(found(library)) == [
        ("own-0", "project", True),
        ("own-1", "project", True),
        ("own-2", "home", True),
        ("own-3", "user", True),
        ("same", "project", True),
    ]
    assert [(each.level, Path(each.path).parent.name) for each in library.diagnostics] == [
        ("warning", "same")
    ] * 3
    assert "has the same name, 'same'" in library.diagnostics[0].message


def test_nothing_above_the_workspace_and_nothing_without_one_is_read(tmp_path: Path) -> None:
    where = places(tmp_path)
    put(tmp_path / "work/.hone/skills", "above")
    put(tmp_path / "work/repo/.hone/skills", "inside")
    assert found(discover(where, trust)) == [("inside", "project", True)]
    nowhere = Places(where.hone_home, where.user_home, where.cwd, None)
    assert found(discover(nowhere, trust)) == []


def test_trust_is_asked_once_about_the_workspace_and_only_if_it_has_skills(tmp_path: Path) -> None:
    where = places(tmp_path)
    asked: list[Path] = []

    def answer(folder: Path) -> bool:
        asked.append(folder)
        return False

    discover(where, answer)
    assert asked == []
    put(where.cwd / ".hone/skills", "a")
    put(tmp_path / "work/repo/.agents/skills", "b")
    discover(where, answer)
    assert asked == [where.workspace]


def test_an_untrusted_skill_is_seen_but_neither_loadable_nor_in_the_way(tmp_path: Path) -> None:
    where = places(tmp_path)
    put(where.cwd / ".hone/skills", "deploy", "theirs")
    put(tmp_path / "hone/skills", "deploy", "mine")
    library = discover(where, lambda _: False)
    assert found(library) == [("deploy", "project", False), ("deploy", "home", True)]
    assert library.get("deploy").description == "mine"
    assert [skill.description for skill in library.loadable] == ["mine"]
    assert library.diagnostics == ()


def test_project_folders_are_searched_deep_but_not_below_a_skill_or_in_git_and_node_modules(
    tmp_path: Path,
) -> None:
    where = places(tmp_path)
    folder = where.cwd / ".claude/skills"
    put(folder / "1/2/3/4/5", "deep")
    put(folder / "1/2/3/4/5/6", "too-deep")
    put(put(folder, "outer"), "nested")
    for skipped in (".git", "node_modules", ".archive"):
        put(folder / skipped, "skipped")
    (folder / "loop").symlink_to(folder)
    assert sorted(name for name, _, _ in found(discover(where, trust))) == ["deep", "outer"]


def test_a_project_folder_with_too_many_directories_is_said_and_cut(tmp_path: Path) -> None:
    where = places(tmp_path)
    folder = where.cwd / ".hone/skills"
    for number in range(MAX_DIRECTORIES):
        (folder / f"d{number:04}").mkdir(parents=True)
    put(folder, "zz-last")
    library = discover(where, trust)
    assert library.skills == ()
    assert library.diagnostics == (
        Diagnostic(str(folder), "only its first 2,000 directories were searched for skills", "warning"),
    )


def test_one_folder_under_two_names_is_read_once(tmp_path: Path) -> None:
    where = places(tmp_path)
    put(where.cwd / ".agents/skills", "a")
    (where.cwd / ".claude").mkdir()
    (where.cwd / ".claude/skills").symlink_to(where.cwd / ".agents/skills")
    put(tmp_path / "hone/skills", "b")
    (tmp_path / "user/.agents").mkdir()
    (tmp_path / "user/.agents/skills").symlink_to(tmp_path / "hone/skills")
    library = discover(where, trust)
    assert [name for name, _, _ in found(library)] == ["a", "b"]
    assert library.diagnostics == ()


def test_a_skill_linked_from_the_home_is_no_shadow(tmp_path: Path) -> None:
    where = places(tmp_path)
    real = put(tmp_path / "user/.agents/skills", "a")
    (tmp_path / "hone/skills").mkdir()
    (tmp_path / "hone/skills/a").symlink_to(real)
    library = discover(where, trust)
    assert found(library) == [("a", "home", True)]
    assert library.diagnostics == ()


def test_in_one_folder_the_directory_that_has_the_name_wins(tmp_path: Path) -> None:
    where = places(tmp_path)
    put(tmp_path / "hone/skills", "a", "original", at=1_000)
    copy = put(tmp_path / "hone/skills", "copy", at=2_000)
    (copy / "SKILL.md").write_text("---\nname: a\ndescription: copy\n---\n")
    library = discover(where, trust)
    assert [skill.description for skill in library.skills] == ["original"]
    assert [each.path for each in library.diagnostics] == [str(copy / "SKILL.md")]


def test_a_directory_whose_name_is_no_text_is_a_diagnostic(tmp_path: Path) -> None:
    put(tmp_path / "skills", "good")
    try:
        put(tmp_path / "skills", "plain").rename(tmp_path / "skills/bad-\udcff")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    for _ in range(2):
        good, bad = read_home(tmp_path)
        assert isinstance(good, Skill)
        assert isinstance(bad, Diagnostic)
        assert (bad.path, "not UTF-8" in bad.message) == (str(tmp_path / "skills/bad-?/SKILL.md"), True)


def test_the_archive_is_read_only_when_asked_for(tmp_path: Path) -> None:
    where = places(tmp_path)
    put(tmp_path / "hone/skills/.archive", "old")
    assert discover(where, trust).skills == ()
    assert [(skill.name, skill.status) for skill in archived(tmp_path / "hone")] == [("old", "retired")]


def test_an_unknown_name_gets_the_nearest_ones(tmp_path: Path) -> None:
    where = places(tmp_path)
    put(tmp_path / "hone/skills", "deploy-web")
    with pytest.raises(NotFound, match="no skill named 'deploy-wbe'; did you mean deploy-web"):
        discover(where, trust).get("deploy-wbe")


def test_what_is_skipped_stays_visible_at_every_start(tmp_path: Path) -> None:
    put(tmp_path / "skills", "good")
    (put(tmp_path / "skills", "bad") / "SKILL.md").write_bytes(b"\xff")
    (tmp_path / "skills/empty").mkdir()
    (tmp_path / "skills/file").touch()
    for _ in range(2):
        skill, diagnostic = read_home(tmp_path)
        assert isinstance(skill, Skill)
        assert isinstance(diagnostic, Diagnostic)
        assert diagnostic.path.endswith("bad/SKILL.md")


def names(home: Path, *, thorough: bool = True) -> dict[str, str]:
    return {
        skill.name: skill.description
        for skill in read_home(home, thorough=thorough)
        if isinstance(skill, Skill)
    }


def cache_file(home: Path) -> Path:
    return home / ".cache/skills.msgpack"


def test_the_cache_is_private_and_spares_reading(tmp_path: Path) -> None:
    directory = put(tmp_path / "skills", "a", "old")
    assert names(tmp_path) == {"a": "old"}
    assert cache_file(tmp_path).stat().st_mode & 0o777 == 0o600
    file = directory / "SKILL.md"
    file.write_text(file.read_text().replace("old", "new"))
    os.utime(file, (1_000, 1_000))  # same time and size: the proof that it is not read again
    assert names(tmp_path) == {"a": "old"}


def test_a_skill_written_as_the_cache_was_is_read_again(tmp_path: Path) -> None:
    file = put(tmp_path / "skills", "a", "old") / "SKILL.md"
    assert names(tmp_path) == {"a": "old"}
    written = cache_file(tmp_path).stat().st_mtime_ns
    os.utime(file, ns=(written, written))
    assert names(tmp_path) == {"a": "old"}
    os.utime(cache_file(tmp_path), ns=(written, written))
    file.write_text(file.read_text().replace("old", "new"))
    os.utime(file, ns=(written, written))
    assert names(tmp_path) == {"a": "new"}


def test_added_edited_and_removed_skills_and_sidecars_are_seen_at_the_next_start(tmp_path: Path) -> None:
    for name in ("edited", "removed", "emptied", "retired"):
        put(tmp_path / "skills", name)
    names(tmp_path)
    put(tmp_path / "skills", "added")
    put(tmp_path / "skills", "edited", "changed")
    for name in ("removed", "emptied"):
        (tmp_path / "skills" / name / "SKILL.md").unlink()
    (tmp_path / "skills/removed").rmdir()
    (tmp_path / "skills/retired/hone.yaml").write_text("status: retired")
    for thorough in (False, True):
        assert names(tmp_path, thorough=thorough) == {"added": "d", "edited": "changed", "retired": "d"}
    retired = next(
        skill for skill in read_home(tmp_path) if isinstance(skill, Skill) and skill.name == "retired"
    )
    assert retired.status == "retired"


def test_a_start_looks_for_edits_among_the_newest_and_a_thorough_call_among_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_cache, "CHECKED_AT_START", 1)
    put(tmp_path / "skills", "old", at=1_000)
    put(tmp_path / "skills", "new", at=2_000)
    assert list(names(tmp_path)) == ["new", "old"]
    put(tmp_path / "skills", "old", "changed", at=1_500)
    put(tmp_path / "skills", "new", "changed", at=2_500)
    assert names(tmp_path, thorough=False) == {"new": "changed", "old": "d"}
    assert names(tmp_path) == {"new": "changed", "old": "changed"}
    assert names(tmp_path, thorough=False) == {"new": "changed", "old": "changed"}


@pytest.mark.parametrize("damage", [b"", b"\x00", b"not msgpack", b"\x93\x01\xa1x\x80", b"\x93\x63\xa1x\x80"])
def test_a_damaged_or_foreign_cache_is_rebuilt(tmp_path: Path, damage: bytes) -> None:
    put(tmp_path / "skills", "a")
    names(tmp_path)
    good = cache_file(tmp_path).read_bytes()
    cache_file(tmp_path).write_bytes(damage)
    assert names(tmp_path) == {"a": "d"}
    assert cache_file(tmp_path).read_bytes() == good


def test_a_home_that_was_moved_gives_the_new_paths(tmp_path: Path) -> None:
    put(tmp_path / "one/skills", "a")
    names(tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    (skill,) = read_home(tmp_path / "two")
    assert isinstance(skill, Skill)
    assert skill.directory == str(tmp_path / "two/skills/a")


def test_a_home_without_skills_is_empty_and_stays_untouched(tmp_path: Path) -> None:
    assert read_home(tmp_path / "none") == []
    assert list(tmp_path.iterdir()) == []


def test_where_no_cache_can_be_written_everything_works(tmp_path: Path) -> None:
    put(tmp_path / "skills", "a")
    (tmp_path / ".cache").touch()  # a file where the directory should be: refused for root, too
    for _ in range(2):
        assert names(tmp_path) == {"a": "d"}


def test_a_link_in_circles_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "skills/a").mkdir(parents=True)
    (tmp_path / "skills/a/SKILL.md").symlink_to("SKILL.md")
    (diagnostic,) = read_home(tmp_path)
    assert isinstance(diagnostic, Diagnostic)


def test_a_folder_that_cannot_be_listed_holds_no_skills(tmp_path: Path) -> None:
    where = places(tmp_path)
    (where.cwd / ".hone/skills").mkdir(parents=True)
    (where.cwd / ".hone/skills/loop").symlink_to("loop")
    (tmp_path / "user/.agents").mkdir()
    (tmp_path / "user/.agents/skills").touch()
    assert discover(where, trust).skills == ()


action = st.tuples(
    st.sampled_from(["put", "remove", "retire"]),
    st.sampled_from("abc"),
    st.sampled_from(["d", "e", "long text"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(action, max_size=3), max_size=4))
def test_with_a_cache_a_start_sees_what_it_sees_without_one(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, str, str]]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "skills").mkdir()
    for actions in steps:
        for verb, name, description in actions:
            file = home / "skills" / name / "SKILL.md"
            if verb == "put":
                file.parent.mkdir(exist_ok=True)
                file.write_text(f"---\nname: {name}\ndescription: {description}\n---\n")
            elif verb == "remove":
                file.unlink(missing_ok=True)
            elif file.parent.exists():
                (file.parent / "hone.yaml").write_text(f"status: retired # {description}")
        cached = read_home(home, thorough=False)
        cache_file(home).unlink(missing_ok=True)
        assert cached == read_home(home)
