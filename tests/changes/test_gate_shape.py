"""Rules about the file as it would be: its format, its size, how much of it changes, and deletion."""

import pytest

from hone.changes.change import (
    Add,
    AddGotcha,
    AnyOp,
    Archive,
    Change,
    Create,
    Effect,
    Pin,
    Remove,
    Replace,
    ReplaceStep,
    SetWhen,
    Write,
)
from hone.changes.rules.finding import Finding
from hone.changes.rules.shape import breaks_format, deletes, outgrows, overwrites, rewrites

PATH = "skills/deploy/SKILL.md"


def skill(body: str, name: str = "deploy", more: str = "") -> bytes:
    return f"---\nname: {name}\ndescription: Deploys.\n{more}---\n{body}".encode()


def revise(*ops: AnyOp, target: str = PATH) -> Change:
    return Change(target=target, origin="review", ops=ops)


@pytest.mark.parametrize(
    ("before", "after", "errors"),
    [
        (None, skill("# Deploy\n"), []),
        (None, skill("# Deploy\n", name="other"), ["name 'other' and directory 'deploy' differ"]),
        (
            None,
            b"# Deploy\n",
            ["no frontmatter: begin with a line ---, name and description, and a line ---"],
        ),
        (None, b"\xff\xfe", ["SKILL.md is not UTF-8"]),
        (skill("a\n", more="version: 1\n"), skill("b\n", more="version: 1\n"), []),  # it was so before
        (skill("a\n"), None, []),
    ],
)
def test_only_new_errors_of_the_format_count(
    before: bytes | None, after: bytes | None, errors: list[str]
) -> None:
    assert (
        list(breaks_format([Effect(PATH, before, after), Effect("skills/deploy/hone.yaml", None, b"v: 1\n")]))
        == errors
    )


def test_a_new_skill_never_goes_over_one_that_is_there() -> None:
    create = revise(Create("Deploy", "Deploys.", "To deploy.", ("Run it",)))
    there = [Effect(PATH, skill("a\n"), skill("b\n"))]
    assert list(overwrites(create, there)) == [
        Finding("reject", "a skill named deploy exists: revise that one")
    ]
    assert list(overwrites(create, [Effect(PATH, None, skill("b\n"))])) == []
    assert list(overwrites(revise(AddGotcha("x")), there)) == []


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        (None, skill("x" * 8_000), False),
        (None, skill("x" * 8_001), True),
        (skill("x" * 8_800), skill("x" * 8_900), True),
        (skill("x" * 8_800), skill("x" * 8_700), False),  # it gets shorter
        (None, b"---\nnever closed\n" + b"x" * 8_001, True),
        (b"---\nnever closed\n" + b"x" * 9_000, skill("x" * 8_900), False),
    ],
)
def test_a_body_of_more_than_2000_tokens_is_held_unless_it_shrinks(
    before: bytes | None, after: bytes, held: bool
) -> None:
    found = list(outgrows([Effect(PATH, before, after)]))
    assert [finding.decision for finding in found] == ["hold"] * held


def test_a_file_is_deleted_by_its_user_only() -> None:
    (of_skill,) = deletes(revise(Write(None)))
    (of_memory,) = deletes(revise(Write(None), target="memory.md"))
    assert of_skill == Finding("reject", "only the user deletes a file: archive the skill instead")
    assert of_memory == Finding("reject", "only the user deletes a file: remove single entries instead")
    assert list(deletes(revise(Write("text"), Remove("x")))) == []


def lines(count: int) -> list[str]:
    return [f"line {number}\n" for number in range(count)]


def edit(before: list[str], after: list[str]) -> list[Effect]:
    return [Effect("memory.md", "".join(before).encode(), "".join(after).encode())]


TEN = lines(10)


@pytest.mark.parametrize(
    ("after", "held"),
    [
        (TEN, False),
        ([*TEN[:2], "a\n", "b\n", "c\n", *TEN[5:]], False),
        ([*TEN[:2], "a\n", "b\n", "c\n", "d\n", *TEN[6:]], True),
        (["a\n", *TEN[1:5], "b\n", *TEN[6:9], "c\n"], False),
        (["a\n", "b\n", *TEN[2:5], "c\n", *TEN[6:9], "d\n"], True),
        (TEN[3:], False),
        (TEN[4:], True),
        ([*TEN, *["new\n"] * 4], False),
        ([*TEN, *["new\n"] * 5], True),
        ([], True),
    ],
)
def test_more_than_30_percent_of_a_file_is_held(after: list[str], held: bool) -> None:
    found = list(rewrites(revise(Remove("a"), Remove("b"), target="memory.md"), edit(TEN, after)))
    assert [finding.decision for finding in found] == ["hold"] * held


def test_the_reason_says_how_much() -> None:
    (found,) = rewrites(revise(Write("x"), target="memory.md"), edit(TEN, TEN[5:]))
    assert found.reason == "50% of memory.md would change, 30% go unasked"


@pytest.mark.parametrize(
    ("ops", "held"),
    [
        ((Add("a"), Add("b")), False),
        ((Replace("a", "b"),), False),
        ((Remove("a"),), True),
        ((ReplaceStep("a", "b"),), False),
        ((Remove("a"), Remove("b")), True),
        ((Write("x"),), True),
    ],
)
def test_in_a_small_file_one_item_and_new_entries_are_never_too_much(
    ops: tuple[AnyOp, ...], held: bool
) -> None:
    assert bool(list(rewrites(revise(*ops, target="memory.md"), edit(lines(3), ["x\n"])))) is held


def test_what_moves_marks_makes_or_takes_a_file_away_is_not_measured() -> None:
    whole = Effect("skills/deploy/hone.yaml", b"v: 1\n", b"pinned: true\n")
    assert (
        list(rewrites(revise(Archive()), [Effect("skills/deploy", moved_to="skills/.archive/deploy")])) == []
    )
    assert list(rewrites(revise(Pin()), [whole])) == []
    assert (
        list(rewrites(revise(SetWhen("x"), Remove("y")), [Effect("a", None, b"x"), Effect("b", b"x", None)]))
        == []
    )
    assert list(rewrites(revise(SetWhen("x"), Remove("y")), [Effect("a", b"", b"")])) == []


def test_a_large_file_is_compared_at_once() -> None:
    many = lines(40_000)
    assert (
        list(
            rewrites(
                revise(Remove("a"), Remove("b"), target="memory.md"),
                edit(many, [*many[:20_000], "x\n", *many[20_001:]]),
            )
        )
        == []
    )
