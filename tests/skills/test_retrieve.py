"""A request finds its skill in a library of any size, attaches only one that clearly fits, and the index mends itself."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.skills.retrieval_table import KNOWN, NOTHING, Known

import hone.skills.retrieve as module
from hone.skills import search_index
from hone.skills.discover import Library, Places, discover
from hone.skills.read import Skill
from hone.skills.render import render_skill
from hone.skills.retrieve import Found, Retrieval, clear_match


def write(home: Path, known: Known) -> Path:
    directory = home / "skills" / known.name
    directory.mkdir(parents=True)
    title = known.name.replace("-", " ").capitalize()
    text = render_skill(
        known.name,
        title=title,
        description=known.description,
        when_to_use=known.when,
        steps=known.steps,
        gotchas=(),
    )
    (directory / "SKILL.md").write_text(text)
    return directory


def put(home: Path, name: str, description: str = "d", body: str = "") -> Path:
    directory = home / "skills" / name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "SKILL.md").write_text(f"---\nname: {name}\ndescription: {description}\n---\n{body}\n")
    return directory


def library(home: Path) -> Library:
    return discover(Places(home, home / "user", home, None), lambda _: False)


def retrieval(home: Path) -> Retrieval:
    opened = Retrieval.open(home)
    opened.refresh(library(home))
    return opened


@pytest.fixture(autouse=True)
def _closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every index that a test opens."""
    opened: list[search_index.SearchIndex] = []
    begin = search_index.SearchIndex.__init__

    def begin_noted(index: search_index.SearchIndex, path: Path | None) -> None:
        begin(index, path)
        opened.append(index)

    monkeypatch.setattr(search_index.SearchIndex, "__init__", begin_noted)
    yield
    for each in opened:
        each.close()


def indexed(home: Path) -> int:
    """How many skills the index in `home` has."""
    with contextlib.closing(sqlite3.connect(home / ".cache/skills.db")) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM skills").fetchall()
        assert isinstance(count, int)
        return count


def names(found: tuple[Found, ...]) -> list[str]:
    return [each.skill.name for each in found]


def attached(opened: Retrieval, request: str) -> str | None:
    skill = clear_match(opened.search(request))
    return skill.name if skill else None


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retrieval]:
    home = tmp_path_factory.mktemp("together")
    for known in KNOWN:
        write(home, known)
    opened = retrieval(home)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Retrieval]]:
    opened = {}
    for known in KNOWN:
        home = tmp_path_factory.mktemp(known.name)
        write(home, known)
        opened[known.name] = retrieval(home)
    yield opened
    for each in opened.values():
        each.close()


@pytest.mark.parametrize(
    ("name", "request_"), [(known.name, request) for known in KNOWN for request in known.requests]
)
def test_a_rephrased_request_attaches_its_skill_among_others_and_alone(
    name: str, request_: str, together: Retrieval, alone: dict[str, Retrieval]
) -> None:
    assert attached(together, request_) == name
    assert attached(alone[name], request_) == name


@pytest.mark.parametrize("request_", NOTHING)
def test_another_request_attaches_nothing(
    request_: str, together: Retrieval, alone: dict[str, Retrieval]
) -> None:
    assert attached(together, request_) is None
    assert [attached(each, request_) for each in alone.values()] == [None] * len(KNOWN)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_a_skill_says_of_itself_attaches_it(known: Known, together: Retrieval) -> None:
    assert attached(together, known.description) == known.name


def test_a_request_with_a_long_paste_after_it_attaches_nothing_it_is_not_about(together: Retrieval) -> None:
    paste = "\n".join(f"Traceback in frame {number} of handler{number}: ValueError" for number in range(500))
    assert attached(together, f"why does this crash?\n{paste}\ndeploy staging server logs") is None


def test_two_skills_for_the_same_are_both_found_and_neither_is_attached(tmp_path: Path) -> None:
    for name in ("deploy-shop-one", "deploy-shop-two"):
        put(tmp_path, name, "Deploy the shop to staging.")
    opened = retrieval(tmp_path)
    assert sorted(names(opened.search("deploy the shop to staging"))) == [
        "deploy-shop-one",
        "deploy-shop-two",
    ]
    assert attached(opened, "deploy the shop to staging") is None


def test_what_a_skill_is_not_for_does_not_attach_it(tmp_path: Path) -> None:
    put(tmp_path, "collect-dump", "Collect a crash dump of a server. Do not use for analyzing a dump.")
    opened = retrieval(tmp_path)
    assert attached(opened, "collect a crash dump of the server") == "collect-dump"
    assert attached(opened, "collect and analyze a crash dump of the server") is None


def test_the_body_finds_a_skill_and_name_and_description_find_it_first(tmp_path: Path) -> None:
    put(tmp_path, "one", "Something else.", "Then run `flyctl deploy`.")
    put(tmp_path, "flyctl", "About flyctl.")
    assert names(retrieval(tmp_path).search("flyctl")) == ["flyctl", "one"]


