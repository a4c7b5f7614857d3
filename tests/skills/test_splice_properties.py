"""Whatever a skill file looks like, an edit changes the span that it names and what a person wrote survives."""

from collections.abc import Callable
from itertools import takewhile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import HoneError
from hone.skills import splice
from hone.skills.outline import Kind, Outline, columns, outline

HEADS = [
    "",
    "---\nname: a\ndescription: >-\n  Do it.\n  Use it.\n---\n",
    '---\nname: "a"  # mine\nmetadata:\n  "x": "1"\ndescription: Do it\n---\n\n',
]
EXTRAS = [
    "# Steps to deploy\n\nWords.\n",
    "## Notes of Anna\n\n* ask first\n1. on Friday\n",
    "Title\n=====\n\n| a | b |\n|---|---|\n",
    "## Example\n\n```sh\n# Steps\n1. fake\n## Gotchas\n- fake\n```\n",
    "## Old\n\n<!--\n## Steps\n1. fake\n-->\n",
    "## Code\n\n    ## Gotchas\n    - fake\n",
    "##No heading\n---\n\n***\n",
]
HEADINGS: dict[Kind, list[str]] = {
    "steps": [
        "## Steps\n",
        "### steps:\n\n",
        "# STEPS\n\nDo all of them.\n\n",
        "Steps\n-----\n",
        "## Steps to deploy\n",
    ],
    "gotchas": ["## Gotchas\n\n", "#### gotchas and more\n", "## 3. Gotchas ##\n\n\n"],
    "when": ["## When to use\n\n", "# when to use it\nOn Monday.\n"],
}
BULLETS = ["- ", "* ", "+   ", " - ", "1. ", "1) ", "  7.  "]
BODIES = [
    "",
    "\nand more words",
    "\n\nA paragraph.",
    "\n```\n# Steps\n- code\n\n1. code\n```",
    "\n    ## deeper",
]
TAILS = ["", "wrapped at the margin\n", "      - nested in it\n", "\n"]

Written = tuple[str, str, tuple[str, ...]]
"""The whole file, what must survive, and the texts of the items that can be written back as they are."""


@st.composite
def item_lists(draw: st.DrawFn, word: str) -> tuple[str, list[str]]:
    """The items of a list with one bullet, and their texts, as far as they stand with the usual indentation."""
    prefix = draw(st.sampled_from(BULLETS))
    written, texts = "", []
    for number in range(draw(st.integers(0, 3))):
        text = f"{word} {number}{draw(st.sampled_from(BODIES))}"
        lines = text.split("\n")
        indent = " " * columns(prefix)
        written += (
            "\n".join([prefix + lines[0], *(indent + line if line else "" for line in lines[1:])]) + "\n"
        )
        written += draw(st.sampled_from(TAILS))
        texts.append(text)
    return written, texts


@st.composite
def skill_files(draw: st.DrawFn) -> Written:
    parts, texts = [draw(st.sampled_from(EXTRAS)) for _ in range(draw(st.integers(0, 3)))], []
    survive = list(parts)
    kinds: list[Kind] = draw(st.lists(st.sampled_from(["steps", "gotchas", "when"]), unique=True))
    for kind in kinds:
        listed, said = draw(item_lists(kind)) if kind != "when" else ("When it rains.\n", [])
        parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from(HEADINGS[kind])) + listed)
        texts += said
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = (draw(st.sampled_from(HEADS)) + "\n".join(parts)).replace("\n", end)
    mark = draw(st.sampled_from(["", "\ufeff"]))
    text = mark + (text.rstrip() if draw(st.booleans()) else text)
    return text, "\0".join(part.rstrip().replace("\n", end) for part in survive), tuple(texts)


def kind_of(text: str) -> Kind:
    return "steps" if text.startswith("steps") else "gotchas"


def replace(text: str, old: str, new: str) -> str:
    return (splice.replace_step if kind_of(old) == "steps" else splice.replace_gotcha)(text, old, new)


def said(page: Outline, kind: Kind) -> list[str]:
    return [page.text(item, item.own_end) for section in page.of(kind) for item in section.items]


def common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def changed_span(before: str, after: str) -> tuple[str, str]:
    """What of `before` is not in `after`, and the other way round, if one span was changed."""
    start = common(before, after)
    rest = common(before[start:][::-1], after[start:][::-1])
    return before[start : len(before) - rest], after[start : len(after) - rest]


