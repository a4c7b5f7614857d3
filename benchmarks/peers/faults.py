"""What hone and hermes-agent make of an endpoint that fails: exit code, seconds, requests, and what they print.

    python benchmarks/peers/faults.py --hermes DIR [--limit 100] [--only WORDS]

DIR is a venv that holds hermes-agent (README.md beside this file). Each case runs until the agent ends, at most
`--limit` seconds; all agents meet it at the same time, with the settings that they come with.
"""

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from hone.messages import Assistant, ToolCall
from hone.testing import Fault, WireReply, WireServer, as_stream, cut, hang, in_order, say, status

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from _common import SHELLS, Ran, Request, run
from agents import Agent, hermes, hone

TASK = "Say the three lines."
ANSWER = "The first line.\nThe second line.\nThe third line."
FAILED = {"error": {"message": "the simulated endpoint fails", "type": "server_error"}}
NO_KEY = {"error": {"message": "invalid api key", "type": "invalid_request_error", "code": "invalid_api_key"}}
ERROR = b'data: {"error": {"message": "the simulated endpoint fails", "code": 502}}\n\n'
HTML = "<html><head><title>Welcome</title></head><body><h1>Sign in to the network</h1></body></html>"


def bad_arguments() -> Callable[[Request], WireReply]:
    """A call whose arguments are no JSON; the answer, once the agent said something about it."""

    def reply(request: Request) -> WireReply:
        if any(message["role"] == "tool" for message in request["messages"]):
            return say(ANSWER)
        offered = [tool["function"]["name"] for tool in request.get("tools", ())]
        shell = next((name for name in offered if name in SHELLS), "shell")
        return Assistant(tool_calls=(ToolCall("call_0", shell, '{"command": "true'),))

    return reply


def broken_off(finish_reason: str | None, then: bytes = b"") -> Fault:
    """Two of the three lines and a proper end of the HTTP answer; `then` is said before it."""
    stream = as_stream(ANSWER)
    finish = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "%b"}]}\n\n'
    end = (finish % finish_reason.encode(), b"data: [DONE]\n\n") if finish_reason else ()
    return msgspec.structs.replace(stream, chunks=(*stream.chunks[:3], then, *end))


def silence(over: threading.Event) -> Callable[[Request], WireReply]:
    def reply(_request: Request) -> WireReply:
        over.wait()
        return say("too late")

    return reply


CASES: dict[str, Callable[[threading.Event], Callable[[Request], WireReply]]] = {
    "500, twice, then the answer": lambda _: in_order(status(500, FAILED), status(500, FAILED), say(ANSWER)),
    "500, always": lambda _: in_order(status(500, FAILED)),
    "429 with Retry-After: 2, always": lambda _: in_order(status(429, FAILED, retry_after="2")),
    "401": lambda _: in_order(status(401, NO_KEY)),
    "the stream cut in its middle, once": lambda _: in_order(cut(say(ANSWER), 3), say(ANSWER)),
    "the stream cut in its middle, always": lambda _: in_order(cut(say(ANSWER), 3)),
    "the stream ends early without its end mark, always": lambda _: in_order(broken_off(None)),
    "the answer is cut at the output limit, always": lambda _: in_order(broken_off("length")),
    "an error inside a stream of status 200, once": lambda _: in_order(broken_off(None, ERROR), say(ANSWER)),
    "an error inside a stream of status 200, always": lambda _: in_order(broken_off(None, ERROR)),
    "HTML with status 200, always": lambda _: in_order(status(200, HTML, content_type="text/html")),
    "arguments that are no JSON, once": lambda _: bad_arguments(),
    "silence before the first byte": silence,
    "silence in the middle of the answer, once": lambda _: in_order(hang(say(ANSWER), 3), say(ANSWER)),
    "silence in the middle of the answer, always": lambda _: in_order(hang(say(ANSWER), 3)),
    "nobody listens": lambda _: in_order(say(ANSWER)),
}


class Case(msgspec.Struct, frozen=True):
    """What an agent made of a case; `seconds` include its start."""

    ran: Ran
    requests: int

    @property
    def row(self) -> list[str]:
        code = "(stopped)" if self.ran.code is None else str(self.ran.code)
        return [code, f"{self.ran.seconds:.1f}", str(self.requests), judged(self.ran.stdout)]


def judged(printed: str) -> str:
    """What standard output holds: the whole answer, a part of it, nothing, or something else, which is then quoted."""
    said = printed.strip()
    if said == ANSWER:
        return "the answer"
    if not said:
        return "nothing"
    flat = " ".join(said.split()).replace("|", "/")
    return f"{'a part of the answer' if said in ANSWER else 'not the answer'}: “{flat[:70]}{'…' * (len(flat) > 70)}”"


def meet(agent: Agent, case: str, home: Path, limit: float) -> Case:
    over = threading.Event()
    server = WireServer(CASES[case](over))
    with server:
        environ = agent.prepare(home, server.base_url)
        if case == "nobody listens":
            server.close()
        ran = run(agent.command(TASK), home / "work", environ, limit=limit)
        over.set()
        return Case(ran, len(server.requests))


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--hermes", type=Path, required=True, metavar="DIR")
    arguments.add_argument("--limit", type=float, default=100.0, help="seconds for a case")
    arguments.add_argument("--only", default="", metavar="WORDS", help="the cases that hold these words")
    options = arguments.parse_args()
    compared = [hone("yes"), hermes(options.hermes, "-z"), hermes(options.hermes, "chat -q")]
    print("| case | agent | exit | seconds | requests | standard output |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(len(compared)) as pool:
        for number, case in enumerate(case for case in CASES if options.only in case):

            def meet_it(agent: Agent, case: str = case, number: int = number) -> Any:
                return meet(agent, case, Path(directory) / agent.name / str(number), options.limit)

            for agent, met in zip(compared, pool.map(meet_it, compared), strict=True):
                print(f"| {case} | {agent.name} | {' | '.join(met.row)} |", flush=True)


if __name__ == "__main__":
    main()