def test_trial_skills_are_found_retired_and_untrusted_ones_and_those_of_other_projects_are_not(
    tmp_path: Path,
) -> None:
    put(tmp_path, "on-trial", "zebra")
    put(tmp_path, "retired", "zebra")
    put(tmp_path, "mine", "zebra")
    (tmp_path / "skills/on-trial/hone.yaml").write_text("status: trial")
    (tmp_path / "skills/retired/hone.yaml").write_text("status: retired")
    (tmp_path / "skills/mine/hone.yaml").write_text("scope: project:shop-1")
    opened = Retrieval.open(tmp_path)
    untrusted = Skill("theirs", "zebra", str(tmp_path / "theirs"), "project", trusted=False)
    opened.refresh(Library((*library(tmp_path).skills, untrusted)))
    assert names(opened.search("zebra")) == ["on-trial"]
    assert sorted(names(opened.search("zebra", "shop-1"))) == ["mine", "on-trial"]


def test_at_most_so_many_are_found(tmp_path: Path) -> None:
    for number in range(4):
        put(tmp_path, f"zebra-{number}")
    assert len(retrieval(tmp_path).search("zebra", limit=2)) == 2


@pytest.mark.parametrize("request_", ["", "what is it?", "zebra", '" OR name : x', "\0"])
def test_a_request_without_a_known_word_finds_nothing(tmp_path: Path, request_: str) -> None:
    put(tmp_path, "deploy")
    assert retrieval(tmp_path).search(request_) == ()


def test_before_a_refresh_nothing_is_found(tmp_path: Path) -> None:
    put(tmp_path, "deploy")
    retrieval(tmp_path).close()
    assert Retrieval.open(tmp_path).search("deploy") == ()


def test_an_edit_is_found_by_its_new_words_and_a_removed_skill_no_more(tmp_path: Path) -> None:
    directory = put(tmp_path, "one", "zebra")
    put(tmp_path, "two", "zebra")
    opened = retrieval(tmp_path)
    put(tmp_path, "one", "giraffe")
    os.utime(directory / "SKILL.md", ns=(1, 1))
    (tmp_path / "skills/two/SKILL.md").unlink()
    assert opened.refresh(library(tmp_path)) == 0
    assert names(opened.search("giraffe")) == ["one"]
    assert opened.search("zebra") == ()
    assert indexed(tmp_path) == 1


def test_a_new_skill_among_many_is_found_by_words_that_no_other_has(tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path, f"job-{number}", "Do the recurring job.")
    opened = retrieval(tmp_path)
    put(tmp_path, "new", "Feed the zebra.")
    opened.refresh(library(tmp_path))
    assert names(opened.search("zebra")) == ["new"]


def test_a_skill_of_another_project_stays_in_the_index_while_its_file_is_there(tmp_path: Path) -> None:
    put(tmp_path, "here", "zebra")
    elsewhere = Skill("elsewhere", "zebra", str(put(tmp_path / "other", "elsewhere", "zebra")), "project")
    opened = Retrieval.open(tmp_path)
    opened.refresh(Library((*library(tmp_path).skills, elsewhere)))
    assert len(opened.search("zebra")) == 2
    opened.refresh(library(tmp_path))
    assert names(opened.search("zebra")) == ["here"]
    assert indexed(tmp_path) == 2


def test_a_limited_refresh_reads_the_newest_and_says_how_many_wait(tmp_path: Path) -> None:
    for number in range(4):
        directory = put(tmp_path, f"zebra-{number}")
        os.utime(directory / "SKILL.md", ns=(number + 1, number + 1))
    opened = Retrieval.open(tmp_path)
    assert opened.refresh(library(tmp_path), 2) == 2
    assert sorted(names(opened.search("zebra"))) == ["zebra-2", "zebra-3"]
    assert opened.refresh(library(tmp_path)) == 0
    assert len(opened.search("zebra")) == 4


def test_a_refresh_that_finds_nothing_changed_reads_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "zebra")
    retrieval(tmp_path).close()
    monkeypatch.setattr(search_index, "read_body", None)
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]


def test_a_skill_whose_file_cannot_be_read_is_found_by_its_description(tmp_path: Path) -> None:
    opened = Retrieval.open(tmp_path)
    opened.refresh(Library((Skill("gone", "zebra", str(tmp_path / "gone")),)))
    assert names(opened.search("zebra")) == ["gone"]


def test_a_word_that_is_in_too_many_skills_finds_those_it_names_then_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RANKED", 2)
    for number in range(3):
        directory = put(tmp_path, f"other-{number}", "a zebra")
        os.utime(directory / "SKILL.md", ns=(number + 2, number + 2))
    os.utime(put(tmp_path, "zebra") / "SKILL.md", ns=(1, 1))
    put(tmp_path, "lion")
    opened = retrieval(tmp_path)
    assert names(opened.search("zebra"))[0] == "zebra"
    assert len(opened.search("zebra")) == 4
    assert names(opened.search("lion zebra")) == ["lion"]


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + b"\0" * 5_000])
def test_a_damaged_index_begins_anew(tmp_path: Path, damage: bytes) -> None:
    put(tmp_path, "zebra")
    retrieval(tmp_path).close()
    (tmp_path / ".cache/skills.db").write_bytes(damage)
    retrieval(tmp_path).close()
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]
    assert b"SQLite" in (tmp_path / ".cache/skills.db").read_bytes()


