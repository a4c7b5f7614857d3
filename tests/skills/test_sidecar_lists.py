"""Tripwires and pins in hone.yaml: read however they are written, changed one by one, and nothing else with them."""

import difflib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import SpliceError
from hone.skills import sidecar_lists as lists
from hone.skills.frontmatter import parse_mapping
from hone.skills.pins import PinnedFact
from hone.skills.scalars import quoted
from hone.skills.sidecar import (
    add_tripwires,
    new_sidecar,
    read_pins,
    read_tripwires,
    retire_tripwire,
    set_pins,
)
from hone.skills.tripwires import Tripwire

HEALTH = Tripwire(
    "shell", ("/health",), ("/healthz",), say="Use /healthz", evidence=("e17",), gotcha="ab12cd"
)
LINE = (
    '{id: t1, tool: shell, has: ["/health"], lacks: ["/healthz"], unless_after: [], say: "Use /healthz",'
    " evidence: [e17], gotcha: ab12cd}"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"tripwires:\n  - {LINE}\n"),
        ("v: 1", f"v: 1\ntripwires:\n  - {LINE}\n"),
        ("\ufeffv: 1\n", f"\ufeffv: 1\ntripwires:\n  - {LINE}\n"),
        ("v: 1\r\nb: 2\r\n", f"v: 1\r\nb: 2\r\ntripwires:\r\n  - {LINE}\r\n"),
        ("tripwires: []\nb: 2\n", f"tripwires:\n  - {LINE}\nb: 2\n"),
        ("tripwires: [\n]  # none\nb: 2\n", f"tripwires:  # none\n  - {LINE}\nb: 2\n"),
        ("tripwires:   # none yet\nb: 2\n", f"tripwires:   # none yet\n  - {LINE}\nb: 2\n"),
        ("tripwires: ~\n", f"tripwires:\n  - {LINE}\n"),
        ("{v: 1, tripwires: []}\n", f"{{v: 1, tripwires: [{LINE}]}}\n"),
        ("tripwires: [{has: [a]}, ] # x\n", f"tripwires: [{{has: [a]}}, {LINE.replace('t1', 't2')}, ] # x\n"),
        ("tripwires:\n- has: a\n  say: |\n    so\n\n# b\nb: 2\n", f"tripwires:\n- has: a\n  say: |\n    so\n- {LINE.replace('t1', 't2')}\n\n# b\nb: 2\n"),
        ("tripwires:\n    - {id: t7, has: a} # x\n", f"tripwires:\n    - {{id: t7, has: a}} # x\n    - {LINE.replace('t1', 't8')}\n"),
        ("tripwires: [x]\n", f"tripwires: [x, {LINE}]\n"),
        ("tripwires: [{id: T7}, {id: mine}, {id: t2, retired: true}]\n", f"tripwires: [{{id: T7}}, {{id: mine}}, {{id: t2, retired: true}}, {LINE.replace('t1', 't3')}]\n"),
    ],
)  # fmt: skip
def test_a_tripwire_comes_last_with_the_next_id(before: str, after: str) -> None:
    assert add_tripwires(before, [HEALTH]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tripwires: [{id: t1, tool: x, has: a}]\n", "tripwires: [{id: t1, tool: x, has: a, retired: true}]\n"),
        ("tripwires:\n- id: t1\n  tool: x\n  has:\n  - a\n# b\n", "tripwires:\n- id: t1\n  tool: x\n  has:\n  - a\n  retired: true\n# b\n"),
        ("tripwires: [{id: t1, tool: x, has: a, retired: no, mine: 1}]\n", "tripwires: [{id: t1, tool: x, has: a, retired: true, mine: 1}]\n"),
        ("tripwires: [{id: t1, tool: x, has: a, retired: yes}]\n", "tripwires: [{id: t1, tool: x, has: a, retired: yes}]\n"),
        ("tripwires: [{tool: x, has: a}]\n", "tripwires: [{tool: x, has: a, retired: true}]\n"),
        ("tripwires: [{id: t1, tool: x, has: a}, {id: t1, tool: y, has: b}]\n", "tripwires: [{id: t1, tool: x, has: a, retired: true}, {id: t1, tool: y, has: b, retired: true}]\n"),
    ],
)  # fmt: skip
def test_a_retired_tripwire_stays_and_says_so(before: str, after: str) -> None:
    assert retire_tripwire(before, "t1") == after


