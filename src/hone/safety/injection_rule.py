"""What a rule of the injection guard is: a sign of an attack as data.

A rule is about an effect (override, hide, send out, run, stay), not about a wording seen once. The rules are in
`injection_orders`, `injection_deeds`, `injection_runs` and `injection_scope`, how they are applied in `injection`; examples stand with the tests.
"""

from typing import Literal

import msgspec

Severity = Literal["obvious", "suspect"]
Kind = Literal["memory", "skill", "script"]
"""What a text is: a memory entry, the Markdown of a skill, a file that a skill brings along."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One sign of an attack: `pattern`, and each of `near` within `reach` characters of it (0: in its lines); case
    does not matter.

    `words`, of which one stands in every text that can match, are in lower case and begin where a word begins; only their
    last one, if it has three letters or more, may go on. Without one of them the pattern is not tried.
    `unless_said`: nothing, if it stands earlier in the sentence. `quotable`: within quotation marks or code it is something that people write about, and only suspect.
    """

    id: str
    severity: Severity
    reason: str
    words: tuple[str, ...]
    pattern: str
    near: tuple[str, ...] = ()
    reach: int = 240
    unless_said: str = ""
    kinds: tuple[Kind, ...] = ("memory", "skill", "script")
    quotable: bool = True
