"""A memory file as the system prompt shows it: within a budget, pinned first, then newest, in the order of the file."""

import datetime
from collections.abc import Callable, Iterable

import msgspec

from hone.memory.entries import Block
from hone.memory.store import MemoryFile, shown
from hone.messages import estimate_tokens

BUDGET = 2_000  # tokens of each file
_CUT = "… [cut; `recall` finds the rest]"


def render_memory(
    file: MemoryFile,
    today: datetime.date,
    *,
    budget_tokens: int = BUDGET,
    leave_out: Callable[[str], bool] = lambda _text: False,
    note: Callable[[str], str] = lambda _text: "",
) -> str:
    """The text for the prompt; empty if the file says nothing that holds today.

    What stands under `Pinned` is always in it. What is left out for lack of room is announced in the first line, as is
    how much was left out because `leave_out` says so of its text. What `note` says of an entry stands behind it. Both
    are asked only about what there is room for.
    """
    current = [block for block in file.blocks if not block.expired(today)]
    announced = ""
    if estimate_tokens(_join(current)) > budget_tokens:
        bounded = [_bounded(block, budget_tokens // 2) for block in current]
        kept = _choose(bounded, budget_tokens)
        missing = [block for block in bounded if block.kind in ("entry", "prose") and block.start not in kept]
        announced = _announcement(missing)
        current = _with_headings(bounded, [block for block in bounded if block.start in kept])
    good = [block for block in current if not (block.text and leave_out(shown(block.raw)))]
    noted = [_noted(block, note) if block.kind == "entry" else block for block in good]
    return "\n".join(filter(None, [_refusal(len(current) - len(good)), announced, _join(noted)]))


def _refusal(number: int) -> str:
    passages = "1 passage" if number == 1 else f"{number:,} passages"
    return (
        f"[{passages} left out: no fact, but words that would steer you; `hone memory show` has them]"
        if number
        else ""
    )


def _noted(block: Block, note: Callable[[str], str]) -> Block:
    said = note(shown(block.text))
    return msgspec.structs.replace(block, raw=f"{block.raw.rstrip()} [{said}]\n") if said else block


def _bounded(block: Block, tokens: int) -> Block:
    """A passage that would take the room of all others, cut at a word."""
    if block.pinned or block.kind not in ("entry", "prose") or _cost(block) <= tokens:
        return block
    start = shown(block.raw)[: tokens * 4 - len(_CUT)]
    whole_words = start.rpartition(" ")[0]
    start = whole_words if len(whole_words) > len(start) // 2 else start
    return msgspec.structs.replace(block, raw=f"{start}{_CUT}\n")


def _choose(blocks: list[Block], budget_tokens: int) -> set[int]:
    """Starts of the blocks that are shown: the pinned ones, then from the last back until one does not fit."""
    said = [block for block in blocks if block.kind in ("entry", "prose")]
    kept = {block.start for block in said if block.pinned}
    left = budget_tokens - sum(_cost(block) for block in said if block.pinned)
    for block in reversed([block for block in said if not block.pinned]):
        left -= _cost(block)
        if left < 0:
            break
        kept.add(block.start)
    return kept


def _with_headings(blocks: Iterable[Block], shown_blocks: list[Block]) -> list[Block]:
    """What is shown, each section with its heading."""
    wanted = {block.start for block in shown_blocks}
    result: list[Block] = []
    heading: Block | None = None
    for block in blocks:
        if block.kind == "heading":
            heading = block
        elif block.start in wanted:
            result += [heading, block] if heading else [block]
            heading = None
    return result


def _announcement(missing: list[Block]) -> str:
    if not missing:
        return ""
    only_entries = all(block.kind == "entry" for block in missing)
    one, many = ("entry", "entries") if only_entries else ("passage", "passages")
    if len(missing) == 1:
        return f"[1 older {one} left out; `recall` finds it]"
    return f"[{len(missing):,} older {many} left out; `recall` finds them]"


def _cost(block: Block) -> int:
    return estimate_tokens(block.raw)


def _join(blocks: Iterable[Block]) -> str:
    """The blocks as they are written, with never more than one blank line between them."""
    lines: list[str] = []
    for block in blocks:
        if block.kind == "blank":
            if lines and lines[-1]:
                lines.append("")
        else:
            lines.append(shown(block.raw).rstrip())
    return "\n".join(lines).strip()
