"""`hone stats --json`: one object with stable keys (docs/stats.md). Times are ISO 8601; what is not known is null."""

from typing import Any

import msgspec

from hone.clock import iso
from hone.proof.curve import Curve
from hone.proof.stats import SkillStats, Stats
from hone.proof.wording import skill, worth_it


def as_data(stats: Stats) -> dict[str, Any]:
    """All but the tripwires, which are no part of the record."""
    return {
        "worth_it": _worth(stats),
        "skills": [skill_data(each) for each in stats.skills],
        "families": [_family(each) for each in stats.families],
        "tripwires": [],
        "learning": _learning(stats),
    }


def skill_data(each: SkillStats) -> dict[str, Any]:
    """The receipt of a skill, with what it comes to in a word (`state`) and in a line (`said`)."""
    fields: dict[str, Any] = msgspec.to_builtins(each.receipt)
    looks = [look | {"at": _time(look["at"])} for look in fields["looks"]]
    replay = fields["replay"]
    return fields | {
        "state": each.state,
        "said": skill(each),
        "since": _time(each.receipt.since),
        "looks": looks,
        "replay": replay and replay | {"at": _time(replay["at"])},
    }


def _worth(stats: Stats) -> dict[str, Any]:
    worth = stats.worth
    return {
        "verdict": worth.verdict,
        "said": worth_it(stats),
        "since": _time(worth.since),
        "tasks": worth.tasks,
        "saved": msgspec.to_builtins(worth.saved),
        "cost": msgspec.to_builtins(worth.cost),
        "net": msgspec.to_builtins(worth.net),
        "break_even": worth.break_even,
    }


def _family(curve: Curve) -> dict[str, Any]:
    return {
        "id": curve.family,
        "title": curve.title,
        "tasks": len(curve.calls),
        "came": msgspec.to_builtins(curve.came),
        "before": msgspec.to_builtins(curve.before),
        "after": msgspec.to_builtins(curve.after),
        "curve": {
            "at": [iso(at) for at in curve.at],
            "calls": curve.calls,
            "errors": curve.errors,
            "tokens": curve.tokens,
        },
    }


def _learning(stats: Stats) -> dict[str, Any]:
    settings, spent = stats.settings, stats.spent
    return {
        "mode": settings.mode,
        "holdout": {"run": settings.holdout.run, "repl": settings.holdout.repl},
        "since": _time(spent.since),
        "spent": msgspec.to_builtins(spent.learning),
        "proving": msgspec.to_builtins(spent.proving),
        "tasks": stats.tasks,
        "success_known": stats.success_known,
    }


def _time(at: float | None) -> str | None:
    return iso(at) if at else None
