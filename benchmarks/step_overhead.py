"""hone's own time per tool step: streaming, with a history of 200 messages and more.

    python benchmarks/step_overhead.py [--steps 120] [--profile]

The session lives in this process, the endpoint in another. The tool that the model calls does nothing but measure: it
ends the step that is under way, has a bare httpx2 client stream the same request and the same answer, and lets the next
step begin. A step is a whole turn of the wheel: messages, request, answer, approvals, tool call, history on disk.
hone's own time is the step less the bare exchange next to it. `--profile` prints where it goes (and slows it down).
"""

import argparse
import asyncio
import cProfile
import multiprocessing
import pstats
import random
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx2
from _common import spread

from hone.clock import SystemClock
from hone.config.settings import ModelEntry
from hone.messages import Assistant, ToolCall
from hone.models.base import Progress, Reply, Request
from hone.models.chat import ChatModel, Endpoint
from hone.models.endpoint import Dialect
from hone.models.wire import encode_request
from hone.testing import Fault, WireServer, as_stream, make_app, say
from hone.tools.base import tool_from_function

HISTORY = 200  # messages before the first step that counts
TEXT = "".join(f"word{number}\n" for number in range(40))  # streamed in as many pieces
OUTPUT = "one line of the output of a command\n" * 20


def serve(steps: int, connection: Connection) -> None:
    """The endpoint: answers that were made beforehand, chosen by the number of messages."""
    calls = [Assistant(TEXT, (ToolCall(f"call_{step}", "measure", "{}"),)) for step in range(steps)]
    ready = [as_stream(call) for call in calls] + [as_stream(say("done"))]

    def respond(request: dict[str, Any]) -> Fault:
        results: int = sum(message["role"] == "tool" for message in request["messages"])
        return ready[results]

    with WireServer(respond) as server:
        connection.send(server.base_url)
        connection.recv()


class Overheard:
    """A model whose last request is kept as the bytes that went over the wire."""

    def __init__(self, base_url: str) -> None:
        self._entry = ModelEntry(id="simulated")
        endpoint = Endpoint("bench", base_url, "unused", self._entry)
        self._chat = ChatModel(endpoint, SystemClock(), random.Random())
        self.name = self._chat.name
        self.aclose = self._chat.aclose
        self._request: Request | None = None

    async def complete(self, request: Request, progress: Progress) -> Reply:
        self._request = request
        return await self._chat.complete(request, progress)

    def sent(self) -> bytes:
        assert self._request is not None
        return encode_request(self._entry, self._request, Dialect())


class Measurement:
    """The tool's side: milliseconds of each step and of the bare exchange of the same bytes."""

    def __init__(
        self, model: Overheard, client: httpx2.AsyncClient, profile: cProfile.Profile | None
    ) -> None:
        self.steps: list[float] = []
        self.exchanges: list[float] = []
        self._model = model
        self._client = client
        self._profile = profile
        self._began = 0.0

    async def measure(self) -> str:
        """Does nothing."""
        if self._began:
            self.steps.append((time.perf_counter() - self._began) * 1000)
        if self._profile:
            self._profile.disable()
        body = self._model.sent()
        started = time.perf_counter()
        async with self._client.stream("POST", "/chat/completions", content=body) as response:
            async for _ in response.aiter_raw():
                pass
        if self._began:
            self.exchanges.append((time.perf_counter() - started) * 1000)
        if self._profile and len(self.steps) * 2 >= HISTORY:
            self._profile.enable()
        self._began = time.perf_counter()
        return OUTPUT


async def run(directory: Path, base_url: str, steps: int, profile: cProfile.Profile | None) -> Measurement:
    model = Overheard(base_url)
    headers = {"content-type": "application/json"}
    async with (
        httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=None) as client,
        make_app(directory, model, flags={"limits.steps": steps + 1}) as app,
    ):
        measurement = Measurement(model, client, profile)
        finished = await app.start([tool_from_function(measurement.measure)]).run("go on")
        await model.aclose()
    assert (finished.status, finished.steps) == ("answered", steps + 1), finished
    return measurement


def report(measurement: Measurement, first: int) -> None:
    steps, exchanges = measurement.steps[first:], measurement.exchanges[first:]
    own = [step - exchange for step, exchange in zip(steps, exchanges, strict=True)]
    print(
        f"{len(own)} steps with {HISTORY} to {HISTORY + 2 * len(own)} messages; ms, median (lowest to highest)"
    )
    print(f"whole step       {spread(steps, 2)}")
    print(f"bare exchange    {spread(exchanges, 2)}")
    print(f"hone's own time  {spread(own, 2)}, nine of ten below {statistics.quantiles(own, n=10)[-1]:.2f}")
    quarter = len(own) // 4
    print(f"  of the first {quarter} steps {spread(own[:quarter], 2)}")
    print(f"  of the last {quarter} steps  {spread(own[-quarter:], 2)}")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--steps", type=int, default=120, help="how many steps count")
    arguments.add_argument("--profile", action="store_true")
    options = arguments.parse_args()
    first = HISTORY // 2
    steps = first + options.steps + 1
    profile = cProfile.Profile() if options.profile else None
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(steps, there), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as directory:
        measurement = asyncio.run(run(Path(directory), here.recv(), steps, profile))
    if profile:
        profile.disable()
    here.send("enough")
    server.join()
    report(measurement, first)
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
