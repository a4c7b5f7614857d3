"""What a real small model manages with hone: ways of offering tools and lengths of the prompt side by side.

    HONE_LIVE_BASE_URL=http://127.0.0.1:8080/v1 python benchmarks/live_model.py [--set trial|reported]
        [--tools native,text,schema] [--prompt full,compact] [--only NAME,…] [--verbose]

Fifteen tasks of tests/live/tasks.py, each in a session of its own. A task is right if its fact is in a result of a tool;
`said` counts the facts in the answers. The first answer is the first whole reply of the first task, for which the server
reads the prompt; the others find its beginning in the server's cache.
"""

import argparse
import asyncio
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.live.driving import Hone, Run
from tests.live.tasks import REPORTED, TRIAL, Task, Tasks

from hone.config.detect import list_models

BASE_URL = os.environ.get("HONE_LIVE_BASE_URL", "")
API_KEY = os.environ.get("HONE_LIVE_API_KEY", "")
MAX_OUTPUT = 1_500  # tokens; a small model that has lost the thread writes on until its window is full
SETS = {"trial": TRIAL, "reported": REPORTED}


class Done(msgspec.Struct, frozen=True):
    """One task: whether its fact was found by a tool, and whether the answer says it."""

    task: Task
    run: Run
    found: bool
    said: bool


def work(hone: Hone, task: Task, tasks: Tasks) -> Done:
    shutil.rmtree(hone.workspace, ignore_errors=True)
    tasks.lay_out(hone.workspace)
    run = hone.run(task.request)
    shown = [each.reply.text for each in run.results() if each.reply.ok]
    return Done(
        task,
        run,
        found=any(re.search(task.fact, text) for text in shown),
        said=bool(re.search(task.fact, run.result.answer)),
    )


def work_all(
    model: str, entry: dict[str, Any], tasks: Tasks, only: Sequence[str], *, verbose: bool
) -> list[Done]:
    done = []
    with tempfile.TemporaryDirectory() as directory:
        # one path for all, so that the server finds the prompt in its cache
        hone = Hone(Path(directory) / "home", Path(directory) / "workspace")
        provider = {
            "name": "live",
            "api_base": BASE_URL,
            "api_key": API_KEY,
            "models": [{"id": model, **entry}],
        }
        hone.configure({"providers": [provider]})
        for task in (*tasks.easy, *tasks.two_steps):
            if only and task.name not in only:
                continue
            one = work(hone, task, tasks)
            done.append(one)
            if verbose or not one.found:
                how = f"{entry['tools']} {entry['prompt']}"
                print(
                    f"\n{how} {task.name}: {'right' if one.found else 'WRONG'}", file=sys.stderr, flush=True
                )
                print(f"request: {task.request}\n{one.run.transcript()}", file=sys.stderr, flush=True)
    return done


def row(entry: dict[str, Any], done: Sequence[Done], tasks: Tasks) -> str:
    def share(chosen: Sequence[Task], what: str) -> str:
        mine = [one for one in done if one.task in chosen]
        return f"{sum(getattr(one, what) for one in mine)} of {len(mine)}"

    first = done[0].run.steps()[0]
    steps = statistics.mean(one.run.result.steps for one in done)
    seconds = statistics.median(one.run.result.wall_s for one in done)
    right = " | ".join(
        share(part, what) for part in (tasks.easy, tasks.two_steps) for what in ("found", "said")
    )
    return (
        f"| {entry['tools']} | {entry['prompt']} | {right} | {steps:.1f} | {first.seconds:.1f} "
        f"| {seconds:.1f} | {first.usage.input:,} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=SETS, default="trial")
    parser.add_argument("--tools", default="native,text,schema")
    parser.add_argument("--prompt", default="full,compact")
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args()
    if not BASE_URL:
        parser.error("HONE_LIVE_BASE_URL names no OpenAI-compatible endpoint")
    model = os.environ.get("HONE_LIVE_MODEL") or asyncio.run(list_models(BASE_URL, API_KEY))[0]
    tasks = SETS[asked.set]
    print(
        "| tools | prompt | easy | said | two steps | said | steps | first answer, s | median run, s | prompt tokens |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for prompt in asked.prompt.split(","):
        for tools in asked.tools.split(","):
            entry = {"tools": tools, "prompt": prompt, "temperature": 0, "max_output": MAX_OUTPUT}
            only = [name for name in asked.only.split(",") if name]
            done = work_all(model, entry, tasks, only, verbose=asked.verbose)
            print(row(entry, done, tasks), flush=True)


if __name__ == "__main__":
    main()
