"""`hone memory add|forget|edit|why`: entries changed by hand, through the one door, and where each came from."""

import json
from typing import Any

import pytest
from tests.cli.driving import Hone
from tests.cli.learning_home import FACT, KEEP, SESSION, record_turn

from hone.memory.entries import parse
from hone.memory.projects import project_slug
from hone.testing import WireServer, in_order

TOKEN = "ghp_" + "9Rk2mQx7Lw4TzB8nVc3H" * 2


def memory(hone: Hone, file: str = "memory") -> str:
    path = hone.home / f"{file}.md"
    return path.read_text() if path.exists() else ""


def hash_of(text: str) -> str:
    return parse(f"- {text}\n")[0].hash


def summaries(hone: Hone) -> list[str]:
    """Newest first."""
    rows: list[dict[str, Any]] = json.loads(hone.here("log", "--json").out)
    return [row["summary"] for row in rows]


def test_a_fact_is_remembered_once_and_undo_forgets_it(hone: Hone) -> None:
    done = hone.here("memory", "add", "  The port is 8080 ")
    assert done.code == 0
    assert done.out.endswith('  memory: added "The port is 8080"\n')
    again = hone.here("memory", "add", "The port  is 8080")
    assert (again.code, again.out) == (0, "nothing to do: it says so already\n")
    assert memory(hone) == "- The port is 8080\n"
    assert hone.here("undo", done.out.split()[0]).code == 0
    assert memory(hone) == ""


def test_facts_go_into_the_file_that_is_named(hone: Hone) -> None:
    slug = project_slug(hone.work, hone.home, hone.environ)
    for name in ("user", "memory", "project"):
        assert hone.here("memory", "add", f"about {name}", "--file", name).code == 0
    assert memory(hone, "user") == "- about user\n"
    assert memory(hone) == "- about memory\n"
    assert memory(hone, f"projects/{slug}/memory") == "- about project\n"


def test_what_begins_with_a_hyphen_stands_behind_two(hone: Hone) -> None:
    assert hone.here("memory", "add", "--", "- a bullet").code == 0
    assert memory(hone) == "- a bullet\n"


@pytest.mark.parametrize("text", ["", "  ", "-", "---", "…", "a\udcffb"])
def test_a_text_that_says_nothing_is_refused(hone: Hone, text: str) -> None:
    hone.here("memory", "add", "likes tea")
    before = hone.contents()
    for arguments in (("add", "--", text), ("edit", "--", "tea", text)):
        done = hone.here("memory", *arguments)
        assert done.is_usage_error(), done
        assert done.err.startswith("hone: the text ")
    assert hone.contents() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "x", "--file", "usr"), "no memory file named 'usr'; did you mean user?"),
        (("forget", "x", "--file", "skill"), "no memory file named 'skill'; known: user, memory, project"),
        (("forget", "coffee"), "no memory entry named 'coffee'; known: likes tea, likes green tea"),
        (("edit", "", "x"), "no memory entry named ''"),
        (("why", "a\udcff"), "no memory entry named"),
        (
            ("forget", "likes"),
            f"'likes' stands in several entries: {hash_of('likes tea')} likes tea (memory)",
        ),
    ],
)
def test_what_is_not_known_or_not_clear_is_one_line_and_changes_nothing(
    hone: Hone, arguments: tuple[str, ...], said: str
) -> None:
    hone.here("memory", "add", "likes tea")
    hone.here("memory", "add", "likes green tea")
    before = hone.contents()
    done = hone.here("memory", *arguments)
    assert done.is_usage_error(), done
    assert said in done.err
    assert hone.contents() == before


def test_a_long_entry_does_not_fill_the_message(hone: Hone) -> None:
    hone.here("memory", "add", "long " * 1_000)
    assert len(hone.here("memory", "forget", "nothing of it").err) < 200


def test_without_a_project_its_memory_is_not_there(hone: Hone) -> None:
    for arguments in (("add", "x"), ("forget", "x")):
        done = hone.here("memory", *arguments, "--file", "project", cwd=hone.user)
        assert done.is_usage_error()
        assert done.err == "hone: there is no project here: cd into one\n"


def test_an_entry_is_named_by_a_part_of_it_all_of_it_or_its_hash(hone: Hone) -> None:
    for fact in ("likes tea", "likes green tea", "likes old books"):
        hone.here("memory", "add", fact)
    assert hone.here("memory", "forget", "likes tea").code == 0  # all of one, and not a part of the other
    assert hone.here("memory", "forget", "old  books").code == 0
    assert hone.here("memory", "forget", hash_of("likes green tea")).code == 0
    assert memory(hone) == ""
    assert summaries(hone)[0] == 'memory: removed "likes green tea"'


def test_an_entry_that_stands_in_two_files_is_told_apart_by_the_file(hone: Hone) -> None:
    for name in ("user", "memory"):
        hone.here("memory", "add", "likes tea", "--file", name)
    assert "say which with --file" in hone.here("memory", "forget", "tea").err
    assert hone.here("memory", "forget", "tea", "--file", "user").code == 0
    assert (memory(hone, "user"), memory(hone)) == ("", "- likes tea\n")


