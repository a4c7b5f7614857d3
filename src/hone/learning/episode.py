"""An episode of friction as a value: what went wrong in a turn, what then worked, and what it cost.

Found by `hone.learning.friction`, weighed by `hone.learning.nudge`, told to the writer by `hone.learning.review`.
"""

from typing import Literal

import msgspec

Kind = Literal["fix", "precondition", "warm_up", "in_vain", "dead_end", "correction", "misfire"]
"""`fix` and `precondition` are resolved by another call; see DESIGN for each."""


class Episode(msgspec.Struct, frozen=True):
    """One episode. `events` are the ids of the events that show it, in order (`e12`, …).

    `failed` is the call that failed as a person would type it (a command, or `tool path`), `error` the telling part of
    its result, `worked` the call that did the job after all, `needed` what had to run before (`precondition`), `skill`
    the loaded skill that led there (`misfire`), `said` the user's words (`correction`). `seconds` and `tokens` count
    from the first failure to the end of the episode.
    """

    kind: Kind
    events: tuple[str, ...]
    failed: str = ""
    error: str = ""
    worked: str = ""
    needed: str = ""
    skill: str = ""
    said: str = ""
    calls: int = 0
    seconds: float = 0.0
    tokens: int = 0
