"""What a conversation shows for its events, as text."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from hone.cli.conversation.style import Style
from hone.cli.conversation.view import View
from hone.events import (
    ApprovalDecided,
    Attached,
    Compacted,
    Notice,
    ReasoningDelta,
    Retrying,
    Status,
    StepFinished,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolStarted,
    Tripped,
    TurnFinished,
)
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.testing import FakeClock

PLAIN = Style(color=False)
SHELL = ToolCall("c1", "shell", '{"command": "make test"}')
STEP = StepStarted(1, "wire:m")
DONE = StepFinished(1, Assistant(), Usage(), "wire:m", 1.0)


def view(style: Style = PLAIN, width: int = 80) -> tuple[View, FakeClock]:
    clock = FakeClock()
    return View(clock, style, lambda: width), clock


def ended(status: Status, reason: str = "") -> TurnFinished:
    return TurnFinished(1, status, "", reason, 1, 1, 0, Usage(), 1.0)


def shell_said(text: str, code: int = 0) -> ToolFinished:
    return ToolFinished(ToolReply("c1", "shell", text, ok=not code, exit_code=code), 2.0)


def test_text_is_live_until_its_block_is_whole_and_then_final() -> None:
    shown, _ = view()
    shown.feed(STEP)
    assert shown.feed(TextDelta("It **works**.")) == ""
    assert shown.live(5) == "\nIt **works**."
    assert shown.feed(TextDelta("\n\nNext.\n")) == "\nIt works.\n"
    assert shown.live(5) == "\nNext."
    assert shown.feed(DONE) == "\nNext.\n"
    assert shown.live(5) == ""


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_printed_does_not_depend_on_how_the_text_was_cut(data: st.DataObject) -> None:
    text = "# A\n\nSome *text* with `code`.\n\n1. one\n2. two\n\n```py\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\N{WOMAN}\u200d\N{PERSONAL COMPUTER} \x1b[2Jend"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole, _ = view()
    cut, _ = view()
    expected = whole.feed(TextDelta(text)) + whole.feed(DONE)
    assert "".join(cut.feed(TextDelta(piece)) for piece in pieces) + cut.feed(DONE) == expected


def test_thoughts_are_folded_into_one_line_and_kept() -> None:
    shown, clock = view()
    shown.feed(STEP)
    clock.advance(2)
    shown.feed(ReasoningDelta("First this,\nthen "))
    shown.feed(ReasoningDelta("that."))
    assert shown.live(3).endswith("then that. 2 s")
    clock.advance(12)
    assert shown.feed(TextDelta("So: yes.")) == "∴ thought for 12 s\n"
    assert shown.reasoning == "First this,\nthen that."
    shown.feed(StepStarted(2, "wire:m"))
    assert shown.reasoning == ""


def test_a_running_call_is_live_and_its_end_is_a_line() -> None:
    shown, clock = view()
    shown.feed(ToolStarted(SHELL))
    clock.advance(3)
    assert "shell make test 3 s" in shown.live(3)
    assert shown.feed(shell_said("ok\n[exit 0]")) == "✓ shell make test  2.0 s\n  ok\n"
    assert shown.live(3) == ""


def test_of_a_long_output_the_last_lines_are_shown() -> None:
    shown, _ = view()
    shown.feed(ToolStarted(SHELL))
    told = shown.feed(shell_said("\n".join(map(str, range(9))) + "\n[exit 2]", 2))
    assert told == "✗ shell make test  exit 2, 2.0 s\n  … 4 earlier lines\n  4\n  5\n  6\n  7\n  8\n"


def test_an_edit_is_shown_as_its_diff() -> None:
    shown, _ = view(Style())
    shown.feed(ToolStarted(ToolCall("c2", "edit", '{"path": "a.py", "old": "x", "new": "y"}')))
    diff = "edited a.py (1 replacement)\n@@ -1 +1 @@\n-x\n+y"
    told = shown.feed(ToolFinished(ToolReply("c2", "edit", diff), 0.1))
    assert "\x1b[31m  -x\x1b[0m\n\x1b[32m  +y\x1b[0m\n" in told
    long = "\n".join([diff, *("+z" for _ in range(50))])
    assert "… 13 more lines" in shown.feed(ToolFinished(ToolReply("c3", "edit", long), 0.1))


def test_of_a_file_that_was_written_the_first_lines_are_shown() -> None:
    shown, _ = view()
    content = "".join(f"{number}\\n" for number in range(10))
    shown.feed(ToolStarted(ToolCall("c2", "write", f'{{"path": "a.txt", "content": "{content}"}}')))
    told = shown.feed(ToolFinished(ToolReply("c2", "write", "wrote a.txt"), 0.1))
    assert told.splitlines()[1:] == [*(f"  +{number}" for number in range(8)), "  … 2 more lines"]


def test_calls_side_by_side_each_have_a_line() -> None:
    shown, _ = view()
    for number in range(3):
        shown.feed(ToolStarted(ToolCall(f"r{number}", "read", f'{{"path": "f{number}"}}')))
    assert len(shown.live(9).splitlines()) == 3


def test_a_retry_forgets_what_was_not_final_and_says_so_of_what_was() -> None:
    shown, _ = view()
    again = Retrying("wire: it broke off; check it", 2.0, "wire:m")
    shown.feed(STEP)
    shown.feed(TextDelta("half"))
    assert shown.feed(again) == "· wire: it broke off; asking wire:m again in 2 s\n"
    assert "half" not in shown.live(3)
    shown.feed(TextDelta("one\n\ntwo\n"))
    assert shown.feed(again).startswith("(the answer begins anew)\n")
    assert shown.feed(TextDelta("whole")) + shown.feed(DONE) == "\nwhole\n"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Attached("skill", "deploy", "…"), "· skill: deploy\n"),
        (Attached("steering", "user", "faster"), "· heard\n"),
        (Attached("note", "a.txt", "…"), ""),
        (Notice("no config: using Ollama"), "· no config: using Ollama\n"),
        (Notice("✎ learned skill x · hone undo c1"), "✎ learned skill x · hone undo c1\n"),
        (
            ApprovalDecided("c1", "shell", "rm -r /", "refused", True, "you said no"),
            "· not allowed: rm -r / (you said no)\n",
        ),
        (ApprovalDecided("c1", "shell", "ls", "allowed", False, "it only looks"), ""),
        (
            Compacted("x" * 8_400, 3, "wire:m", Usage(input=12_300)),
            "· the conversation so far was summed up (12,300 → 2,100 tokens)\n",
        ),
        (Compacted("…", 3), "· the oldest results were left out of the conversation, to make room\n"),
        (ended("answered"), ""),
        (ended("limit", "stopped after 3 steps"), "\nhone: stopped after 3 steps\n"),
    ],
)
def test_other_events_are_a_line_or_nothing(event: Notice, told: str) -> None:
    shown, _ = view()
    assert shown.feed(event) == told


def test_a_call_that_a_tripwire_stopped_is_told_of_once() -> None:
    shown, _ = view()
    assert "stopped by tripwire t1 of deploy" in shown.feed(Tripped(SHELL, "deploy", "t1", "…"))
    assert shown.feed(ToolFinished(ToolReply("c1", "shell", "Not run", ok=False), 0.0)) == ""


def test_an_interrupted_turn_keeps_what_was_said_and_leaves_nothing_live() -> None:
    shown, _ = view()
    shown.feed(STEP)
    shown.feed(TextDelta("I was about to"))
    shown.feed(ToolStarted(SHELL))
    told = shown.feed(ended("interrupted", "stopped by the user"))
    assert told == "\nI was about to\n\nhone: stopped by the user\n"
    assert shown.live(5) == ""


EVIL = "a\x1b]0;title\x07b\x1b[2Jc\rd\x08e"


def test_no_escape_sequence_of_a_model_or_a_tool_reaches_the_terminal() -> None:
    shown, _ = view()
    shown.feed(ToolStarted(ToolCall("c1", "shell", '{"command": "' + "\\u001b[2J" + '"}')))
    told = [
        shown.live(5),
        shown.feed(shell_said(EVIL)),
        shown.feed(Notice(EVIL)),
        shown.echo(EVIL),
        shown.note(EVIL),
        shown.answer(EVIL),
        shown.feed(ReasoningDelta(EVIL)),
        shown.reasoning,
        shown.feed(TextDelta(EVIL)),
        shown.live(5),
        shown.feed(DONE),
    ]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "".join(told))


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [20, 33, 80, 300])
def test_no_line_is_wider_than_the_terminal(width: int, *, unicode: bool) -> None:
    shown, _ = view(Style(color=False, unicode=unicode), width)
    wide = "漢字" * 40 + " é́" * 40 + " word" * 40 + "…" * 99
    told = shown.echo(wide) + shown.note(wide) + shown.answer(f"{wide}\n\n- {wide}\n\n```\n{wide}\n```")
    shown.feed(ToolStarted(SHELL))
    told += shown.feed(shell_said(f"{wide}\n[exit 1]", 1)) + shown.feed(Notice(wide))
    shown.feed(TextDelta(wide))
    told += shown.live(9)
    assert max(get_cwidth(line) for line in told.splitlines()) <= width


def test_without_unicode_hones_own_marks_are_ascii() -> None:
    shown, _ = view(Style(color=False, unicode=False))
    shown.feed(ToolStarted(SHELL))
    told = (
        shown.live(3)
        + shown.feed(shell_said("ok"))
        + shown.echo("hi, é 漢")
        + shown.answer("- a\n\n> b\n\n|a|\n|-|\n|b|")
    )
    assert told.isascii()


def test_without_colour_there_are_no_escapes_and_with_it_each_line_ends_its_own() -> None:
    text = "# T\n\n**b** `c`\n\n```py\nx = 1\n```"
    assert "\x1b" not in view()[0].answer(text)
    for light in (True, False):
        told = view(Style(light=light))[0].answer(text)
        assert "\x1b[" in told
        assert all(
            line.endswith("\x1b[0m") or "\x1b" not in line.rpartition("\x1b[0m")[2]
            for line in told.splitlines()
        )


def test_live_text_is_the_end_of_what_there_is_and_no_more_than_the_rows() -> None:
    shown, _ = view()
    shown.feed(TextDelta("\n".join(f"- item {number}" for number in range(1_000))))
    assert shown.live(3) == "- item 997\n- item 998\n- item 999"
    assert shown.live(0) == ""


def test_each_block_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, _ = view()
    text = "A paragraph of some length that says something.\n\n" * 200
    started = time.perf_counter()
    told = "".join(shown.feed(TextDelta(text[at : at + 5])) for at in range(0, len(text), 5))
    assert told.count("A paragraph") == 199
    assert time.perf_counter() - started < 5  # some 0.2 s alone on a core


@pytest.mark.parametrize(
    ("environ", "encoding", "style"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", Style()),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "UTF-8", Style(color=False)),
        ({"TERM": "dumb"}, "utf-8", Style(color=False, unicode=False)),
        ({}, "utf-8", Style(color=False, unicode=False)),
        ({"TERM": "xterm"}, "ascii", Style(unicode=False)),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, "utf-8", Style(light=True)),
        ({"TERM": "xterm", "COLORFGBG": "15;0"}, "utf-8", Style()),
    ],
)
def test_the_style_is_what_the_terminal_says_of_itself(
    environ: dict[str, str], encoding: str, style: Style
) -> None:
    import io

    assert Style.detect(environ, io.TextIOWrapper(io.BytesIO(), encoding)) == style
