"""hone and hermes-agent side by side: the same endpoint, the same tasks, runs of both interleaved.

    python benchmarks/peers/compare.py --hermes DIR [--runs 5] [--commands 30] [--skills 1000]

DIR is a venv that holds hermes-agent (README.md beside this file). The endpoint is a loopback server; what it says
depends on the messages only. Nothing else is reached.
"""

import argparse
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import msgspec

from hone.testing import WireServer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from _common import Watched, commands_then_answer, must_succeed, prompt_tokens, run, spread, write_skills
from agents import Agent, hermes, hone

TASK = "Do what has to be done, then say done."


class Measured(msgspec.Struct, frozen=True):
    """One run. Milliseconds; `own` is a tool step's time without the endpoint's."""

    first_request: float
    whole: float
    own: float
    megabytes: float
    tools: int
    tokens: int


def measure(agent: Agent, home: Path, commands: int) -> Measured:
    watched = Watched(commands_then_answer(commands))
    with WireServer(watched) as server:
        environ = agent.prepare(home, server.base_url)
        ran = must_succeed(run(agent.command(TASK), home / "work", environ, watched))
    if ran.stdout.strip() != "done" or len(watched.arrived) != commands + 1:
        raise SystemExit(
            f"{agent.name}: {len(watched.arrived)} requests, answer {ran.stdout!r}: {ran.stderr}"
        )
    waits = [next_ - answered for answered, next_ in zip(watched.answered, watched.arrived[1:], strict=False)]
    return Measured(
        first_request=(watched.arrived[0] - ran.started) * 1000,
        whole=ran.seconds * 1000,
        own=sum(waits) / len(waits) * 1000 if waits else 0.0,
        megabytes=watched.megabytes,
        tools=len(watched.requests[0]["tools"]),
        tokens=prompt_tokens(watched.requests[0]),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--hermes", type=Path, required=True, metavar="DIR")
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--commands", type=int, default=30, help="commands of the long task")
    arguments.add_argument("--skills", type=int, default=1000, help="skills of the large library")
    options = arguments.parse_args()
    series = {"answer": (0, 0), "skills": (0, options.skills), "short": (3, 0), "long": (options.commands, 0)}
    compared = [hone("yes"), hermes(options.hermes, "-z")]
    if shutil.which("bwrap"):
        compared.append(hone("sandbox"))
    results: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as directory:
        for kind, (_, skills) in series.items():
            for agent in compared:
                home = Path(directory) / agent.name / kind
                write_skills(agent.skills(home), skills)
                measure(agent, home, 0)  # the first run fills caches
        for _ in range(options.runs):
            for kind, (commands, _) in series.items():
                for agent in compared:
                    home = Path(directory) / agent.name / kind
                    results[agent.name, kind].append(measure(agent, home, commands))
    report(options, results)


def report(options: argparse.Namespace, results: dict[tuple[str, str], list[Measured]]) -> None:
    rows = (
        ("start to first request, ms", "answer", "first_request", 0),
        ("memory at that moment, MB", "answer", "megabytes", 0),
        ("tools in that request", "answer", "tools", 0),
        ("fixed prompt, tokens (characters / 4)", "answer", "tokens", 0),
        (f"with {options.skills:,} skills: start to first request, ms", "skills", "first_request", 0),
        (f"with {options.skills:,} skills: memory, MB", "skills", "megabytes", 0),
        (f"with {options.skills:,} skills: fixed prompt, tokens", "skills", "tokens", 0),
        (f"own time a tool step, {options.commands} commands, ms", "long", "own", 1),
        ("one-shot task of 3 commands, whole process, ms", "short", "whole", 0),
    )
    names = list(dict.fromkeys(name for name, _ in results))
    print(
        f"median of {options.runs} (lowest to highest)\n\n| | {' | '.join(names)} |\n|---|{'---|' * len(names)}"
    )
    for title, kind, field, digits in rows:
        cells = [spread([getattr(one, field) for one in results[name, kind]], digits) for name in names]
        print(f"| {title} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
