"""The verdict: what the rules say together, for each kind of writer."""

import datetime

import msgspec
import pytest

from hone.changes.change import (
    Add,
    AddGotcha,
    AddStep,
    AnyOp,
    Change,
    Create,
    Effect,
    Facts,
    Gotcha,
    Origin,
    Pin,
    RemoveStep,
    ReplaceGotcha,
    SetDescription,
    Write,
)
from hone.changes.gate import judge, without

TODAY = datetime.date(2026, 11, 22)
KEY = "ghp_" + "aB3d" * 9
PATH = "skills/deploy/SKILL.md"
SKILL = b"---\nname: deploy\ndescription: Deploys.\n---\n\n# Deploy\n\n## Steps\n1. Build\n2. Ship\n\n## Gotchas\n- One\n"
AFTER = SKILL + b"- Two\n"
OTHERS: tuple[Origin, ...] = ("review", "tool", "dream", "import", "sync")


def change(*ops: AnyOp, origin: Origin = "review", target: str = PATH) -> Change:
    return Change(target=target, origin=origin, ops=ops, evidence=("e1",), trust="workspace")


def edited(after: bytes = AFTER, before: bytes | None = SKILL) -> list[Effect]:
    return [Effect(PATH, before, after)]


def test_a_good_change_is_accepted_as_it_is() -> None:
    proposed = change(AddGotcha("Two", ("e1",)))
    verdict = judge(proposed, edited(), today=TODAY)
    assert (verdict.decision, verdict.change, verdict.reasons, verdict.vague, verdict.also) == (
        "accept",
        proposed,
        (),
        (),
        (),
    )


@pytest.mark.parametrize("origin", [*OTHERS, "user"])
def test_a_secret_is_rejected_from_everybody_and_stands_nowhere_in_the_verdict(origin: Origin) -> None:
    proposed = change(AddGotcha("fine"), AddGotcha(f"the token is {KEY}"), origin=origin)
    verdict = judge(proposed, edited(), today=TODAY)
    assert verdict.decision == "reject"
    assert verdict.reasons == ("a secret (github-token) in gotcha: say where it is kept instead",)
    assert KEY not in repr(verdict)
    assert verdict.change.ops == (AddGotcha("fine"), AddGotcha("[redacted:github-token]"))
    assert verdict.change.reasons == verdict.reasons


@pytest.mark.parametrize("origin", OTHERS)
def test_invisible_characters_of_others_are_held_and_shown(origin: Origin) -> None:
    verdict = judge(change(AddGotcha("ru\u200bn"), origin=origin), edited(), today=TODAY)
    assert verdict.decision == "hold"
    assert verdict.reasons == ("invisible character U+200B ZERO WIDTH SPACE in gotcha: 'ru⟨U+200B⟩n'",)


def test_invisible_characters_of_the_user_are_only_told() -> None:
    text = SKILL.decode() + "- a\u202eb\n"
    verdict = judge(change(Write(text), origin="user"), edited(text.encode()), today=TODAY)
    assert verdict.decision == "accept"
    assert verdict.reasons == (
        "invisible character U+202E RIGHT-TO-LEFT OVERRIDE in line 14 of skills/deploy/SKILL.md: '- a⟨U+202E⟩b'",
    )


def test_what_breaks_the_format_is_rejected_but_what_a_person_wrote_by_hand_stands() -> None:
    broken = edited(b"# Deploy\n")
    error = "no frontmatter: begin with a line ---, name and description, and a line ---"
    by_hand = judge(change(Write("# Deploy\n"), origin="user"), broken, today=TODAY)
    by_command = judge(change(SetDescription("x"), origin="user"), broken, today=TODAY)
    by_review = judge(change(SetDescription("x")), broken, today=TODAY)
    assert (by_hand.decision, by_hand.reasons) == ("accept", (error,))
    assert (by_command.decision, by_command.reasons) == ("reject", (error,))
    assert by_review.decision == "reject"
    assert by_review.reasons[0] == error


