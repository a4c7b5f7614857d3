"""What a review costs hone and hermes-agent, and whether its lesson is there when a one-shot process has ended.

    python benchmarks/peers/review.py [--hermes DIR] [--runs 5] [--latency 1.5]

DIR is a venv that holds hermes-agent, or its executable (README.md beside this file); without it only hone is measured.
Both deploy the demo's shop with the same commands, some of which fail, and get the same lesson from a writer that
answers at once. The endpoint and the staging server are on the loopback interface; nothing else is reached.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from hone.messages import Assistant
from hone.skills.render import render_skill
from hone.testing import Fault, WireReply, WireServer, call, say

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "demo"))
from _common import SHELLS, Request, must_succeed, run
from agents import Agent, hermes, hermes_that_waits, hone, hone_that_waits
from staging_server import StagingServer

SHOP = Path(__file__).resolve().parent.parent.parent / "demo" / "shop"
TASK = "Deploy the shop to staging and check that it is healthy."
ANSWER = "The shop runs on staging and is healthy."
DEPLOYMENT = (
    "cat README.md",
    "./build",
    "cat build",
    "NODE_ENV=production ./build",
    "./deploy",
    "ls migrations",
    "cat migrate",
    "./migrate",
    "./deploy",
    "cat staging.json",
    "./get http://{server}/health",
    "cat get",
    "./get --retry 2 http://{server}/health",
    "./get --retry 2 http://{server}/healthz",
)
OUTPUT = "seq {0}000 {0}999"  # 6 KB each
LESSON = {
    "title": "Deploy the shop to staging",
    "description": "Deploys the shop to staging and checks its health. Use it to deploy or release the shop.",
    "when_to_use": "Somebody asks to deploy or release the shop to staging.",
    "steps": [
        "Run `NODE_ENV=production ./build`.",
        "Run `./migrate`.",
        "Run `./deploy`.",
        "Run `./get --retry 2 http://<server>/healthz`; the server stands in `staging.json`.",
    ],
}
GOTCHAS = (
    "`./build` fails with 'NODE_ENV must be production' -> set NODE_ENV=production.",
    "`./deploy` fails with 'migrations are pending' -> run `./migrate` before it.",
    "The server closes the first connection after a deploy -> ask with `./get --retry 2`.",
    "The health check is at /healthz; /health answers 404.",
)
NAME = "deploy-shop-to-staging"
PATIENCE = 8.0  # seconds that a lesson may take after the end of the process


class Series(msgspec.Struct, frozen=True):
    """One kind of run; the deployment comes after `padding` calls that print a lot."""

    title: str
    latency: float
    padding: int = 0


class Measured(msgspec.Struct, frozen=True):
    """One run. `at_end`: the lesson was on disk as the process ended; `after` seconds later it was, inf for never."""

    requests: int
    sent: int
    tools: int
    at_end: bool
    after: float


class Endpoint(WireServer):
    """Answers each request `latency` seconds after it came; `reviews` are bytes and number of tools of each review's."""

    def __init__(self, respond: Callable[[Request], WireReply], latency: float) -> None:
        super().__init__(respond)
        self.reviews: list[tuple[int, int]] = []
        self._latency = latency

    def answer(self, request: Request, headers: dict[str, str]) -> Fault:
        if is_review(request):
            self.reviews.append((int(headers["content-length"]), len(request["tools"])))
        time.sleep(self._latency)
        return super().answer(request, headers)


def is_review(request: Request) -> bool:
    """hone's review has tools of its own; hermes-agent's is its conversation, continued by a message of its own."""
    if "skill_create" in offered(request):
        return True
    said = [str(message["content"]) for message in request["messages"] if message["role"] == "user"]
    return said[-1].startswith("Review the conversation above")


def agent_and_writer(commands: Sequence[str]) -> Callable[[Request], WireReply]:
    """A model that runs `commands` one after the other and answers; asked to review, it writes the lesson, then ends."""

    def reply(request: Request) -> WireReply:
        tools = offered(request)
        if is_review(request):
            return lesson(tools) if request["messages"][-1]["role"] == "user" else say("Saved the lesson.")
        shell = next((name for name in tools if name in SHELLS), None)
        number = sum(message["role"] == "tool" for message in request["messages"])
        if shell is None or number >= len(commands):
            return say(ANSWER)
        return call(shell, command=commands[number])

    return lambda request: with_ids(reply(request), len(request["messages"]))


def lesson(tools: Sequence[str]) -> Assistant:
    if "skill_create" in tools:
        return call("skill_create", name=NAME, gotchas=[{"text": text} for text in GOTCHAS], **LESSON)
    return call(
        "skill_manage", action="create", name=NAME, content=render_skill(NAME, gotchas=GOTCHAS, **LESSON)
    )


