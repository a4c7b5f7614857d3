"""A new skill as the text of its SKILL.md, in the strict form of the Agent Skills format. Edits are `splice`'s part."""

from collections.abc import Iterable, Sequence

from hone.errors import UsageError
from hone.skills.markdown import clean, item, item_lines, prose_lines
from hone.skills.scalars import quoted, scalar
from hone.skills.spec import lint


def render_skill(
    name: str, *, title: str, description: str, when_to_use: str, steps: Sequence[str], gotchas: Sequence[str]
) -> str:
    """The whole SKILL.md; a section that would be empty is left out.

    Raises UsageError if the format does not allow it: a wrong name, a description that is missing or longer than 1,024
    characters, a step or gotcha without text.
    """
    heading = " ".join(clean(title).split()).lstrip("# ") or name
    sections = (
        _section("When to use", prose_lines(when_to_use)),
        _section("Steps", _items((f"{number}. ", step) for number, step in enumerate(steps, 1))),
        _section("Gotchas", _items(("- ", gotcha) for gotcha in gotchas)),
    )
    head = f"---\nname: {scalar(name)}\ndescription: {quoted(description)}\n---\n"
    text = "\n".join([head, f"# {heading}\n", *filter(None, sections)])
    for problem in lint(text, name):
        if problem.level == "error":
            raise UsageError(f"skill {name!r}: {problem.message}")
    return text


def _section(heading: str, lines: Sequence[str]) -> str:
    return "\n".join([f"## {heading}", "", *lines, ""]) if lines else ""


def _items(texts: Iterable[tuple[str, str]]) -> list[str]:
    return [line for prefix, text in texts for line in item(prefix, item_lines(text))]