def test_the_user_may_do_what_others_may_not() -> None:
    facts = Facts(events={"e1": "x"}, neighbours={"ship": SKILL.decode()})
    user = Change(target=PATH, origin="user", ops=(Write(None),), trust="external")
    assert judge(user, [Effect(PATH, SKILL, None)], facts, mode="hold", today=TODAY).decision == "accept"
    claim = change(Add("docker is not available"), origin="user", target="memory.md")
    assert judge(claim, (), facts, today=TODAY).change == claim


def test_nobody_creates_a_skill_over_another() -> None:
    create = Create("Deploy", "Deploys.", "To deploy.", ("Run it",))
    for origin in (*OTHERS, "user"):
        verdict = judge(change(create, origin=origin), edited(), today=TODAY)
        assert verdict.decision == "reject"
        assert "a skill named deploy exists: revise that one" in verdict.reasons


def test_the_gravest_finding_decides_and_all_reasons_are_told() -> None:
    external = Change(target=PATH, origin="review", ops=(Write(None),), trust="external")
    verdict = judge(external, [Effect(PATH, SKILL, None)], mode="hold", today=TODAY)
    assert verdict.decision == "reject"
    assert verdict.reasons == (
        "only the user deletes a file: archive the skill instead",
        "seen external text",
        "nothing that worked here vouches for: a file written whole",
        "learning.mode is hold",
    )


@pytest.mark.parametrize("origin", OTHERS)
def test_in_mode_hold_everything_of_others_is_held(origin: Origin) -> None:
    verdict = judge(change(Pin(), origin=origin), (), mode="hold", today=TODAY)
    assert (verdict.decision, verdict.reasons) == ("hold", ("learning.mode is hold",))


def test_what_was_written_after_external_text_is_held() -> None:
    proposed = Change(target=PATH, origin="review", ops=(AddGotcha("Two"),), trust="external")
    verdict = judge(proposed, edited(), today=TODAY)
    why = ("seen external text", "nothing that worked here vouches for: gotcha")
    assert (verdict.decision, verdict.reasons) == ("hold", why)


def test_unknown_evidence_is_dropped_and_the_turns_own_stands_in_for_nothing() -> None:
    facts = Facts(events={"e1": "One", "e2": "Two Three Four"})
    ops = (
        AddGotcha("Two", ("e2", "e9")),
        ReplaceGotcha("One", "Three", ("e9",)),
        AddStep("Four"),
        RemoveStep("Build"),
    )
    verdict = judge(change(*ops), edited(), facts, today=TODAY)
    assert verdict.change.ops == (
        AddGotcha("Two", ("e2",)),
        ReplaceGotcha("One", "Three", ("e1",)),
        AddStep("Four"),
        RemoveStep("Build"),
    )
    create = Create("T", "D", "W", ("Two",), (Gotcha("Three", ("e7", "e2")),))
    verdict = judge(change(create, target="skills/x/SKILL.md"), (), facts, today=TODAY)
    assert verdict.change.ops == (Create("T", "D", "W", ("Two",), (Gotcha("Three", ("e2",)),)),)


def test_vague_items_are_named_and_do_not_decide() -> None:
    facts = Facts(events={"e1": "curl localhost:8431/healthz"})
    create = Create(
        "Deploy",
        "Deploys.",
        "To deploy.",
        ("Check that everything works", "Ask /healthz"),
        (Gotcha("Be careful"),),
    )
    verdict = judge(change(create, target="skills/x/SKILL.md"), (), facts, today=TODAY)
    assert verdict.decision == "accept"
    assert verdict.vague == ("Check that everything works", "Be careful")
    assert without(verdict.change, verdict.vague).ops == (
        Create("Deploy", "Deploys.", "To deploy.", ("Ask /healthz",)),
    )


