"""Rules about the file as it would be: the Agent Skills format, the size, how much of it changes, and deletion."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import PurePosixPath

from hone.changes.change import (
    Add,
    Change,
    Create,
    Effect,
    Remove,
    RemoveGotcha,
    RemoveStep,
    SidecarEdit,
    Write,
)
from hone.changes.rules.finding import Finding
from hone.errors import UsageError
from hone.messages import estimate_tokens
from hone.skills import frontmatter, spec

MAX_BODY = 2_000  # tokens
MAX_CHANGED = 0.3  # of the lines
_SMALL = 10  # lines: one of them is more than its share


def breaks_format(effects: Sequence[Effect]) -> tuple[str, ...]:
    """Errors of the Agent Skills format that a SKILL.md would have and did not have before."""
    found: list[str] = []
    for effect in _skill_files(effects):
        before = _errors(effect.path, effect.before)
        found += (error for error in _errors(effect.path, effect.after) if error not in before)
    return tuple(found)


def overwrites(change: Change, effects: Sequence[Effect]) -> Iterator[Finding]:
    """A new skill where there is one."""
    if isinstance(change.ops[0], Create) and any(
        effect.before is not None for effect in _skill_files(effects)
    ):
        yield Finding("reject", f"a skill named {change.skill} exists: revise that one")


def outgrows(effects: Sequence[Effect]) -> Iterator[Finding]:
    """A body that is too long to load with every request, unless it is getting shorter."""
    for effect in _skill_files(effects):
        tokens = _body_tokens(effect.after)
        if tokens > max(MAX_BODY, _body_tokens(effect.before)):
            yield Finding(
                "hold",
                f"the body would have about {tokens:,} tokens, {MAX_BODY:,} are usual: move details to references/",
            )


def deletes(change: Change) -> Iterator[Finding]:
    """A whole file taken away."""
    if any(isinstance(op, Write) and op.text is None for op in change.ops):
        advice = "archive the skill instead" if change.skill else "remove single entries instead"
        yield Finding("reject", f"only the user deletes a file: {advice}")


def rewrites(change: Change, effects: Sequence[Effect]) -> Iterator[Finding]:
    """So much of a file changed at once that somebody should look."""
    edits = [op for op in change.ops if not isinstance(op, SidecarEdit)]
    slight = all(isinstance(op, Add) for op in edits) or (
        len(edits) == 1 and not isinstance(edits[0], Write | Remove | RemoveStep | RemoveGotcha)
    )
    for effect in effects:
        if effect.path != change.target or effect.before is None or effect.after is None:
            continue  # beside a skill stands what code keeps of it
        before, after = effect.before.splitlines(), effect.after.splitlines()
        if slight and len(before) < _SMALL:
            continue
        share = _changed(before, after)
        if share > MAX_CHANGED:
            yield Finding("hold", f"{share:.0%} of {effect.path} would change, {MAX_CHANGED:.0%} go unasked")


def _skill_files(effects: Iterable[Effect]) -> Iterator[Effect]:
    return (e for e in effects if PurePosixPath(e.path).name == "SKILL.md" and e.after is not None)


def _errors(path: str, data: bytes | None) -> tuple[str, ...]:
    if data is None:
        return ()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ("SKILL.md is not UTF-8",)
    name = PurePosixPath(path).parent.name
    return tuple(problem.message for problem in spec.lint(text, name) if problem.level == "error")


def _body_tokens(data: bytes | None) -> int:
    text = (data or b"").decode(errors="replace")
    try:
        return estimate_tokens(frontmatter.split(text.removeprefix("\ufeff")).body)
    except UsageError:
        return estimate_tokens(text)


def _changed(before: Sequence[bytes], after: Sequence[bytes]) -> float:
    """The share of lines that differ, of the longer of the two."""
    longer = max(len(before), len(after))
    head = _equal_at_start(before, after)
    before, after = before[head:], after[head:]
    tail = _equal_at_start(before[::-1], after[::-1])
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    between = sum(block.size for block in SequenceMatcher(None, before, after).get_matching_blocks())
    return (longer - head - tail - between) / longer if longer else 0.0


def _equal_at_start(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
