"""A day's session: what a step costs hone itself, in time and memory, from the first to the last.

    python benchmarks/long_session.py [--turns 60] [--steps 33] [--window 32000]

The app is real: its history, tools, learning and compaction. The model is simulated: a function of the messages that asks
for the next piece of work until the turn's are done, and writes a fixed summary when it is to sum up; the tool gives
text at once. So the time between a reply and the next request is hone's own. Tenths of the session are compared.
"""

import argparse
import asyncio
import gc
import math
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from _common import resident_megabytes

from hone.config.settings import ModelEntry
from hone.events import AnyEvent, Compacted
from hone.messages import Assistant, Message, ToolCall, ToolReply, Usage, User
from hone.models.base import Progress, Reply, Request
from hone.models.endpoint import Dialect
from hone.models.wire import encode_request
from hone.testing import make_app
from hone.tools.base import tool_from_function

SUMMARY = "Known: the pieces come one after the other.\nOpen: the next piece.\n"
PIECE = "line {line} of piece {number}: nothing out of the ordinary was seen here\n"
LINES = 24  # of a result, about 1,700 characters


class Moment(msgspec.Struct, frozen=True):
    """A request of the work: hone's own milliseconds before it, its bytes and messages, the process's memory in MB."""

    own: float
    opens_a_turn: bool
    size: int
    messages: int
    resident: float


class Simulated:
    """Depends on the messages only, but for the moments that it keeps."""

    name = "bench:simulated"

    def __init__(self, steps: int) -> None:
        self.moments: list[Moment] = []
        self._steps = steps
        self._entry = ModelEntry(id="simulated")
        self._answered = time.perf_counter()
        self._summing = 0.0

    async def complete(self, request: Request, progress: Progress) -> Reply:
        """The next call, or the turn's answer; a summary where no tools are offered."""
        arrived = time.perf_counter()
        size = len(encode_request(self._entry, request, Dialect()))
        usage = Usage(input=size // 4, output=20)
        if not request.tools:
            self._summing += time.perf_counter() - arrived
            return Reply(Assistant(SUMMARY), usage, "stop", self.name)
        opens = isinstance(request.messages[-1], User)
        own = (arrived - self._answered - self._summing) * 1000
        memory = resident_megabytes(os.getpid())
        self.moments.append(Moment(own, opens, size, len(request.messages), memory))
        done = finished(request.messages)
        reply = Assistant("done")
        if done < self._steps:
            reply = Assistant(tool_calls=(ToolCall(f"call_{done}", "work", f'{{"number": {done + 1}}}'),))
        self._answered, self._summing = time.perf_counter(), 0.0
        return Reply(reply, usage, "tool_calls" if reply.tool_calls else "stop", self.name)

    async def aclose(self) -> None:
        """Nothing to release."""


def finished(messages: Sequence[Message]) -> int:
    """The number of the last piece of the turn that is done."""
    last = messages[-1]
    found = re.search(r"of piece (\d+):", last.text) if isinstance(last, ToolReply) else None
    return int(found[1]) if found else 0


async def work(number: int) -> str:
    """Do a piece of work."""
    return "".join(PIECE.format(line=line, number=number) for line in range(LINES))


async def run(directory: Path, options: argparse.Namespace) -> tuple[list[Moment], list[Compacted]]:
    home = directory / "home"
    home.mkdir()
    entry = f"{{id: simulated, context: {options.window}}}"
    (home / "config.yaml").write_text(
        f"providers:\n  - name: bench\n    api_base: http://127.0.0.1:9/v1\n    models: [{entry}]\n"
    )
    compactions: list[Compacted] = []

    def show(event: AnyEvent) -> None:
        if isinstance(event, Compacted):
            compactions.append(event)

    model = Simulated(options.steps)
    async with make_app(directory, model, show=show, flags={"limits.steps": options.steps + 1}) as app:
        session = app.start([tool_from_function(work)])
        for turn in range(options.turns):
            ended = await session.run(f"Do the pieces of part {turn}.")
            if ended.status != "answered":
                sys.exit(f"turn {turn}: {ended.status} {ended.reason}")
            gc.collect()
    return model.moments, compactions


def tenths(moments: Sequence[Moment]) -> list[Sequence[Moment]]:
    size = len(moments) / 10
    return [moments[round(size * tenth) : round(size * (tenth + 1))] for tenth in range(10)]


def report(moments: Sequence[Moment], compactions: Sequence[Compacted]) -> None:
    print(f"{len(moments)} steps, {len(compactions)} compactions, by tenths of the session:")
    print("  step, ms   p90   turn's first, ms   largest request, KB   messages   memory, MB")
    rows = []
    for tenth in tenths(moments):
        steps = [each.own for each in tenth if not each.opens_a_turn]
        opening = [each.own for each in tenth if each.opens_a_turn]
        rows.append((statistics.median(steps), tenth[-1].resident))
        print(
            f"  {rows[-1][0]:8.2f} {statistics.quantiles(steps, n=10)[-1]:5.2f} {statistics.median(opening or [math.nan]):14.2f}"
            f" {max(each.size for each in tenth) / 1000:18.0f} {max(each.messages for each in tenth):17}"
            f" {rows[-1][1]:12.1f}"
        )
    print(
        f"the last tenth against the first: time {rows[-1][0] / rows[0][0]:.2f}, memory {rows[-1][1] - rows[0][1]:+.1f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--steps", type=int, default=33, help="calls in a turn")
    parser.add_argument("--window", type=int, default=32_000, help="tokens of the simulated model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        report(*asyncio.run(run(Path(directory), options)))


if __name__ == "__main__":
    main()
