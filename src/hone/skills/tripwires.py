"""Tripwires: conditions carried by gotchas, checked before a tool call runs. Pure.

They come from a skill's hone.yaml. Who has a call stopped is `hone.workbench`; which ones a skill may carry, the gate says.
"""

import msgspec


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a call of `tool` is about to repeat a known mistake, and what to say then.

    All texts are literal and token-bounded: the call holds all of `has` and none of `lacks`, and no call that succeeded
    earlier in the turn holds one of `unless_after`.
    """

    tool: str
    has: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()
    say: str = ""


class Tripwire(Condition, frozen=True, omit_defaults=True):
    """A condition as hone.yaml keeps it. `id` is unique within the skill; `evidence` are events of the turn that taught it.

    `gotcha` is the hash of the gotcha that carries it, empty if unknown. A retired one is kept and does nothing.
    """

    id: str = ""
    evidence: tuple[str, ...] = ()
    gotcha: str = ""
    retired: bool = False


class Armed(msgspec.Struct, frozen=True):
    """A tripwire and the name of its skill."""

    skill: str
    tripwire: Tripwire
