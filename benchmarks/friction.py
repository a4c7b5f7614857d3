"""Milliseconds of CPU to find friction in a turn and decide on a nudge; how often recorded runs of a real agent would be reviewed.

    HONE_BENCH_DATA=DIR python benchmarks/friction.py [--rounds 20]

The turns are made of real kinds of work with the failures that come with it. DIR/taubench (research data, no part of this
project) holds recorded runs of an airline agent; an `Error:` of its tools counts as a failed call. Without it that part is
left out.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hone.events import (
    AnyEvent,
    ApprovalDecided,
    StepFinished,
    StepStarted,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from hone.history.rows import Recorded
from hone.learning.actions import actions_of
from hone.learning.friction import mine
from hone.learning.lines import split
from hone.learning.nudge import reasons_for
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.safety.commands import parse

EVENTS = 500
LOOKS = (
    "cat src/{n}.py",
    "rg -n 'handler{n}' src | head -20",
    "git log --oneline -{n}",
    "sed -n '1,{n}p' src/app.py",
)
WORK = (
    (
        "cd /srv/shop && npm run build:{n} 2>&1 | tail -20",
        "Error: NODE_ENV must be set\nnpm ERR! code ELIFECYCLE",
    ),
    ("curl -sf -H 'X-Team: {n}' http://localhost:8080/v1/jobs/{n}?full=1", "curl: (22) returned error: 404"),
    ("pytest tests/test_{n}.py -q", "E   assert 1 == 2\n=== 1 failed in 0.1s ==="),
    (
        "docker compose exec -T web python manage.py migrate app{n}",
        "django.db.utils.OperationalError: no such table",
    ),
    (
        "PGPASSWORD=x psql -h db -p 54{n} -c 'select count(*) from t{n}' && ./deploy.sh stage{n}",
        "pending migrations",
    ),
    ("for i in 1 2 3; do curl -s localhost:{n}/healthz && break; sleep 1; done; echo exit=$?", "exit=7"),
)


class Turn:
    """Events of a turn, added a call at a time."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.add(TurnStarted("do it"))

    def add(self, event: AnyEvent) -> None:
        number = len(self.events) + 1
        self.events.append(Recorded(f"e{number}", 1, 1, float(number), event))

    def call(self, tool: str, arguments: str, text: str, *, ok: bool) -> None:
        call = ToolCall(f"c{len(self.events)}", tool, arguments)
        self.add(StepStarted(1, "m"))
        self.add(StepFinished(1, Assistant(tool_calls=(call,)), Usage(input=9000, output=80), "m", 2.0))
        self.add(ApprovalDecided(call.id, tool, "x", "allowed", asked=False, reason=""))
        self.add(ToolStarted(call))
        self.add(ToolFinished(ToolReply(call.id, tool, text, ok=ok, exit_code=None if ok else 1), 1.0))

    def end(self) -> TurnFinished:
        replies = [each.event.reply for each in self.events if isinstance(each.event, ToolFinished)]
        errors = sum(not reply.ok for reply in replies)
        return TurnFinished(1, "answered", "", "", len(replies), len(replies), errors, Usage(), 1.0)


def work(rng: random.Random, failing: float) -> Turn:
    """A turn of EVENTS events in which a share of the calls fails, with long outputs."""
    turn = Turn()
    while len(turn.events) < EVENTS:
        command, error = rng.choice(WORK) if rng.random() < 0.6 else (rng.choice(LOOKS), "No such file")
        fails = rng.random() < failing
        text = "a line of what a command prints\n" * rng.randint(0, 1500) + (error if fails else "done")
        arguments = json.dumps({"command": command.format(n=rng.randint(1, 40))})
        turn.call("shell", arguments, f"{text}\n[exit {int(fails)}]", ok=not fails)
    return turn


def milliseconds(turn: Turn) -> float:
    """Of CPU, with nothing of the turn read before; the best of three, for other programs are in the way."""
    end = turn.end()
    spent = []
    for _ in range(3):
        for cached in (split, actions_of, parse):
            cached.cache_clear()
        started = time.thread_time()
        reasons_for(turn.events, end, mine(turn.events))
        spent.append((time.thread_time() - started) * 1000)
    return min(spent)


def recorded_runs(path: Path) -> Iterator[tuple[float, Turn]]:
    """The runs of the airline agent as turns, with their rewards."""
    with gzip.open(path, "rb") as file:
        for line in file:
            run: dict[str, Any] = msgspec.json.decode(line)
            turn = Turn()
            asked: dict[str, Any] = {}
            for message in run["traj"]:
                for call in message.get("tool_calls") or ():
                    asked[call["id"]] = call["function"]
                if message["role"] == "tool" and message["tool_call_id"] in asked:
                    function, text = asked[message["tool_call_id"]], str(message["content"])
                    turn.call(function["name"], function["arguments"], text, ok=not text.startswith("Error"))
            yield run["reward"], turn


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=20, help="turns of each kind")
    rounds = arguments.parse_args().rounds
    milliseconds(work(random.Random(0), 0.1))  # loads the grammar of the shell
    print(f"friction and nudge on a turn of {EVENTS} events, ms: median, highest of {rounds}")
    for failing in (0.0, 0.1, 0.5, 1.0):
        spent = [milliseconds(work(random.Random(seed), failing)) for seed in range(rounds)]
        print(f"  {failing:4.0%} of the calls fail: {statistics.median(spent):5.1f} {max(spent):5.1f}")
    if "HONE_BENCH_DATA" not in os.environ:
        print(
            "no recorded runs: set HONE_BENCH_DATA to a directory that has taubench/gpt-4o-airline.jsonl.gz"
        )
        return
    data = Path(os.environ["HONE_BENCH_DATA"]) / "taubench" / "gpt-4o-airline.jsonl.gz"
    kinds: Counter[str] = Counter()
    runs: Counter[bool] = Counter()
    nudged: Counter[bool] = Counter()
    for _, turn in recorded_runs(data):
        episodes = mine(turn.events)
        kinds.update(episode.kind for episode in episodes)
        reasons = reasons_for(turn.events, turn.end(), episodes)
        failed = turn.end().errors > 0
        runs[failed] += 1
        nudged[failed] += bool(reasons)
    print(
        f"recorded runs with a failed call: {nudged[True]} of {runs[True]} would be reviewed, {dict(kinds)}"
    )
    print(f"recorded runs without: {nudged[False]} of {runs[False]} would be reviewed")


if __name__ == "__main__":
    main()