def with_ids(reply: Assistant, number: int) -> Assistant:
    calls = tuple(msgspec.structs.replace(each, id=f"call_{number}") for each in reply.tool_calls)
    return msgspec.structs.replace(reply, tool_calls=calls)


def offered(request: Request) -> list[str]:
    return [tool["function"]["name"] for tool in request.get("tools", ())]


def measure(agent: Agent, series: Series, home: Path) -> Measured:
    """Deploy the shop in a fresh home, then wait for the lesson."""
    with StagingServer() as staging:
        commands = [OUTPUT.format(number) for number in range(10, 10 + series.padding)]
        commands += [command.format(server=staging.address) for command in DEPLOYMENT]
        with Endpoint(agent_and_writer(commands), series.latency) as endpoint:
            environ = agent.prepare(home, endpoint.base_url)
            shop(home / "work", staging)
            ran = must_succeed(run(agent.command(TASK), home / "work", environ))
            if not ran.stdout.startswith(ANSWER) or not staging.healthy:
                sys.exit(f"{agent.name}: answer {ran.stdout!r}, staging: {staging.log}\n{ran.stderr}")
            at_end = is_kept(agent, home)
            after = wait_for(agent, home)
            reviews = list(endpoint.reviews)
    sent, tools = sum(size for size, _ in reviews), max((tools for _, tools in reviews), default=0)
    return Measured(len(reviews), sent, tools, at_end, after)


def shop(work: Path, staging: StagingServer) -> None:
    """The demo's shop, two migrations ahead of the staging server's database."""
    shutil.copytree(SHOP, work, dirs_exist_ok=True)
    (work / "staging.json").write_text(f'{{"server": "{staging.address}"}}\n')


def is_kept(agent: Agent, home: Path) -> bool:
    return any(agent.skills(home).rglob(f"{NAME}/SKILL.md"))


def wait_for(agent: Agent, home: Path) -> float:
    started = time.perf_counter()
    while time.perf_counter() < started + PATIENCE:
        if is_kept(agent, home):
            return time.perf_counter() - started
        time.sleep(0.02)
    return float("inf")


def agents(path: Path | None) -> list[Agent]:
    compared = [hone("yes"), hone_that_waits()]
    venv = path.parent.parent if path and path.is_file() else path
    if venv is None or not (venv / "bin" / "hermes").exists():
        print(
            f"hermes-agent is skipped: {'--hermes was not given' if venv is None else f'it is not in {venv}'}\n"
        )
        return compared
    return [*compared, hermes(venv, "-z"), hermes(venv, "chat -q"), hermes_that_waits(venv)]


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--hermes", type=Path, metavar="DIR")
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--latency", type=float, default=1.5, help="seconds, of the slow model")
    arguments.add_argument(
        "--padding", type=int, default=20, help="calls that print 6 KB in the long transcript"
    )
    options = arguments.parse_args()
    calls = len(DEPLOYMENT)
    all_series = (
        Series(f"{calls} calls, 0 s", 0.0),
        Series(f"{calls} calls, {options.latency:g} s", options.latency),
        Series(f"{calls + options.padding} calls, 0 s", 0.0, options.padding),
    )
    compared = agents(options.hermes)
    results: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for number in range(options.runs):
        for series in all_series:
            for agent in compared:
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
                    results[series.title, agent.name].append(measure(agent, series, Path(home)))
        print(f"run {number + 1} of {options.runs}", file=sys.stderr, flush=True)
    report(options.runs, results)


def report(runs: int, results: dict[tuple[str, str], list[Measured]]) -> None:
    print(
        f"medians of {runs} runs; the skill on disk when the process ended, and {PATIENCE:.0f} s later\n\n"
        "| task, model's latency | agent | requests | bytes sent | tools offered | at the end | later |\n|---|---|---|---|---|---|---|"
    )
    for (series, agent), measured in results.items():
        middle = [
            f"{statistics.median(getattr(each, field) for each in measured):,.0f}"
            for field in ("requests", "sent", "tools")
        ]
        at_end = f"{sum(each.at_end for each in measured)} of {len(measured)}"
        print(f"| {series} | {agent} | {' | '.join(middle)} | {at_end} | {later(measured)} |")


def later(measured: Sequence[Measured]) -> str:
    waits = [each.after for each in measured if not each.at_end and each.after <= PATIENCE]
    kept = f"{len(waits) + sum(each.at_end for each in measured)} of {len(measured)}"
    return f"{kept}, after {statistics.median(waits):.1f} s" if waits else kept


if __name__ == "__main__":
    main()
