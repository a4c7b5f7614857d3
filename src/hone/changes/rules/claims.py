"""Claims that a tool, a service or the network is not available. True today, wrong tomorrow, and then they keep an agent from
trying: in a skill they have no place, in memory they expire. A text that says what to do instead is no such claim.
"""

import datetime
import re
from collections.abc import Iterator, Sequence

import msgspec

from hone.changes import items
from hone.changes.change import Add, AnyOp, Change, Effect, Replace
from hone.changes.rules.duplicates import says
from hone.memory.entries import Block, entries, parse

LIFETIME = datetime.timedelta(days=7)

_USABLE = (
    r"(?:available|installed|reachable|accessible|supported(?! by)|working|functional|running|responding|operational|usable|online"
    r"|present|up|on (?:the )?PATH|possible|allowed|permitted|enabled|connected)\b"
)
_GONE = r"(?:unavailable|unreachable|offline|down|uninstalled|inaccessible|unusable|broken|blocked|disabled|missing(?! (?:an?|the|its|one|from)\b)|unsupported|dead)\b"
_DONE = (
    r"(?:be )?(?:run|ran|used?|reach(?:ed)?|access(?:ed)?|install(?:ed)?|connect(?:ed)?|execut\w+|start(?:ed)?|resolv\w+"
    r"|perform\w*|test\w*|download\w*|fetch\w*|built|build|launch\w*|contact\w*|pull\w*|push\w*|queried|query|call\w*)\b"
)
_NETWORK = r"(?:network|internet|connectivity|dns|outbound|web|docker|sudo|root|gpu)"
_CLAIM = re.compile(
    rf"(?:\bnot|n[’']t|\bnever|\bno longer)(?: \w+ly| yet| even| be| currently| been)* {_USABLE}"
    rf"|\b(?:is|are|was|were|seems?|appears?|looks?|been|be)(?: to be)?(?: \w+ly| still| always| often| also| now)* {_GONE}"
    rf"|\b(?:can ?not|can[’']t|could(?:n[’']t| not)|unable to|impossible to|not possible to|not able to) {_DONE}"
    rf"|(?:\b(?:does|did)|(?<=s )do)(?:n[’']t| not) (?:work|respond|function|start|resolve|run(?= (?:here|in this|on this|at all)|\W*$)|have (?:\w+ )?{_NETWORK})\b"
    rf"|\b(?:no|lacks?|without) (?:\w+ )?(?:{_NETWORK}|access)\b"
    r"|^\W*\w+(?: \w+){0,2} (?:unavailable|unreachable|offline|down)\W*$"
    r"|^\W*no \w+(?: \w+)? (?:here|available|installed|access|on this|in this|in the (?:sandbox|container|environment))\b"
    r"|\b(?:never works|always fails|fails to (?:connect|start|respond|resolve)|command not found)\b",
    re.IGNORECASE,
)
_VERB = (
    r"(?:use|run|try|prefer|call|pass|set|add|start|install|retry|switch|fall back|export|invoke|enable|disable|wait|ask|open|put"
    r"|write|read|copy|replace|choose|pick|point|append|prefix|log ?in|source|activate|create|build|pull|do|go|check|edit|move"
    r"|rename|delete|remove|skip|mount|connect|upgrade|pin|restart|kill|reload|clear|regenerate|generate|work around|rerun|fetch|get|send|take|keep|give|configure|specify|define|work|stick)"
)
_INSTEAD = re.compile(
    r"^\W*(?:do not|don[’']t|never(?! works)|avoid) "
    rf"|^\W*(?:always |first,? |please |then )?{_VERB} "
    rf"|(?:[;,.–—]\s+|:\s*|\s-+\s)(?:so |and |then |please |always |just |instead,? |first,? |you (?:can|must|should) )*{_VERB}\b"
    rf"|\b(?:so|and|then|but) (?:please |always |instead |you (?:can|must|should) )*{_VERB}\b"
    r"|\b(?:instead|rather than|workaround|until|unless|before|once|means|because|needs?|requires?|must|after)\b"
    r"|\b(?:if|when|while)\b(?! (?:I|we) )"
    r"|\bwithout (?!(?:a |any )?(?:\w+ )?(?:network|internet|docker|connectivity|web)\b)"
    r"|\b(?:works?|available|reachable|is|are|lives|listens|responds) (?:with|via|through|at|as|under|only|from|inside) "
    r"|[,;:–—] (?:but )?(?:it is|it[’']s|its|\S+ (?:is|works|does|has|can))\b(?! not|n[’']t)"
    r"|\bbut \S+(?: \S+)? (?:is|are|works?|does|has|can|runs)\b(?! not|n[’']t)",
    re.IGNORECASE,
)
# What such words say of a file, a flag or an endpoint is a fact of the project, true until it changes.
_FACT = re.compile(
    r"(?:^|\s)[\"'`(]*(?:--?\w|/\w|(?!node\.js|vue\.js|next\.js)\w+\.(?:py|js|ts|json|ya?ml|toml|md|txt|sh|go|rs|cfg|ini|env)\b)"
    r"|\b(?:endpoint|route|path|file|directory|folder|module|script|option|flag|field|column|table|function|method|class"
    r"|argument|parameter|variable|branch|key|header|feature|syntax|import|target|version|setting|theme|user|team|customer|people)s?\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"\(until \d{4}-\d{2}-\d{2}\)")


def is_claim(text: str) -> bool:
    """Whether `text` says that something cannot be used, and not what to do instead."""
    text = _UNTIL.sub("", text)
    match = _CLAIM.search(text)
    if match is None or _FACT.search(text[: match.start()]):
        return False
    rest = f"{text[: match.start()].rstrip()} not{text[match.end() :]}"
    return not _INSTEAD.search(rest)


def expire(change: Change, today: datetime.date) -> tuple[Change, tuple[Change, ...]]:
    """`change` as it may stand, and the memory entries that its claims become if it is about a skill."""
    claims = [item for item in items.items(change) if is_claim(item.text)]
    if not claims:
        return change, ()
    if change.skill is None:
        ops = tuple(_expiring(op, today) for op in change.ops)
        return msgspec.structs.replace(change, ops=ops), ()
    claimed = {item.text for item in claims}
    entries = tuple(Add(_until(item.text, today), item.evidence) for item in claims)
    memory = msgspec.structs.replace(
        change,
        target=f"projects/{change.project}/memory.md" if change.project else "memory.md",
        ops=entries,
        base_sha256=None,
        ordinal=None,
    )
    return items.keep(change, lambda text: text not in claimed), (memory,)


def renew(change: Change, effects: Sequence[Effect]) -> Change:
    """`change` with each claim that the file makes already, until some day, in the place of that one: it now holds longer.

    `effects` are those of `change`. A claim that would hold no longer than the one in the file stays as it is.
    """
    if change.skill is not None:
        return change
    dated = [entry for effect in effects for entry in _dated(effect)]
    return msgspec.structs.replace(change, ops=tuple(_renewed(op, dated) for op in change.ops))


def _dated(effect: Effect) -> Iterator[Block]:
    text = (effect.before or b"").decode("utf-8", "surrogateescape")
    yield from (entry for entry in entries(parse(text)) if entry.until is not None)


def _renewed(op: AnyOp, dated: Sequence[Block]) -> AnyOp:
    until = _date(op.text) if isinstance(op, Add) and is_claim(op.text) else None
    if not isinstance(op, Add) or until is None:
        return op
    for entry in dated:
        if entry.until and entry.until < until and (says(entry.text, op.text) or says(op.text, entry.text)):
            return Replace(entry.hash, op.text, op.evidence)
    return op


def _date(text: str) -> datetime.date | None:
    return next((entry.until for entry in entries(parse(f"- {text}"))), None)


def _expiring(op: AnyOp, today: datetime.date) -> AnyOp:
    if isinstance(op, Add | Replace) and is_claim(op.text):
        return msgspec.structs.replace(op, text=_until(op.text, today))
    return op


def _until(text: str, today: datetime.date) -> str:
    """`text` with the day on which it expires; who proposes it may say a sooner one, not a later."""
    last = today + LIFETIME
    said = _date(text)
    if said is not None and said <= last:
        return text
    return f"{_UNTIL.sub('', text).rstrip()} (until {last})"