def test_an_entry_that_stands_twice_in_a_file_is_left_to_the_person(hone: Hone) -> None:
    (hone.home / "memory.md").write_text("- tea\n- tea\n")
    assert "one file says the same twice: take one away by hand" in hone.here("memory", "forget", "tea").err


def test_of_many_entries_the_first_are_listed(hone: Hone) -> None:
    (hone.home / "memory.md").write_text("".join(f"- tea {number}\n" for number in range(7)))
    err = hone.here("memory", "forget", "tea").err
    assert "tea 4 (memory) and 2 more; name one by its hash" in err
    assert "tea 5" not in err


def test_an_entry_is_said_differently_and_everything_else_stays(hone: Hone) -> None:
    (hone.home / "memory.md").write_bytes(b"prose\r\n\r\n* one\r\n* two (old)\r\n\xff\r\n")
    done = hone.here("memory", "edit", "old", "two (new)")
    assert done.code == 0
    assert (hone.home / "memory.md").read_bytes() == b"prose\r\n\r\n* one\r\n* two (new)\r\n\xff\r\n"
    assert summaries(hone) == ['memory: replaced "two (old)" with "two (new)"', "memory: added by hand"]


def test_a_secret_is_refused_and_reaches_no_file(hone: Hone) -> None:
    hone.here("memory", "add", "likes tea")
    for arguments in (("add", f"the token is {TOKEN}"), ("edit", "tea", TOKEN)):
        done = hone.here("memory", *arguments)
        assert done.is_usage_error()
        assert "refused: a secret (github-token) in entry" in done.err
    assert memory(hone) == "- likes tea\n"
    assert not any(TOKEN.encode() in (data or b"") for data in hone.contents().values())


def test_a_secret_and_odd_bytes_that_came_by_hand_can_be_forgotten_without_being_quoted(hone: Hone) -> None:
    (hone.home / "memory.md").write_bytes(f"- the token is {TOKEN}\n".encode() + b"- odd \xff byte\n")
    assert hone.here("memory", "forget", "token").code == 0
    assert hone.here("memory", "forget", "odd").code == 0
    assert memory(hone) == ""
    assert summaries(hone)[1] == f'memory: removed "{hash_of(f"the token is {TOKEN}")}"'


def test_why_names_the_change_of_an_entry_by_command(hone: Hone) -> None:
    hone.here("memory", "add", "likes tea")
    added = hone.here("memory", "add", "likes\nbooks").out.split()[0]
    shown = hone.here("memory", "why", "books").out
    assert shown.startswith(f"{hash_of('likes books')}  likes\nbooks\n{added}  ")
    assert shown.endswith(f'  you     memory: added "likes books"\nhone show {added} says more\n')


def test_why_finds_the_hand_edit_that_nobody_has_recorded_yet(hone: Hone) -> None:
    hone.here("memory", "add", "likes tea")
    (hone.home / "memory.md").write_text("# Facts\n\n- by hand\n  in two lines\n- likes tea\n")
    assert "you     memory: edited by hand" in hone.here("memory", "why", "by hand").out
    assert 'memory: added "likes tea"' in hone.here("memory", "why", "tea").out


def test_why_names_every_change_of_an_entry_that_several_wrote(hone: Hone) -> None:
    (hone.home / "memory.md").write_text("- one\n  two\n")
    hone.here("log")
    (hone.home / "memory.md").write_text("- one\n  three\n")
    out = hone.here("memory", "why", "one").out
    assert "memory: added by hand" in out
    assert "memory: edited by hand" in out


def test_why_names_the_review_that_learned_an_entry(hone: Hone) -> None:
    record_turn(hone, nudged=False)
    with WireServer(in_order(KEEP)) as server:
        assert hone.use(server).here("learn").code == 0
    shown = hone.here("memory", "why", "staging server").out.splitlines()
    assert shown[0] == f"{hash_of(FACT)}  {FACT}"
    assert '  review  memory: added "The staging server' in shown[1]
    said = hone.here(*shown[2].split()[1:3]).out
    assert SESSION in said
    assert "e3" in said


def test_why_says_so_if_no_change_is_known(hone: Hone) -> None:
    """As in a home that cannot be written to and was never looked at."""
    (hone.home / "memory.md").write_text("- likes tea\n")
    hone.home.chmod(0o500)
    try:
        done = hone("memory", "why", "tea")
    finally:
        hone.home.chmod(0o700)
    assert done.code == 0
    assert done.out.startswith(f"{hash_of('likes tea')}  likes tea\n")


def test_the_help_lists_every_verb(hone: Hone) -> None:
    shown = hone.here("memory", "-h").out
    for verb in ("show", "add", "forget", "edit", "why"):
        assert f"\n  {verb} " in shown


def test_a_key_of_ones_own_settings_is_refused_whatever_it_looks_like(hone: Hone) -> None:
    hone.home.mkdir(exist_ok=True)
    (hone.home / "config.yaml").write_text(
        "providers:\n  - {name: own, api_base: 'http://127.0.0.1:9/v1', api_key: plain words 7 secret, models: [m]}\n"
    )
    done = hone.here("memory", "add", "The key is plain words 7 secret.")
    assert (done.code, memory(hone)) == (2, "")
    assert done.err == (
        "hone: it holds a key of your settings or environment: say where it is kept instead\n"
    )
