"""`hone sessions`: what a person and a program see of the record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hone import events as ev
from hone.cli.sessions import app, printable
from hone.clock import SystemClock
from hone.errors import HoneError, NotFound, UsageError
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.messages import Assistant, ToolCall, ToolReply, Usage

Sessions = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def sessions(home: Path) -> Sessions:
    def run(*arguments: str) -> str:
        result = CliRunner(env={"HONE_HOME": str(home)}).invoke(app, arguments, catch_exceptions=True)
        if isinstance(result.exception, HoneError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def recorded(home: Path) -> None:
    history = History.open(home / "state.db", lambda text: text, SystemClock())
    history.open_session(
        SessionInfo(
            id="20261122-aaaaaa", cwd="/w", workspace="/w", project="p", origin="run", system_prompt="be good"
        )
    )
    history.open_session(
        SessionInfo(id="20261122-bbbbbb", cwd="/v", workspace="/v", origin="repl", system_prompt="")
    )
    turn = history.start_turn("20261122-aaaaaa", ev.TurnStarted("fix the port"))
    call = ToolCall("c", "shell", '{"command": "make"}')
    events: tuple[ev.AnyEvent, ...] = (
        ev.Attached("skill", "deploy", "<skill>"),
        ev.Withheld("trial", "holdout"),
        ev.StepStarted(1, "m"),
        ev.StepFinished(1, Assistant("I look.", (call,)), Usage(10, 0, 5, 0, 0.25), "m", 1.0),
        ev.ApprovalDecided("c", "shell", "make", "refused", False, "no terminal"),
        ev.ToolFinished(ToolReply("c", "shell", "\x1b[31mred\x1b[0m\x07\n" + "x" * 2_000, False, 2), 1.0),
        ev.Attached("steering", "user", "hurry"),
        ev.ToolFinished(ToolReply("d", "read", "```\ncode\n```"), 1.0),
    )
    for event in events:
        history.append("20261122-aaaaaa", turn, 1, event)
    history.finish_turn(
        "20261122-aaaaaa",
        turn,
        ev.TurnFinished(turn, "limit", "", "too long", 1, 1, 1, Usage(10, 0, 5, 0, 0.25), 3.0),
    )
    history.start_turn("20261122-bbbbbb", ev.TurnStarted("hello\x1b[2J"))
    history.close()


@pytest.mark.usefixtures("recorded")
def test_the_list_has_a_line_for_each_session_newest_first(sessions: Sessions) -> None:
    newest, oldest = sessions("list").splitlines()
    assert newest.startswith("20261122-bbbbbb  ")
    assert "unfinished" in newest
    assert newest.endswith("hello")
    assert oldest.split()[3:] == ["limit", "$0.2500", "fix", "the", "port"]
    assert sessions("list", "--limit", "1").splitlines() == [newest]


@pytest.mark.usefixtures("recorded")
def test_the_list_as_json_has_the_documented_keys(sessions: Sessions) -> None:
    _, oldest = json.loads(sessions("list", "--json"))
    assert list(oldest) == [
        *("id", "created", "updated", "title", "cwd", "project", "origin", "turns", "status", "cost_usd")
    ]
    assert oldest["created"].endswith("Z")
    assert (oldest["turns"], oldest["status"], oldest["cost_usd"]) == (1, "limit", 0.25)


def test_without_a_record_reading_helps_and_creates_nothing(sessions: Sessions, home: Path) -> None:
    assert sessions("list") == "no sessions yet: hone run TASK begins one\n"
    assert json.loads(sessions("list", "--json")) == []
    assert sessions("search", "x") == "nothing found for 'x'\n"
    with pytest.raises(NotFound):
        sessions("show", "x")
    assert not home.exists()


@pytest.mark.usefixtures("recorded")
def test_a_session_is_shown_as_a_transcript(sessions: Sessions) -> None:
    text = sessions("show", "20261122-a")
    assert "user: fix the port" in text
    assert "+ skill deploy" in text
    assert "- trial withheld: holdout" in text
    assert 'assistant: I look.\n  → shell {"command": "make"}' in text
    assert "! shell refused: no terminal" in text
    assert "← shell exit 2\n    red\n" in text
    assert "characters (--full shows them)" in text
    assert "user: hurry" in text
    assert "← read ok" in text
    assert text.endswith("limit (too long): 1 steps, 1 calls, 1 failed, $0.2500\n")
    assert "x" * 2_000 in sessions("show", "20261122-a", "--full")
    assert sessions("show", "20261122-b").endswith("unfinished\n")


@pytest.mark.usefixtures("recorded")
def test_export_as_json_has_everything(sessions: Sessions) -> None:
    exported: dict[str, Any] = json.loads(sessions("export", "20261122-a"))
    assert exported == json.loads(sessions("show", "20261122-a", "--json"))
    assert exported["session"]["system_prompt"] == "be good"
    assert exported["turns"][0]["usage"]["cost_usd"] == 0.25
    assert [event["id"] for event in exported["events"]] == [f"e{number}" for number in range(1, 11)]
    assert exported["events"][4]["event"]["message"]["tool_calls"][0]["name"] == "shell"


@pytest.mark.usefixtures("recorded")
def test_export_as_markdown_goes_to_a_file(sessions: Sessions, tmp_path: Path) -> None:
    assert sessions("export", "20261122-a", "--format", "md", "--output", str(tmp_path / "s.md")) == ""
    text = (tmp_path / "s.md").read_text()
    assert text.startswith("# fix the port\n\nSession `20261122-aaaaaa`, ")
    assert "Result of `read` (e9, ok):\n\n````\n```\ncode\n```\n````" in text
    assert "*Attached skill `deploy` (e2)*" in text
    assert "**User (e8)**\n\nhurry" in text


@pytest.mark.usefixtures("recorded")
def test_export_does_not_replace_what_is_no_file(sessions: Sessions, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a file"):
        sessions("export", "20261122-a", "--output", str(tmp_path))


@pytest.mark.usefixtures("recorded")
def test_search_shows_hits_with_their_place(sessions: Sessions) -> None:
    assert "> e1 user: fix the port" in sessions("search", "fix", "port")
    (hit,) = json.loads(sessions("search", "port", "--json"))
    assert (hit["session"], hit["event"], hit["after"]["event"]) == ("20261122-aaaaaa", "e1", "e5")


@pytest.mark.usefixtures("recorded")
def test_an_unknown_session_names_the_nearest(sessions: Sessions) -> None:
    with pytest.raises(NotFound, match="did you mean 20261122-aaaaaa"):
        sessions("show", "20261122-aaaaab")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("back\x08space\r\x9b2J", "backspace2J"),
    ],
)
def test_recorded_output_cannot_drive_the_terminal(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.usefixtures("recorded")
def test_last_is_the_latest_session(sessions: Sessions) -> None:
    assert sessions("show", "last").startswith("20261122-bbbbbb")
    assert json.loads(sessions("export", "last"))["session"]["id"] == "20261122-bbbbbb"


@pytest.mark.usefixtures("recorded")
def test_last_is_the_latest_session_of_the_workspace_if_it_has_one(
    sessions: Sessions, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    history = History.open(home / "state.db", lambda text: text, SystemClock())
    history.open_session(
        SessionInfo(id="here", cwd=str(here), workspace=str(here), origin="run", system_prompt="")
    )
    history.start_turn("20261122-bbbbbb", ev.TurnStarted("later, elsewhere"))
    history.close()
    assert sessions("show", "last").startswith("here ")


def test_without_sessions_there_is_no_last_one(sessions: Sessions) -> None:
    with pytest.raises(NotFound, match="no session named 'last'"):
        sessions("show", "last")


@pytest.mark.usefixtures("recorded")
def test_a_transcript_shows_letters_that_json_wrote_as_escapes(sessions: Sessions, home: Path) -> None:
    history = History.open(home / "state.db", lambda text: text, SystemClock())
    asked = Assistant("", (ToolCall("c", "write", r'{"content": "\u6570"}'),))
    history.append("20261122-bbbbbb", 1, 1, ev.StepFinished(1, asked, Usage(), "m", 1.0))
    history.close()
    assert '→ write {"content": "数"}' in sessions("show", "20261122-b")
    assert '{"content": "数"}' in sessions("export", "20261122-b", "--format", "md")
    assert "u6570" in sessions("export", "20261122-b")
