"""Agents at work in the projects of `tripwire_world`, with every tripwire that the gate accepts before each command.

What is measured: how many harmless commands are stopped, and how many of the known mistakes.
"""

import json
import random
from collections.abc import Iterator, Sequence

import msgspec
from tests.skills.tripwire_world import ANYWHERE, AROUND, HERE, MENTIONS, MISTAKES, WORDS, Mistake

from hone.changes.change import AddGotcha, Change, Facts, Tried
from hone.changes.rules.tripwires import fitting
from hone.events import AnyEvent, StepFinished, ToolFinished, ToolStarted
from hone.history.tripped import Counts
from hone.learning.retire import to_retire
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.skills.armed import armed
from hone.skills.read import Skill
from hone.skills.tripwires import Armed, Tripwire, objection

A_MISTAKE, A_MENTION, WHAT_WORKS, PREPARED = (
    0.04,
    0.04,
    0.08,
    0.02,
)  # shares of the commands; the rest is work
GOES_ON = 0.05  # of the turns begin where the one before left off: what was prepared is still there
WORKED_BEFORE = 40  # turns of a project that the gate remembers


class Step(msgspec.Struct, frozen=True):
    """A command of an agent, and the mistake that it is, if it is one."""

    command: str
    mistake: Mistake | None = None


class Report(msgspec.Struct):
    """What came of it. `false_alarms` are the harmless commands that were stopped, each with its tripwire."""

    tripwires: int = 0
    left_out: int = 0
    retired: int = 0
    harmless: int = 0
    mistakes: int = 0
    caught: int = 0
    false_alarms: list[tuple[str, str]] = []
    missed: list[str] = []

    @property
    def share_stopped(self) -> float:
        return len(self.false_alarms) / self.harmless


def simulate(seed: int, commands: int = 5_000) -> Report:
    """Turn after turn in one project after the other, until so many commands were sent."""
    rng = random.Random(seed)
    report = Report()
    skills = list(_learned(rng, report))
    report.tripwires = len(skills)
    counts: dict[tuple[str, str], Counts] = {}
    while report.harmless + report.mistakes < commands:
        project = rng.choice(list(HERE))
        _turn(list(turn(rng, project)), armed(skills, project), counts, report)
        for change in to_retire(counts, skills):
            skills = [skill for skill in skills if skill.name != change.skill]
            report.retired += 1
    return report


def turn(rng: random.Random, project: str) -> Iterator[Step]:
    """The commands of one turn. A command that needs another first is a mistake only without it."""
    own = [each for each in MISTAKES if each.project in ("", project)]
    prepared = {each.first for each in own} if rng.random() < GOES_ON else set()
    for _ in range(rng.randint(4, 20)):
        known, chance = rng.choice(own), rng.random()
        wrong = rng.choice(known.wrong)
        if chance < A_MISTAKE:
            yield Step(_written(rng, wrong), None if known.first in prepared - {""} else known)
        elif (chance := chance - A_MISTAKE) < A_MENTION and "'" not in wrong:
            yield Step(_filled(rng, rng.choice(MENTIONS), _filled(rng, wrong)))
        elif (chance := chance - A_MENTION) < WHAT_WORKS and known.right:
            yield Step(_written(rng, rng.choice(known.right)))
        elif chance - WHAT_WORKS < PREPARED and known.first:
            prepared.add(known.first)
            yield Step(_filled(rng, known.first))
            yield Step(_written(rng, wrong))
        else:
            work = rng.choice(ANYWHERE if rng.random() < 0.6 else HERE[project].split("; "))
            prepared |= {each.first for each in own if each.first and work.startswith(each.first)}
            yield Step(_written(rng, work))


def _learned(rng: random.Random, report: Report) -> Iterator[Skill]:
    """One skill for each known mistake whose tripwire the gate accepts after the failure, what worked, and earlier turns."""
    for number, known in enumerate(MISTAKES):
        project = known.project or rng.choice(list(HERE))
        failed, *others = [
            _filled(rng, each) for each in (known.wrong[0], *known.right[:1], known.first) if each
        ]
        calls = [_tried(1, failed, ok=False), *(_tried(place, each) for place, each in enumerate(others, 2))]
        worked = [
            tuple(_tried(1, step.command) for step in turn(rng, project) if step.mistake is None)
            for _ in range(WORKED_BEFORE)
        ]
        gotcha = AddGotcha(known.condition.say, calls[0].events, known.condition)
        change = Change(target=f"skills/s{number}/SKILL.md", ops=(gotcha,), origin="review")
        facts = Facts(
            {event: "" for call in calls for event in call.events}, calls=tuple(calls), worked=tuple(worked)
        )
        (kept,) = fitting(change, facts)[0].ops
        assert isinstance(kept, AddGotcha)
        if kept.tripwire is None:
            report.left_out += 1
            continue
        wire = Tripwire(**msgspec.structs.asdict(kept.tripwire), id="t1")
        scope = f"project:{known.project}" if known.project else "all"
        yield Skill(f"s{number}", "", f"/h/skills/s{number}", scope=scope, tripwires=(wire,))


def _turn(
    steps: Sequence[Step], wires: Sequence[Armed], counts: dict[tuple[str, str], Counts], report: Report
) -> None:
    events: list[AnyEvent] = []
    for number, step in enumerate(steps):
        call = ToolCall(f"c{number}", "shell", json.dumps({"command": step.command}))
        events.append(StepFinished(number, Assistant(tool_calls=(call,)), Usage(), "m", 0.0))
        tripped = objection(call, wires, events)
        insists = tripped is not None and tripped.passed
        if tripped is not None:
            events.append(tripped)
        if tripped is not None and not insists:
            key = tripped.skill, tripped.tripwire
            useful = step.mistake is not None
            before = counts.get(key, Counts())
            counts[key] = Counts(
                before.fired + 1,
                before.heeded + useful,
                before.overridden + (not useful),
                before.useless + (not useful),
            )
        _judge(
            step,
            stopped=tripped is not None and not insists,
            by=tripped.skill if tripped else "",
            report=report,
        )
        ok = tripped is None and step.mistake is None
        events.append(ToolStarted(call)) if ok else None
        events.append(ToolFinished(ToolReply(call.id, "shell", "", ok=ok), 0.0))


def _judge(step: Step, *, stopped: bool, by: str, report: Report) -> None:
    if step.mistake is None:
        report.harmless += 1
        if stopped:
            report.false_alarms.append((step.command, str(MISTAKES[int(by[1:])].condition.has)))
    else:
        report.mistakes += 1
        report.caught += stopped
        if not stopped:
            report.missed.append(step.command)


def _tried(number: int, command: str, *, ok: bool = True) -> Tried:
    return Tried((f"e{number}",), "shell", json.dumps({"command": command}), ok)


def _written(rng: random.Random, template: str) -> str:
    return _filled(rng, rng.choice(AROUND), _filled(rng, template))


def _filled(rng: random.Random, template: str, command: str = "") -> str:
    return template.format_map({name: rng.choice(words) for name, words in WORDS.items()} | {"c": command})