def test_an_index_of_another_version_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "zebra")
    retrieval(tmp_path).close()
    monkeypatch.setattr(search_index, "VERSION", 99)
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]


@pytest.mark.parametrize("table", ["skills", "cards", "words", "frequencies"])
def test_an_index_that_turns_out_damaged_while_it_is_used_is_mended(tmp_path: Path, table: str) -> None:
    put(tmp_path, "zebra")
    opened = retrieval(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / ".cache/skills.db")) as other:
        other.execute(f"DROP TABLE {table}")
        other.commit()
    assert names(opened.search("zebra")) == ["zebra"]
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]


def test_where_no_file_can_be_made_the_index_is_in_memory(tmp_path: Path) -> None:
    put(tmp_path, "zebra")
    (tmp_path / ".cache").write_text("a file where a directory should be")
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]


def test_where_a_file_cannot_be_replaced_the_index_is_in_memory(tmp_path: Path) -> None:
    put(tmp_path, "zebra")
    (tmp_path / ".cache/skills.db").mkdir(parents=True)
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]
    (tmp_path / ".cache/skills.db").rmdir()
    (tmp_path / ".cache/skills.db").write_bytes(b"damaged, and its log is no file either")
    (tmp_path / ".cache/skills.db-wal").mkdir()
    assert names(retrieval(tmp_path).search("zebra")) == ["zebra"]


def test_a_full_disk_leaves_what_is_indexed_and_the_rest_is_found_from_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "zebra")
    opened = retrieval(tmp_path)
    put(tmp_path, "giraffe")
    broken: list[Exception] = [sqlite3.OperationalError("database or disk is full")]
    broken[0].sqlite_errorcode = sqlite3.SQLITE_FULL  # type: ignore[attr-defined]
    write = search_index.SearchIndex.put

    def put_once_more(index: search_index.SearchIndex, skills: list[Skill]) -> None:
        if broken:
            raise broken.pop()
        write(index, skills)

    monkeypatch.setattr(search_index.SearchIndex, "put", put_once_more)
    assert opened.refresh(library(tmp_path)) == 0
    assert names(opened.search("giraffe")) == ["giraffe"]
    assert indexed(tmp_path) == 1


def test_an_error_that_a_new_index_does_not_cure_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "zebra")
    opened = retrieval(tmp_path)
    broken = sqlite3.DatabaseError("malformed")

    def fail(*_: object) -> None:
        raise broken

    with monkeypatch.context() as patched:
        patched.setattr(opened, "_search", fail)
        with pytest.raises(sqlite3.DatabaseError, match="malformed"):
            opened.search("zebra")
    assert names(opened.search("zebra")) == ["zebra"]


def test_while_another_process_writes_the_index_is_used_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, "zebra")
    retrieval(tmp_path).close()
    put(tmp_path, "giraffe")
    other = sqlite3.connect(tmp_path / ".cache/skills.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opened = Retrieval.open(tmp_path)
    assert opened.refresh(library(tmp_path)) == 1
    assert names(opened.search("zebra")) == ["zebra"]
    other.close()
    assert opened.refresh(library(tmp_path)) == 0
    assert names(opened.search("giraffe")) == ["giraffe"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_request_is_safe(together: Retrieval, request_: str) -> None:
    found = together.search(request_)
    assert [each.confident for each in found[1:]] == [False] * len(found[1:])
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


@settings(max_examples=40, deadline=None)
@given(description=st.text(max_size=200), body=st.text(max_size=200))
def test_any_skill_can_be_indexed(
    tmp_path_factory: pytest.TempPathFactory, description: str, body: str
) -> None:
    home = tmp_path_factory.mktemp("any")
    directory = home / "skills" / "any"
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(body, encoding="utf-8")
    opened = Retrieval.open(home)
    opened.refresh(Library((Skill("any", description, str(directory), changed=1),)))
    assert names(opened.search("any zebra any")) in ([], ["any"])
    opened.close()


@pytest.mark.parametrize(
    ("request_text", "attached"),
    [
        ("Build the site.", True),
        ("Build the site again, please", True),
        ("use the build-site skill", True),
        ("fix the build", False),
        ("build a site map", False),
        ("What does the site build do?", False),
    ],
)
def test_a_short_request_that_is_the_name_is_clear(tmp_path: Path, request_text: str, attached: bool) -> None:
    put(tmp_path, "build-site", "Builds the site with ./build.sh. Use it when the site is to be built.")
    put(tmp_path, "other", "Handles reports. Use it when a report is asked for.")
    match = clear_match(retrieval(tmp_path).search(request_text))
    assert (match is not None) == attached