MAKE = PinnedFact("file", "Makefile", value="sha256:1")
LINT = PinnedFact("manifest", "package.json", "scripts.lint", "ruff: check, {all}", "2026-11-22", "shop-1")
PINS = "pins:\n  # by hand\n  - {kind: file, target: Makefile, value: sha256:1}\n  - {kind: command, target: go} # old\nb: 1\n"


@pytest.mark.parametrize(
    ("before", "pins", "after"),
    [
        ("", (), ""),
        ("", (MAKE,), "pins:\n  - {kind: file, target: Makefile, value: sha256:1}\n"),
        ("", (LINT,), 'pins:\n  - {kind: manifest, target: package.json, key: scripts.lint, value: "ruff: check, {all}", seen: 2026-11-22, project: shop-1}\n'),
        (PINS, (MAKE,), PINS.replace("  - {kind: command, target: go} # old\n", "")),
        (PINS, (PinnedFact("file", "Makefile"), PinnedFact("command", "go")), PINS.replace(", value: sha256:1", "")),
        (PINS, (), "pins:\n  # by hand\nb: 1\n"),
        ("pins: [{kind: file, target: a}, x, {kind: file, target: b}]", (), "pins: [x]"),
        ("pins: [{kind: file, target: a}]", (), "pins: []"),
        ("pins: [{kind: file, target: a}, {kind: file, target: b}]", (PinnedFact("file", "a"),), "pins: [{kind: file, target: a}]"),
    ],
)  # fmt: skip
def test_pins_keep_their_place_and_what_is_no_pin_is_left(
    before: str, pins: tuple[PinnedFact, ...], after: str
) -> None:
    assert set_pins(before, pins) == after


@pytest.mark.parametrize(
    "text", ["tripwires: [\n", "- a\n", "tripwires: x\n", "pins: {a: 1}\ntripwires: {a: 1}\n"]
)
def test_what_is_no_list_is_read_as_none_and_never_written(text: str) -> None:
    assert (read_tripwires(text), read_pins(text)) == ((), ())
    with pytest.raises(SpliceError, match=r"^hone\.yaml: "):
        add_tripwires(text, [HEALTH])
    with pytest.raises(SpliceError, match=r"^hone\.yaml: "):
        retire_tripwire(text, "t1")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [{id: t1, tool: x, has: a}]\ntripwires: *a\n",  # an edit would be one of both
        "{v: 1}\n",
        "tripwires: [{id: t1, tool: x, has: a} # x\n]\nx: {a: 1}\n--- \n",
    ],
)
def test_a_file_that_cannot_be_edited_alone_is_refused(text: str) -> None:
    with pytest.raises(SpliceError):
        retire_tripwire(add_tripwires(text, [HEALTH]), "t1")


def test_a_list_in_braces_loses_its_items_one_by_one() -> None:
    text = "a: [{b: 1}, {c: 2},   {d: 3}] # x\n"
    assert lists.without_item(text, "a", 0) == "a: [{c: 2},   {d: 3}] # x\n"
    assert lists.without_item(text, "a", 2) == "a: [{b: 1}, {c: 2}] # x\n"


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
TRIPWIRES = st.builds(
    Tripwire,
    tool=st.sampled_from(["shell", "edit", "mcp__a.b"]),
    has=st.lists(st.sampled_from(["/health", "a: b", "---", "'", '"', "#", "é😀", "no"]), min_size=1).map(
        tuple
    ),
    lacks=st.lists(st.sampled_from(["/healthz", "{x}"])).map(tuple),
    say=WORDS,
    evidence=st.lists(st.sampled_from(["e1", "e22"])).map(tuple),
    gotcha=st.sampled_from(["", "123456", "1e5000", "ab12cd"]),
)
ITEMS = st.sampled_from(
    [
        "{id: t%d, tool: shell, has: [a], mine: {b: [1]}}",
        "{tool: shell, has: a}  # of mine",
        "id: t%d\n    tool: shell\n    has:\n      - a\n    say: >-\n      so\n      it is",
        "tool: edit\n    has: [a]\n\n    # what it says\n    say: 'so'",
        '{id: "x-%d",\n     tool: shell, has: ["é 😀"]}',
        "no tripwire",
    ]
)
REST = st.sampled_from(
    ["", "mine: {a: [1, 2]}\n", "# a comment\n", "triggers:\n  words:\n    - deploy\n", "\n"]
)