@pytest.mark.parametrize(
    ("target", "origin", "asked"),
    [
        ("memory.md", "review", True),
        ("projects/p/memory.md", "review", True),
        ("user.md", "review", False),
        ("memory.md", "tool", False),
        (PATH, "tool", True),
    ],
)
def test_which_files_must_name_something_of_the_turn(target: str, origin: Origin, asked: bool) -> None:
    op = Add("Be careful") if target.endswith(("memory.md", "user.md")) else AddGotcha("Be careful")
    verdict = judge(change(op, origin=origin, target=target), (), Facts(events={"e1": "x"}), today=TODAY)
    assert verdict.vague == (("Be careful",) if asked else ())


def test_a_skill_of_claims_alone_is_rejected_and_they_go_to_memory() -> None:
    verdict = judge(change(AddGotcha("docker is not available", ("e1",))), edited(), today=TODAY)
    assert verdict.decision == "reject"
    assert verdict.reasons == ("only says what is unavailable: kept in memory for 7 days",)
    assert verdict.change.ops == ()
    assert [also.ops for also in verdict.also] == [
        (Add("docker is not available (until 2026-11-29)", ("e1",)),)
    ]
    memory = judge(verdict.also[0], (), Facts(events={"e1": "nothing of the kind"}), today=TODAY)
    assert (memory.decision, memory.change.ops, memory.vague) == ("accept", verdict.also[0].ops, ())


def test_a_rejected_change_leaves_its_claims_behind_all_the_same() -> None:
    proposed = change(AddGotcha("docker is not available"), AddGotcha("Two"))
    verdict = judge(proposed, edited(b"# no frontmatter\n"), today=TODAY)
    assert verdict.decision == "reject"
    assert len(verdict.also) == 1


def test_a_known_entry_and_a_duplicate_are_rejected() -> None:
    effect = Effect("memory.md", b"- The server listens on port 8431\n", b"")
    known = judge(change(Add("the server listens on port 8431."), target="memory.md"), [effect], today=TODAY)
    assert known.reasons[0] == "already known: The server listens on port 8431"
    create = Create("Deploy", "Deploys.", "To deploy.", ("Build", "Ship"))
    like = judge(
        change(create, target="skills/deploying/SKILL.md"),
        (),
        Facts(neighbours={"deploy": SKILL.decode()}),
        today=TODAY,
    )
    assert (like.decision, like.reasons) == ("reject", ("much like skill deploy: revise that one",))


def test_an_outgrown_or_rewritten_skill_is_held() -> None:
    verdict = judge(change(AddGotcha("a"), AddGotcha("b")), edited(SKILL + b"- x\n" * 2_100), today=TODAY)
    assert verdict.decision == "hold"
    assert len(verdict.reasons) == 2


def test_dropping_every_item_leaves_no_operations_and_what_has_none_stays() -> None:
    create = change(Create("T", "D", "W", ("a",), (Gotcha("b"),)))
    assert without(create, ("a", "b")).ops == ()
    edits = change(AddStep("a"), RemoveStep("b"), SetDescription("a"), Write("a"))
    assert without(edits, ("a",)).ops == (RemoveStep("b"), SetDescription("a"), Write("a"))


@pytest.mark.parametrize("origin", [*OTHERS, "user"])
def test_only_the_user_changes_a_pinned_skill_at_once(origin: Origin) -> None:
    proposed = change(AddGotcha("Two", ("e1",)), origin=origin)
    verdict = judge(proposed, edited(), Facts(pinned=True), today=TODAY)
    assert verdict.decision == ("accept" if origin == "user" else "hold")
    assert ("the skill is pinned" in verdict.reasons) == (origin != "user")


def test_unknown_evidence_is_dropped_from_the_change_and_from_its_items() -> None:
    proposed = msgspec.structs.replace(
        change(AddGotcha("Two", ("e1", "e999")), AddGotcha("Three", ("e998",))), evidence=("e1", "e999")
    )
    verdict = judge(proposed, edited(), Facts(events={"e1": "Two and Three"}), today=TODAY)
    assert verdict.change.evidence == ("e1",)
    assert [op.evidence for op in verdict.change.ops if isinstance(op, AddGotcha)] == [("e1",), ("e1",)]
