"""What hone makes of a skill that helps, one that does nothing and one that harms: real sessions, a SIMULATED model.

    python benchmarks/planted_skills.py [--tasks 160] [--seed 1]

Each kind has a home of its own, with one skill on trial in it that nobody has judged yet, and does one task after the other,
each in a session of its own, as `hone run` does. The model is rules that read the messages (`Publisher`); asked to review, it
keeps nothing. Printed is what became of the skill, after how many tasks, and what a turn's bookkeeping takes.
"""

import argparse
import asyncio
import contextlib
import re
import statistics
import sys
import tempfile
from pathlib import Path

import msgspec

from hone.changes.ledger import Ledger
from hone.database import Database
from hone.messages import Assistant, ToolReply, User
from hone.models.base import Request
from hone.skills.home_cache import read_home
from hone.skills.read import Skill
from hone.testing import ScriptedModel, call, make_app, say

NAME = "publish-newsletter"
STEPS = {
    "good": "Run `LIST=main ./publish week-<week>`.",
    "useless": "Keep the `README` in mind and work with care.",
    "harmful": "Run `LIST=everybody ./publish week-<week>`.",
}
SKILL = """---
name: publish-newsletter
description: Publish the newsletter of a week. Use it whenever the newsletter is to be published.
---
# Publish the newsletter

## Steps
1. {step}
"""
PUBLISH = """#!/bin/sh
[ "$LIST" = main ] && { echo "published $1"; exit; }
echo "LIST is ${LIST:-not set}: no such list; see lists" >&2
exit 2
"""


class Ended(msgspec.Struct, frozen=True):
    """What became of a skill: its status, the changes that hone made, and after which task each thing happened."""

    kind: str
    status: str
    quarantined_after: int | None  # loads
    decided_after: int | None  # tasks
    calls_with: float
    calls_without: float
    changes: tuple[str, ...]


class Publisher:
    """The SIMULATED model: it follows a step of a skill, believes what commands say, and knows nothing else."""

    @staticmethod
    def reply(request: Request) -> Assistant:
        if "learn_nothing" in {tool.name for tool in request.tools}:
            return call("learn_nothing", reason="nothing new")
        start = max(n for n, message in enumerate(request.messages) if isinstance(message, User))
        asked = request.messages[start].text
        ran = [m.text for m in request.messages[start:] if isinstance(m, ToolReply)]
        week = re.search(r"week (\d+)", asked)
        number = week[1] if week else "1"
        step = re.search(r"1\. Run `([^`]+)`", asked)
        plan = [step[1].replace("<week>", number)] if step else ["cat README", f"./publish week-{number}"]
        if not any("published" in each for each in ran):
            plan += ["cat lists"] * (1 + int(number) % 3) + [f"LIST=main ./publish week-{number}"]
        return call("shell", command=plan[len(ran)]) if len(ran) < len(plan) else say("Published.")


async def one_task(directory: Path, week: int, seed: int) -> None:
    """One session with one task, and the review of it if there is one."""
    model = ScriptedModel(*[Publisher.reply] * 40)
    async with make_app(directory, model, flags={"learning.holdout.repl": 0.2}, seed=seed) as app:
        session = app.start()
        await session.run(f"Publish the newsletter of week {week}.")
        app.release()
        learner = app.learner()
        await learner.drain()
        learner.close()


def plant(directory: Path, kind: str) -> None:
    """A home with the skill on trial, and a workspace with the command."""
    skill = directory / "home" / "skills" / NAME
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(SKILL.format(step=STEPS[kind]))
    (skill / "hone.yaml").write_text("v: 1\nstatus: trial\n")
    work = directory / "work"
    work.mkdir()
    (work / "publish").write_text(PUBLISH)
    (work / "publish").chmod(0o755)
    (work / "README").write_text("Publish with ./publish week-WEEK.\n")
    (work / "lists").write_text("main\n")


def stream(kind: str, tasks: int, seed: int) -> Ended:
    """Up to `tasks` tasks with a planted skill of that kind; it ends as soon as the skill is decided."""
    with tempfile.TemporaryDirectory(prefix="hone-planted-") as name:
        directory = Path(name)
        plant(directory, kind)
        aside: int | None = None
        for number in range(1, tasks + 1):
            asyncio.run(one_task(directory, number, seed * 10_000 + number))
            status = status_of(directory / "home")
            with opened(directory) as database:
                if aside is None and database.rows("SELECT 1 FROM quarantines"):
                    ((aside,),) = database.rows("SELECT count(*) FROM loads")
            if status != "trial":
                return ended(directory, kind, status, aside, number)
        return ended(directory, kind, status_of(directory / "home"), aside, None)


def ended(directory: Path, kind: str, status: str, aside: int | None, decided: int | None) -> Ended:
    with opened(directory) as database:
        rows = database.rows(
            "SELECT arm, tool_calls FROM coins JOIN turns ON turns.session = coins.session WHERE status = 'answered'"
        )
        changes = tuple(row.summary for row in Ledger(database).rows(20))
    mean = {
        arm: [calls for each, calls in rows if (each == "without") == (arm == "without")]
        for arm in ("with", "without")
    }
    return Ended(
        kind,
        status,
        aside,
        decided,
        statistics.fmean(mean["with"]) if mean["with"] else 0.0,
        statistics.fmean(mean["without"]) if mean["without"] else 0.0,
        changes,
    )


def opened(directory: Path) -> contextlib.closing[Database]:
    return contextlib.closing(Database.open(directory / "home" / "state.db"))


def skills_of(home: Path) -> list[Skill]:
    return [each for each in read_home(home) if isinstance(each, Skill)]


def status_of(home: Path) -> str:
    return next((each.status for each in skills_of(home) if each.name == NAME), "retired")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("| planted skill | became | after tasks | set aside after loads | calls with | calls without |")
    print("|---|---|---|---|---|---|")
    for kind in STEPS:
        found = stream(kind, options.tasks, options.seed)
        print(
            f"| {kind} | {found.status} | {found.decided_after or '-'} | {found.quarantined_after or '-'} "
            f"| {found.calls_with:.1f} | {found.calls_without:.1f} |",
            flush=True,
        )
        for change in found.changes:
            print(f"    {change}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