@given(skill_files(), st.sampled_from(["one", "one\ntwo", "```\n## Steps\n- a\n```", "- a\n- b"]))
@pytest.mark.parametrize(("kind", "add"), [("steps", splice.add_step), ("gotchas", splice.add_gotcha)])
def test_an_item_is_added_and_nothing_else_changes(
    kind: Kind, add: Callable[[str, str], str], file: Written, value: str
) -> None:
    text, survive, _ = file
    result = add(text, value)
    gone, new = changed_span(text, result)
    assert gone == ""
    assert new.count("\n") - new.count("\r\n") in (0, new.count("\n"))
    before, after = outline(text), outline(result)
    other: Kind = "gotchas" if kind == "steps" else "steps"
    assert said(after, other) == said(before, other)
    mine = said(after, kind)
    for each in said(before, kind):
        mine.remove(each)
    assert mine[0].splitlines()[0] == value.removeprefix("- ").splitlines()[0]
    assert all(part in result for part in survive.split("\0"))


@given(skill_files(), st.integers(0, 5), st.sampled_from(["one", "one\n\n- two", "```\n# Steps\n```"]))
def test_what_was_replaced_can_be_put_back(file: Written, number: int, value: str) -> None:
    text, survive, texts = file
    if not texts:
        return
    old = texts[number % len(texts)]
    changed = replace(text, old, value)
    gone, _ = changed_span(text, changed)
    assert "".join(gone.split()) in "".join(old.split())
    assert all(part in changed for part in survive.split("\0"))
    back = splice.replace_step if kind_of(old) == "steps" else splice.replace_gotcha
    assert back(changed, value, old) == text


@given(skill_files(), st.integers(0, 5))
def test_a_removed_item_goes_alone(file: Written, number: int) -> None:
    text, survive, texts = file
    if not texts:
        return
    old = texts[number % len(texts)]
    kind = kind_of(old)
    result = (splice.remove_step if kind == "steps" else splice.remove_gotcha)(text, old)
    gone, new = changed_span(text, result)
    assert new == ""
    before, left = said(outline(text), kind), said(outline(result), kind)
    assert gone
    assert any(before[:at] + before[at + len(before) - len(left) :] == left for at in range(len(left) + 1))
    assert all(part in result for part in survive.split("\0"))


@given(skill_files(), st.sampled_from(["Now.", "Now.\n\n# Steps\n1. fake", "```\nopen"]))
def test_the_text_on_when_to_use_is_set_alone(file: Written, value: str) -> None:
    text, survive, _ = file
    result = splice.set_when(text, value)
    gone, _ = changed_span(text, result)
    assert not gone.strip() or gone.strip() in "When it rains." or gone.startswith(("When", "On Monday"))
    assert all(part in result for part in survive.split("\0"))
    for kind in ("steps", "gotchas"):
        assert said(outline(result), kind) == said(outline(text), kind)


soup = st.lists(
    st.sampled_from(
        ["## Steps", "# gotchas", "## When to use", "- a", "1. b", "  c", "   ```", "```", "<!--", "-->", "---", "", "d",
         "===", "    e", "\t- f", "   2) g", "### h", "* * *", "- ```"]
    ),
    max_size=14,
).map("\n".join)  # fmt: skip
EDITS: list[Callable[[str], str]] = [
    lambda text: splice.add_step(text, "new"),
    lambda text: splice.add_step(text, "new", 1),
    lambda text: splice.add_gotcha(text, "new\nlines"),
    lambda text: splice.replace_step(text, "b", "new"),
    lambda text: splice.remove_step(text, "b"),
    lambda text: splice.replace_gotcha(text, "a", "new"),
    lambda text: splice.remove_gotcha(text, "a"),
    lambda text: splice.set_when(text, "new"),
    lambda text: splice.set_description(text, "new"),
]


@given(soup | st.text(max_size=80), st.sampled_from(EDITS))
def test_any_text_is_edited_in_one_place_or_refused(text: str, edit: Callable[[str], str]) -> None:
    try:
        page = outline(text)
        assert "".join(page.lines) == text.removeprefix("\ufeff")
        result = edit(text)
    except HoneError:
        return
    _, new = changed_span(text, result)
    assert "new" in new or new == ""
    starts = {section.start for section in page.sections}
    for section in page.sections:
        assert section.start < section.body <= section.own_end <= section.end
        for item in section.items:
            assert section.body <= item.start < item.own_end <= item.end <= section.end
            assert not starts.intersection(range(item.start, item.end))
            assert msgspec.json.encode(page.text(item, item.end).encode("utf-8", "replace").decode())
