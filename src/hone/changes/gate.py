"""The gate: may this change be made? One decision for every writer, with the reasons. Pure; nothing is written here.

Each group of rules is a module of `hone.changes.rules`; the door (`hone.changes.door`) acts on the verdict.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from hone.changes import items
from hone.changes.change import Change, Effect, Facts, SetPins, Verdict, Write
from hone.changes.rules import claims, duplicates, leaks, shape
from hone.changes.rules.finding import Finding, decide
from hone.changes.rules.injected import injected
from hone.changes.rules.tripwires import fitting
from hone.changes.rules.vague import vague
from hone.changes.rules.vouched import unvouched
from hone.safety.invisible import find_invisible, reveal

_NO_FACTS = Facts()
_SHOWN = 60  # characters of a text in a reason


def judge(
    change: Change,
    effects: Sequence[Effect],
    facts: Facts = _NO_FACTS,
    *,
    mode: Literal["auto", "hold"] = "auto",
    today: datetime.date,
) -> Verdict:
    """The verdict on `change`, whose `effects` are what it would do to the files as they are now.

    Of the user's own changes only secrets, invisible characters and the Agent Skills format are looked at. The
    verdict's change may hold less than was proposed, so its effects must be worked out again; a rejected secret is
    no longer in it.
    """
    secrets = leaks.leaks(change, effects)
    if secrets:
        return _verdict(leaks.without_secrets(change), secrets)
    if change.origin == "user":
        return _verdict(
            change,
            (
                *_format_of_user(change, effects),
                *_invisible(change, effects, "accept"),
                *injected(change, effects, "accept"),
            ),
        )
    known, left_out = fitting(_with_known_evidence(change, facts), facts)
    kept, also = claims.expire(known, today)
    kept = claims.renew(kept, effects)
    if not kept.ops:
        return _verdict(
            kept, [Finding("reject", "only says what is unavailable: kept in memory for 7 days")], also=also
        )
    findings = (
        *(Finding("reject", error) for error in shape.breaks_format(effects)),
        *shape.overwrites(kept, effects),
        *shape.deletes(kept),
        *duplicates.duplicates(kept, effects, facts.neighbours, today),
        *shape.outgrows(effects),
        *shape.rewrites(kept, effects),
        *_invisible(kept, effects, "hold"),
        *injected(kept, effects, "hold"),
        *unvouched(kept, facts),
        *_held_unseen(kept, facts, mode),
        *left_out,
    )
    return _verdict(kept, findings, vague=_vague(kept, facts), also=also)


def without(change: Change, texts: Iterable[str]) -> Change:
    """`change` without the steps, gotchas and entries that say one of `texts`; without operations if none is left."""
    dropped = frozenset(texts)
    return items.keep(change, lambda text: text not in dropped)


def _verdict(
    change: Change, findings: Sequence[Finding], *, vague: tuple[str, ...] = (), also: tuple[Change, ...] = ()
) -> Verdict:
    reasons = tuple(dict.fromkeys(finding.reason for finding in findings))
    return Verdict(decide(findings), msgspec.structs.replace(change, reasons=reasons), reasons, vague, also)


def _with_known_evidence(change: Change, facts: Facts) -> Change:
    """Event ids that nobody has seen are dropped; where that leaves none, the turn's own stand in."""
    if not facts.events:
        return change
    own = tuple(each for each in change.evidence if each in facts.events)

    def known(evidence: tuple[str, ...]) -> tuple[str, ...]:
        kept = tuple(each for each in evidence if each in facts.events)
        return kept if kept or not evidence else own

    return items.with_evidence(msgspec.structs.replace(change, evidence=own), known)


def _format_of_user(change: Change, effects: Sequence[Effect]) -> Iterator[Finding]:
    """What a person has written stands as it is; what a command would write must be right."""
    by_hand = any(isinstance(op, Write) for op in change.ops)
    for error in shape.breaks_format(effects):
        yield Finding("accept" if by_hand else "reject", error)
    yield from shape.overwrites(change, effects)


def _invisible(
    change: Change, effects: Sequence[Effect], decision: Literal["accept", "hold"]
) -> Iterator[Finding]:
    for item in items.texts(change, effects):
        if found := find_invisible(item.text):
            start = max(0, found[0].position - _SHOWN // 2)
            excerpt = reveal(item.text[start : start + _SHOWN])
            yield Finding(decision, f"invisible character {found[0].name} in {item.place}: {excerpt!r}")


def _held_unseen(change: Change, facts: Facts, mode: Literal["auto", "hold"]) -> Iterator[Finding]:
    """A pinned skill keeps its words; what code notes of the world after a success is none of them."""
    if facts.pinned and not all(isinstance(op, SetPins) for op in change.ops):
        yield Finding("hold", "the skill is pinned")
    if mode == "hold":
        yield Finding("hold", "learning.mode is hold")


def _vague(change: Change, facts: Facts) -> tuple[str, ...]:
    """Not asked of what the agent was told to remember, nor of facts about the user, which seldom name a path."""
    if change.skill is None and (change.origin != "review" or change.target == "user.md"):
        return ()
    texts = tuple(item.text for item in items.items(change) if not claims.is_claim(item.text))
    return vague(texts, facts.events)
