"""A conversation as a person has it: keys go into a pseudo-terminal, and a screen shows what came of them."""

import re
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pexpect
import pyte
from tests.cli.driving import SECONDS, Hone

from hone.testing import WireReply, call, hang, say, status

CTRL_C, CTRL_D, CTRL_J, CTRL_R = "\x03", "\x04", "\n", "\x12"
ALT_ENTER, UP, TAB = "\x1b\r", "\x1b[A", "\t"


class Model:
    """It does what it is told: `run COMMAND` and `ask` are calls, `hang` is silence, all else is said back.

    `asked` is set with each request that is `hang`; a request that is `wait` calls `command` once `go` is set.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()
        self.command = "echo worked"

    def __call__(self, request: dict[str, Any]) -> WireReply:
        last = request["messages"][-1]
        if last["role"] == "tool":
            return say(f"result: {last['content']}")
        said: str = last["content"]
        if said.startswith("run "):
            return call("shell", command=said.removeprefix("run "))
        if said == "hidden":
            return call("shell", command="touch a\x1b[2K; touch \u202eb\ntouch c")
        if said == "write":
            content = "a\x1b[2K\n" + "\n" * 18 + "é" * 300 + "\nunseen\nunseen"
            return call("write", path="new", content=content)
        if said == "edit":
            return call("edit", path="new", old="", new="added")
        if said == "ask":
            return call("ask", question="Which port?\x1b[2J")
        if said == "hang":
            self.asked.set()
            return hang()
        if said == "wait":
            self.asked.set()
            assert self.go.wait(SECONDS)
            return call("shell", command=self.command)
        if said == "late":
            self.asked.set()
            assert self.go.wait(SECONDS)
            return say("an answer without a call")
        if said == "think":
            return say("done", reasoning="first this\nthen that")
        if said == "fail":
            return status(401, {"error": {"message": "bad key"}})
        return say(f"you said {said}\x1b[2J\n\n")


class Talk:
    """What is typed, and what stands on the screen (with what has scrolled off it)."""

    def __init__(self, spawned: "pexpect.spawn[str]", columns: int = 120, rows: int = 40) -> None:
        self.spawned = spawned
        self.screen = pyte.HistoryScreen(columns, rows, history=5_000)
        self.raw = ""
        self._stream = pyte.Stream(self.screen)

    @property
    def shown(self) -> str:
        """The lines on the screen, without blanks at their ends."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def everything(self) -> str:
        """What has scrolled away, then the screen."""
        gone = (
            "".join(line[column].data for column in range(self.screen.columns)).rstrip()
            for line in self.screen.history.top
        )
        return "\n".join([*gone, self.shown])

    def until(self, condition: Callable[[], object], what: str) -> str:
        """Take in what comes until `condition` holds; the screen."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}; on the screen:\n{self.shown}"
            self._take_in()
        return self.shown

    def sees(self, text: str) -> str:
        """Wait for `text` on the screen."""
        return self.until(lambda: text in self.shown, repr(text))

    def misses(self, text: str) -> str:
        """Wait until `text` is not on the screen any more."""
        return self.until(lambda: text not in self.shown, f"{text!r} to go")

    def presses(self, keys: str, then: str = "") -> str:
        """Press keys, and wait for `then`."""
        self.spawned.send(keys)
        return self.sees(then)

    def types(self, line: str, then: str) -> str:
        """Type a line, send it, and wait for `then`."""
        self.presses(line, line[:20])
        return self.presses("\r", then)

    def prompts(self, prompt: str = "›") -> str:
        """Wait for an empty input line."""
        return self.until(lambda: self.input_line(prompt) == prompt, "an empty input line")

    def input_line(self, prompt: str = "›") -> str:
        """The line above the status."""
        lines = self.shown.split("\n")
        return lines[-2] if len(lines) > 1 else ""

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        self.screen.resize(rows, columns)
        self.spawned.setwinsize(rows, columns)

    def leaves(self) -> int:
        """Ctrl-D on an empty line; the exit code."""
        self.prompts()
        self.spawned.send(CTRL_D)
        return self.ends_with()

    def ends_with(self) -> int:
        """Wait for the end; the exit code."""
        self.until(lambda: self.spawned.flag_eof, "the end")
        self.spawned.close()
        code = self.spawned.exitstatus
        assert isinstance(code, int), f"ended by signal {self.spawned.signalstatus}"
        return code

    def breaks_off(self) -> None:
        """End it whatever it does."""
        if self.spawned.isalive():
            self.spawned.kill(signal.SIGKILL)
            self.spawned.wait()
        self.spawned.close()

    def colours(self) -> set[str]:
        """The colour codes that were printed."""
        return {code for codes in re.findall(r"\x1b\[([0-9;]*)m", self.raw) for code in codes.split(";")}

    def _take_in(self) -> None:
        try:
            text = self.spawned.read_nonblocking(65_536, 0.05)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            self.spawned.flag_eof = True
            return
        self.raw += text
        self._stream.feed(text)


def talk(hone: Hone, *arguments: str, columns: int = 120, rows: int = 40, prompt: str = "›") -> Talk:
    """A conversation that has begun."""
    spawned = hone.at_terminal(*arguments)
    spawned.setwinsize(rows, columns)
    begun = Talk(spawned, columns, rows)
    begun.prompts(prompt)
    return begun