@st.composite
def sidecars(draw: st.DrawFn) -> str:
    written = [
        item.replace("%d", str(number)) for number, item in enumerate(draw(st.lists(ITEMS, max_size=4)), 1)
    ]
    header = draw(st.sampled_from(["tripwires:\n", "tripwires: # all\n"]))
    none = draw(st.sampled_from(["", "tripwires: []\n", "tripwires:\n"]))
    items = "".join(
        f"  - {item}\n{draw(st.sampled_from(['', '  # between']))}".rstrip(" ") for item in written
    )
    items = items.replace("  # between", "  # between\n")
    text = draw(REST) + (header + items if written else none) + draw(REST)
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(st.sampled_from(["", "\ufeff"])) + text


def fields(text: str) -> dict[str, Any]:
    return {
        key: value for key, value in parse_mapping(text.removeprefix("\ufeff")).items() if key != "tripwires"
    }


@given(sidecars(), st.lists(TRIPWIRES, max_size=3))
def test_whatever_a_hone_yaml_holds_stays_byte_for_byte(text: str, new: list[Tripwire]) -> None:
    before = read_tripwires(text)
    after = add_tripwires(text, new)
    assert fields(after) == fields(text)
    read = read_tripwires(after)
    assert read[: len(before)] == before
    assert [each.has for each in read[len(before) :]] == [each.has for each in new]
    assert len({each.id for each in read[len(before) :]} - {each.id for each in before}) == len(new)
    assert kept(text, after)
    for each in read:
        after = retire_tripwire(after, each.id)
    assert all(each.retired for each in read_tripwires(after))
    assert kept(text, after, ", retired: true")


def kept(before: str, after: str, added: str = "") -> bool:
    """Whether no line of `before` is missing in `after`, but for an empty list and what was `added` to a line."""
    assert before.startswith("\ufeff") == after.startswith("\ufeff")
    before, after = before.removeprefix("\ufeff"), after.removeprefix("\ufeff")
    lines = [line.replace(added, "") if added else line for line in after.splitlines()]
    gone = [line[2:] for line in difflib.ndiff(before.splitlines(), lines) if line.startswith("- ")]
    return all(line == "tripwires: []" for line in gone)


@given(TRIPWIRES)
def test_what_is_written_is_read_back(tripwire: Tripwire) -> None:
    (read,) = read_tripwires(add_tripwires(new_sidecar(), [tripwire]))
    said = parse_mapping(f"said: {quoted(tripwire.say)}")["said"]
    assert (read.tool, read.has, read.lacks) == (tripwire.tool, tripwire.has, tripwire.lacks)
    assert (read.evidence, read.gotcha, read.id) == (tripwire.evidence, tripwire.gotcha, "t1")
    assert read.say == " ".join(said.split())


@given(st.lists(st.builds(PinnedFact, st.just("file"), WORDS.filter(str.strip), WORDS, WORDS), max_size=4))
def test_any_pins_can_be_set_and_set_again(pins: list[PinnedFact]) -> None:
    written = set_pins(new_sidecar(), pins)
    text = set_pins(written, read_pins(written))  # of two that differ in white space alone one is left
    assert set_pins(text, read_pins(text)) == text
    assert read_pins(set_pins(text, ())) == ()
