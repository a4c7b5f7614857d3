"""What is typed: lines, pastes, completion, what was typed before; in a real pseudo-terminal."""

import stat
import subprocess

from tests.cli.conversation.talking import ALT_ENTER, CTRL_C, CTRL_J, CTRL_R, TAB, UP, Model, Talk, talk
from tests.cli.driving import SECONDS, Hone

from hone.testing import WireServer

_PASTE = "\x1b[200~{}\x1b[201~"


def last_said(server: WireServer) -> str:
    """The person's last message, as the model got it."""
    said = [message["content"] for message in server.requests[-1]["messages"] if message["role"] == "user"]
    assert isinstance(said[-1], str)
    return said[-1]


def test_a_message_has_as_many_lines_as_one_likes(terminal: Talk, server: WireServer) -> None:
    terminal.presses("one" + CTRL_J + "two" + ALT_ENTER + "three\\\r" + "four", "four")
    terminal.presses("\r", "you said one")
    assert last_said(server) == "one\ntwo\nthree\nfour"


def test_a_large_paste_is_a_mark_on_the_screen_and_whole_in_what_is_sent(
    terminal: Talk, server: WireServer
) -> None:
    text = "\n".join(f"line {number}" for number in range(120))
    terminal.presses("look: " + _PASTE.format(text.replace("\n", "\r")), "look: [pasted #1: 120 lines]")
    terminal.presses("\r", "line 119")
    assert last_said(server) == f"look: {text}"


def test_a_small_paste_stands_as_it_is_and_sends_nothing_by_itself(
    terminal: Talk, server: WireServer
) -> None:
    terminal.presses(_PASTE.format("first\rsecond"), "second")
    assert server.requests == []
    terminal.presses("\r", "you said first")
    assert last_said(server) == "first\nsecond"


def test_a_pasted_control_sequence_does_not_reach_the_screen(terminal: Talk) -> None:
    terminal.presses(_PASTE.format("a\x1b[2Jb"), "b")
    terminal.sees("hone · wire:wire-model")


def test_commands_are_completed_with_their_descriptions(terminal: Talk) -> None:
    terminal.presses("/re", "/rewind")
    shown = terminal.sees("search past sessions")
    assert "/resume" in shown
    terminal.presses("c" + TAB, "/recall")
    terminal.presses(CTRL_C)
    terminal.misses("/recall")


def test_files_are_completed_by_parts_of_their_path(wired: Hone) -> None:
    (wired.work / "src").mkdir()
    (wired.work / "src" / "engine.py").write_text("pass\n")
    (wired.work / "ignored.py").write_text("pass\n")
    (wired.work / ".gitignore").write_text("ignored.py\n")
    (wired.work / ".env").write_text("TOKEN=x\n")
    subprocess.run(["git", "init", "-q"], cwd=wired.work, check=True)
    begun = talk(wired)
    begun.presses("see @s/eng", "src/engine.py")
    begun.presses(TAB, "see @src/engine.py")
    begun.presses(CTRL_C)
    begun.presses("@", "src/engine.py")
    assert "ignored.py" not in begun.shown
    assert ".env" not in begun.shown
    assert begun.spawned.isalive()
    begun.breaks_off()


def test_a_small_file_that_is_mentioned_goes_with_the_message_and_nothing_hidden_does(
    terminal: Talk, server: WireServer, wired: Hone
) -> None:
    (wired.work / "small.txt").write_text("what it says\n")
    (wired.work / "large.txt").write_text("x" * 9_000)
    (wired.work / "binary").write_bytes(b"\0\xff")
    (wired.work / ".env").write_text("TOKEN=of-the-test\n")
    terminal.presses("read @small.txt @large.txt @binary @.env @missing, please\r", "you said")
    terminal.prompts()
    sent = str(server.requests[-1]["messages"])
    assert "read @small.txt @large.txt @binary @.env @missing, please" in sent
    assert "what it says" in sent
    assert "xxxx" not in sent
    assert "of-the-test" not in sent


def test_what_was_typed_is_found_again_in_the_next_conversation(terminal: Talk, wired: Hone) -> None:
    terminal.types("hello there", "you said hello there")
    terminal.types("another thing", "you said another thing")
    terminal.types("the key is ghp_0123456789abcdefghijklmnopqrstuvwxyz", "you said the key")
    assert terminal.leaves() == 0
    kept = wired.home / "history"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "ghp_0123" not in kept.read_text()
    begun = talk(wired)
    begun.presses(UP, "the key is")
    begun.presses(UP)
    begun.sees("› another thing")
    begun.presses(CTRL_C)
    begun.prompts()
    begun.presses(CTRL_R + "hello", "hello there")
    begun.presses("\r")
    begun.presses("\r", "you said hello there")
    assert begun.leaves() == 0


def test_what_is_half_typed_comes_back_after_a_question(terminal: Talk) -> None:
    terminal.presses("ask\r" + "half a th", "Which port?")
    terminal.prompts()
    terminal.presses("8080\r", "result: 8080")
    terminal.until(lambda: terminal.input_line() == "› half a th", "what was typed")


def test_a_question_that_comes_while_one_types_is_not_answered_by_it(terminal: Talk, model: Model) -> None:
    model.command = "touch made"
    terminal.presses("wait\r")
    assert model.asked.wait(SECONDS)
    terminal.presses("yes, do that", "› yes, do that")
    model.go.set()
    terminal.sees("s, p or n?")
    terminal.presses("n\r", "the user said no")
    terminal.until(lambda: terminal.input_line() == "› yes, do that", "what was typed")


def test_what_is_typed_before_the_prompt_is_there_is_sent_line_by_line(
    wired: Hone, server: WireServer
) -> None:
    spawned = wired.at_terminal()
    spawned.setwinsize(40, 120)
    spawned.send("one\rtwo\r")
    early = Talk(spawned, 120, 40)
    early.presses("", "you said two")
    early.presses("three\r", "you said three")
    early.breaks_off()
    said = [message["content"] for message in server.requests[-1]["messages"] if message["role"] == "user"]
    assert [text for text in said if text in ("one", "two", "three")] == ["one", "two", "three"]
