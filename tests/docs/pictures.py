"""Makes docs/pictures/*.svg: a real `hone` in a pseudo-terminal, the simulated models of the demo, the screen as it was.

    scripts/screenshots [PICTURE …]

Made twice, a picture is the same: ports, ids and measured seconds are written over with values of the same length.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pyte
import pyte.screens
import simulated_agent
from rich.console import Console
from rich.style import Style
from rich.text import Text
from run import TASK, respond
from staging_server import StagingServer
from tests.cli.conversation.talking import Talk, talk
from tests.cli.driving import Hone, until

from hone.messages import Assistant
from hone.testing import WireReply, WireServer, as_stream, call, hang, say

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
_SHOP = Path(__file__).parents[2] / "demo" / "shop"
_COLUMNS = 92
_SAME = (
    (re.compile(r"127\.0\.0\.1:\d{5}"), "127.0.0.1:48080"),
    (re.compile(r"\b\d\.\d s\b"), "0.1 s"),
    (re.compile(r"(?<=hone undo )c[a-z0-9]{6}\b"), "c7q2mxd"),
)
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # they would be fetched from elsewhere
_PYTE_COLOURS = {"brown": "yellow", "brightbrown": "bright_yellow"}
_CART = """\
def total(items, discount=0):
    return sum(item.price for item in items)
"""
_TEST = """\
from types import SimpleNamespace
from cart import total

assert total([SimpleNamespace(price=40), SimpleNamespace(price=10)], discount=0.1) == 45
print("1 passed")
"""
_BUG = "The discount is ignored at checkout: fix cart.py and run its test"
_ANSWER = """\
`total` took a discount and never used it. Now it does:

```python
def total(items, discount=0):
    return sum(item.price for item in items) * (1 - discount)
```

- the test passes: two items for **50** at 10 % off are **45**
- nothing else calls `total`, so no other price changes
"""


def main() -> int:
    """Make the pictures named, or all."""
    for name in sys.argv[1:] or PICTURES:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}.svg").write_text(PICTURES[name]())
        print(f"docs/pictures/{name}.svg")
    return 0


def a_turn() -> str:
    """Calls, a diff, and the answer while it streams."""
    with _machine(_developer(streams=True)) as hone:
        talked = _begun(hone, rows=34)
        talked.types(_BUG, "nothing else calls")
        talked.sees("1 passed")
        talked.sees("took a discount")
        return _svg(talked, "hone")


def taking_back() -> str:
    """What a turn did to files, and that it can be taken back."""
    with _machine(_developer(streams=False)) as hone:
        talked = _begun(hone, rows=30)
        talked.types(_BUG, "no other price changes")
        talked.prompts()
        talked.types("/rewind", "[y/N]")
        return _svg(talked, "hone: /rewind")


def the_second_time() -> str:
    """What was learned of the first run is there in the second."""
    with StagingServer() as staging, _machine(respond, simulated_agent.NAME) as hone:
        shop = hone.work / "shop"
        shutil.copytree(_SHOP, shop)
        (shop / "staging.json").write_text(f'{{"server": "{staging.address}"}}')
        hone.work = shop
        assert hone("run", TASK, "--approvals", "yes").code == 0
        until(lambda: hone("log", "--json").out.strip() not in ("", "[]"), "the review")
        staging.next_release()
        talked = _begun(hone, rows=26)
        talked.sees("✎")
        talked.types(TASK, "The shop is deployed")
        talked.prompts()
        return _svg(talked, "hone")


def commands() -> str:
    """The menu of commands."""
    with _machine(lambda _request: say("hello")) as hone:
        talked = _begun(hone, rows=14)
        talked.presses("/", "/help")
        talked.sees("/inbox")
        return _svg(talked, "hone")


PICTURES: Mapping[str, Callable[[], str]] = {
    "turn": a_turn,
    "second-time": the_second_time,
    "commands": commands,
    "rewind": taking_back,
}


def _developer(*, streams: bool) -> Callable[[dict[str, Any]], WireReply]:
    """A model that repairs cart.py; its answer stops in the middle if it is to be seen streaming."""
    moves: list[Assistant] = [
        call("read", path="cart.py"),
        call(
            "edit",
            path="cart.py",
            old="for item in items)\n",
            new="for item in items) * (1 - discount)\n",
        ),
        call("shell", command="python3 test_cart.py"),
    ]

    def reply(request: dict[str, Any]) -> WireReply:
        done = sum(message["role"] == "tool" for message in request["messages"])
        usage = {"prompt_tokens": 1_900 + 120 * done, "completion_tokens": 60}
        if done < len(moves):
            return as_stream(moves[done], usage)
        if not streams:
            return as_stream(_ANSWER, usage)
        begun = as_stream(_ANSWER.rpartition(", so")[0])
        return hang(begun, len(begun.chunks) - 3)  # without finish_reason, usage and [DONE]

    return reply


@contextmanager
def _machine(model: Callable[[dict[str, Any]], WireReply], name: str = "example-model") -> Iterator[Hone]:
    directory = Path(tempfile.mkdtemp(prefix="hone-pictures-"))
    try:
        with WireServer(model, models=[name]) as server:
            hone = Hone(directory).use(server, model=f"{{id: {name}, context: 128000}}")
            config = hone.home / "config.yaml"
            config.write_text(config.read_text().replace("name: wire", "name: local"))
            (hone.work / "cart.py").write_text(_CART)
            (hone.work / "test_cart.py").write_text(_TEST)
            yield hone
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _begun(hone: Hone, rows: int) -> Talk:
    return talk(hone, "--approvals", "yes", columns=_COLUMNS, rows=rows)


def _svg(talked: Talk, title: str) -> str:
    """The screen as a picture; the conversation is ended."""
    talked.spawned.close(force=True)
    screen = pyte.Screen(_COLUMNS, talked.screen.lines)
    pyte.Stream(screen).feed(_SGR.sub(_grey_for_dim, talked.raw))
    lines = [_line(screen.buffer[row]) for row in range(screen.lines)]
    while lines and not lines[-1].plain.strip():
        lines.pop()
    console = Console(record=True, width=_COLUMNS, file=StringIO(), force_terminal=True, legacy_windows=False)
    for line in lines:
        console.print(line, no_wrap=True, overflow="crop")
    return _FONT_FACES.sub("", console.export_svg(title=title, unique_id="hone"))


def _grey_for_dim(sgr: re.Match[str]) -> str:
    """pyte does not know dim text."""
    codes = sgr[1].split(";")
    plain = "38" not in codes and "48" not in codes
    return f"\x1b[{';'.join('90' if code == '2' and plain else code for code in codes)}m"


def _line(row: Mapping[int, pyte.screens.Char]) -> Text:
    cells = [row[column] for column in range(_COLUMNS)]
    text = "".join(cell.data for cell in cells)
    for pattern, same in _SAME:
        text = pattern.sub(same, text)
    line = Text()
    for style, run in groupby(cells, _style):
        length = sum(len(cell.data) for cell in run)
        line.append(text[len(line) : len(line) + length], style)
    line.rstrip()
    return line


def _style(cell: pyte.screens.Char) -> Style:
    return Style(
        color=_colour(cell.fg),
        bgcolor=_colour(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return _PYTE_COLOURS.get(name) or re.sub("^bright(?!_)", "bright_", name)


if __name__ == "__main__":
    sys.exit(main())
