"""The pure parts of a conversation: commands, pastes, the status line, what was typed."""

import json
from pathlib import Path

import pytest

from hone.cli.conversation.commands import COMMANDS, help_text, is_command, verb
from hone.cli.conversation.pastes import Pastes
from hone.cli.conversation.status import Status, line
from hone.cli.conversation.typed import Typed
from hone.messages import Usage


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/help", True),
        ("/model x", True),
        ("/deploy-shop now", True),
        ("/etc/hosts is wrong", False),
        ("//", False),
        ("/", False),
        ("say /help", False),
    ],
)
def test_a_path_is_no_command(text: str, command: bool) -> None:
    assert is_command(text) is command


@pytest.mark.parametrize(
    ("name", "rest", "arguments"),
    [
        ("skills", [], ["skills", "list"]),
        ("skills", ["show", "x"], ["skills", "show", "x"]),
        ("memory", [], ["memory", "show"]),
        ("memory", ["add", "I", "like", "tea"], ["memory", "add", "I like tea"]),
        ("memory", ["add", "x", "--file", "user"], ["memory", "add", "x", "--file", "user"]),
        ("recall", ["two", "words"], ["sessions", "search", "--", "two", "words"]),
        ("recall", [], None),
        ("cost", [], ["cost", "--session", "S"]),
        ("cost", ["--days", "7"], ["cost", "--days", "7"]),
        ("learn", [], ["learn", "S"]),
        ("inbox", [], ["inbox"]),
        ("undo", ["c1"], ["undo", "c1"]),
        ("undo", [], None),
        ("rewind", [], ["rewind", "S"]),
        ("rewind", ["3"], ["rewind", "S", "--turn", "3"]),
        ("rewind", ["list"], ["rewind", "S", "--list"]),
        ("rewind", ["--to", "2"], ["rewind", "S", "--to", "2"]),
        ("nonsense", [], None),
    ],
)
def test_commands_that_are_verbs(name: str, rest: list[str], arguments: list[str] | None) -> None:
    assert verb(name, rest, "S") == arguments


def test_the_help_names_every_command_and_skill() -> None:
    told = help_text({"deploy-shop": "…"})
    assert all(f"/{name}" in told for name in (*COMMANDS, "deploy-shop"))
    assert max(map(len, told.splitlines())) <= 78


def test_a_large_paste_is_a_mark_that_expands() -> None:
    pastes = Pastes()
    lines = "\r\n".join(map(str, range(30)))
    assert pastes.take("small\r\npaste") == "small\npaste"
    assert pastes.take(lines) == "[pasted #1: 30 lines]"
    assert pastes.take("x" * 2_500) == "[pasted #2: 2,500 characters]"
    assert pastes.expand("see [pasted #1: 30 lines]!") == "see " + "\n".join(map(str, range(30))) + "!"
    assert pastes.expand("[pasted #9: 2 lines]") == "[pasted #9: 2 lines]"


@pytest.mark.parametrize(
    ("status", "width", "told"),
    [
        (Status("p:m", None), 80, "p:m"),
        (Status("p:m", 32_000, 8_000, Usage(8_000, 0, 10, 0, 0.0123)), 80, "p:m · 25% of 32k · $0.0123"),
        (Status("p:m", None, 500, Usage(12_000, 0, 10)), 80, "p:m · context 500 tokens · spent 12k"),
        (Status("p:m", 10, 50, Usage(1, 0, 1, 0, 12.5)), 80, "p:m · 100% of 10 · $12.50"),
        (
            Status("p:m", None, learning="1 to look back at", hint="Ctrl-C stops"),
            80,
            "p:m · 1 to look back at · Ctrl-C stops",
        ),
        (Status("p:m", None, learning="1 to look back at", hint="Ctrl-C stops"), 20, "p:m · Ctrl-C stops"),
        (Status("provider:long-model-name", None, hint="Ctrl-C stops"), 20, "Ctrl-C stops"),
    ],
)
def test_the_status_line_keeps_what_matters_most(status: Status, width: int, told: str) -> None:
    assert line(status, width) == told


class TestTyped:
    def typed(self, home: Path) -> Typed:
        return Typed(home / "history", lambda text: text.replace("sk-secret", "[key]"))

    def test_entries_come_back_newest_first_and_without_secrets(self, tmp_path: Path) -> None:
        typed = self.typed(tmp_path)
        typed.store_string("first\nline two")
        typed.store_string("use sk-secret")
        assert list(self.typed(tmp_path).load_history_strings()) == ["use [key]", "first\nline two"]
        assert (tmp_path / "history").stat().st_mode & 0o777 == 0o600

    def test_it_stays_bounded(self, tmp_path: Path) -> None:
        (tmp_path / "history").write_text("".join(f"{json.dumps(str(n))}\n" for n in range(10_500)))
        entries = list(self.typed(tmp_path).load_history_strings())
        assert (len(entries), entries[0]) == (5_000, "10499")
        assert len((tmp_path / "history").read_text().splitlines()) == 5_000

    def test_lines_that_are_broken_and_a_home_that_cannot_be_written_are_passed_over(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "history").write_text('"a"\n{\n3\n\n"b"\n')
        assert list(self.typed(tmp_path).load_history_strings()) == ["b", "a"]
        gone = Typed(tmp_path / "no" / "history", str)
        gone.store_string("x")
        assert list(gone.load_history_strings()) == []
