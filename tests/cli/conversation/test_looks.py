"""The conversation in narrow, plain and changing terminals."""

from tests.cli.conversation.talking import CTRL_C, talk
from tests.cli.driving import Hone


def test_twenty_columns_are_enough(wired: Hone) -> None:
    begun = talk(wired, columns=20, rows=15)
    begun.presses("hello you\r", "you said hello")
    begun.prompts()
    assert begun.leaves() == 0


def test_a_window_can_change_its_size(wired: Hone) -> None:
    begun = talk(wired)
    begun.types("hello", "you said hello")
    begun.resize(60, 20)
    begun.types("again", "you said again")
    begun.prompts()
    assert begun.leaves() == 0


def test_without_colours_none_are_printed(wired: Hone) -> None:
    wired.environ["NO_COLOR"] = "1"
    begun = talk(wired)
    begun.types("fail", "bad key")
    begun.presses("/he", "/help")
    begun.presses(CTRL_C)
    assert begun.leaves() == 0
    assert {code for code in begun.colours() if code.startswith(("3", "4", "9")) and code != "39"} == set()


def test_without_utf_8_marks_are_ascii(wired: Hone) -> None:
    wired.environ["PYTHONIOENCODING"] = "ascii:replace"
    begun = talk(wired, prompt=">")
    begun.presses("run touch made\r", "or n?")
    begun.presses("n\r", "the user said no")
    begun.prompts(">")
    assert begun.raw.isascii()
    begun.spawned.send("/quit\r")
    assert begun.ends_with() == 0
