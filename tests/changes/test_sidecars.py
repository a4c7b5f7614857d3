"""What changes of a skill do to its hone.yaml: pins, and tripwires that come and go with their gotchas."""

import pytest
from tests.changes.homes import CREATE, DEPLOY, Home

from hone.changes.change import (
    AddGotcha,
    AnyOp,
    Change,
    Create,
    Effect,
    Facts,
    Gotcha,
    Origin,
    RemoveGotcha,
    ReplaceGotcha,
    RetireTripwire,
    SetPins,
    Tried,
)
from hone.changes.plan import effects_of
from hone.changes.sidecars import hash_of_gotcha
from hone.changes.summary import summary_of
from hone.errors import SpliceError
from hone.skills.pins import PinnedFact
from hone.skills.sidecar import read_pins, read_tripwires
from hone.skills.tripwires import Condition

SIDECAR = "skills/deploy/hone.yaml"
SKILL = b"---\nname: deploy\ndescription: Deploys.\n---\n## Steps\n1. ship\n\n## Gotchas\n- port 80\n- path /health\n  - also here\n"
HEALTH = Condition("shell", ("/health",), ("/healthz",), say="Health check is /healthz")
PORT = Condition("shell", ("localhost:80",), say="The port is 8080")
PIN = PinnedFact("manifest", "package.json", "scripts.build", "sha256:abc", "2026-11-22")


def plan(*ops: AnyOp, origin: Origin = "review", **files: str) -> dict[str, str]:
    """The texts after the change, of the paths that it changes."""
    before = {DEPLOY: SKILL} | ({SIDECAR: files["sidecar"].encode()} if "sidecar" in files else {})
    effects = effects_of(Change(target=DEPLOY, ops=ops, origin=origin), before.get)
    return {effect.path: (effect.after or b"").decode() for effect in effects}


def created(op: Create, origin: Origin = "review") -> str | None:
    effects: tuple[Effect, ...] = effects_of(
        Change(target=DEPLOY, ops=(op,), origin=origin), lambda _path: None
    )
    return next(((each.after or b"").decode() for each in effects if each.path == SIDECAR), None)


def with_facts(**given: object) -> Create:
    gotchas = (Gotcha("path /health -> /healthz", ("e17", "e21"), HEALTH), Gotcha("wait"))
    return Create("Deploy", "Deploys.", "Always.", ("ship",), gotchas, **given)  # type: ignore[arg-type]


def test_a_new_skill_on_trial_has_its_pins_and_tripwires() -> None:
    name = hash_of_gotcha("path /health -> /healthz")
    assert created(with_facts(pins=(PIN,))) == (
        "v: 1\nstatus: trial\npinned: false\nscope: all\npins:\n"
        "  - {kind: manifest, target: package.json, key: scripts.build, value: sha256:abc, seen: 2026-11-22}\n"
        "tripwires:\n"
        '  - {id: t1, tool: shell, has: ["/health"], lacks: ["/healthz"], unless_after: [],'
        f' say: "Health check is /healthz", evidence: [e17, e21], gotcha: {name}}}\n'
    )


def test_a_new_skill_of_the_user_is_proven() -> None:
    assert created(Create("Deploy", "Deploys.", "Always.", ("ship",)), "user") is None
    assert str(created(with_facts(), "user")).startswith("v: 1\nstatus: proven\ntripwires:\n")
    scoped = str(created(with_facts(scope="project:shop-1"), "user"))
    assert scoped.startswith("v: 1\nstatus: proven\npinned: false\nscope: project:shop-1\ntripwires:\n")


def test_a_gotcha_brings_its_tripwire_to_a_skill_of_a_person() -> None:
    after = plan(AddGotcha("port 81", ("e5",), PORT))
    assert after[SIDECAR].startswith("v: 1\nstatus: proven\ntripwires:\n  - {id: t1, ")
    (tripwire,) = read_tripwires(after[SIDECAR])
    assert (tripwire.has, tripwire.evidence, tripwire.gotcha) == (
        PORT.has,
        ("e5",),
        hash_of_gotcha("port 81"),
    )
    assert "- port 81\n" in after[DEPLOY]


def test_without_a_tripwire_hone_yaml_stays_as_it_is() -> None:
    assert plan(AddGotcha("port 81")).keys() == {DEPLOY}
    assert plan(RemoveGotcha("port 80")).keys() == {DEPLOY}
    assert plan(RemoveGotcha("port 80"), sidecar="v: [").keys() == {DEPLOY}


@pytest.mark.parametrize(
    "op",
    [RemoveGotcha("port 80"), RemoveGotcha("80"), ReplaceGotcha("port 80", "port 81")],
)
def test_a_gotcha_that_goes_retires_its_tripwires(op: AnyOp) -> None:
    before = plan(AddGotcha("port 80 of others", (), HEALTH), sidecar=f"v: 1\ntripwires:\n  - {{id: t4, tool: shell, has: [a], gotcha: \"{hash_of_gotcha('port 80')}\"}}\n")[SIDECAR]  # fmt: skip
    after = plan(op, sidecar=before)[SIDECAR]
    assert [(each.id, each.retired) for each in read_tripwires(after)] == [("t4", True), ("t5", False)]
    assert after == before.replace('"}', '", retired: true}', 1)


def test_a_gotcha_with_more_nested_in_it_is_known_by_all_of_it() -> None:
    whole = "path /health\n- also here"
    sidecar = f'v: 1\ntripwires:\n- {{id: t1, tool: shell, has: [a], gotcha: "{hash_of_gotcha(whole)}"}}\n'
    assert read_tripwires(plan(RemoveGotcha("path /health"), sidecar=sidecar)[SIDECAR])[0].retired


def test_a_replaced_gotcha_gets_the_next_id() -> None:
    first = plan(AddGotcha("port 80", (), HEALTH))[SIDECAR]
    after = plan(ReplaceGotcha("port 80", "port 81", ("e9",), PORT), sidecar=first)[SIDECAR]
    assert [(each.id, each.has, each.retired) for each in read_tripwires(after)] == [
        ("t1", HEALTH.has, True),
        ("t2", PORT.has, False),
    ]


def test_pins_are_set_and_a_tripwire_retired_in_hone_yaml_alone() -> None:
    first = plan(AddGotcha("port 81", (), HEALTH))[SIDECAR]
    assert plan(RetireTripwire("t1"), sidecar=first) == {SIDECAR: first.replace("}", ", retired: true}")}
    after = plan(SetPins((PIN,)))
    assert after.keys() == {SIDECAR}
    assert after[SIDECAR].startswith("v: 1\nstatus: proven\npins:\n")
    assert read_pins(after[SIDECAR]) == (PIN,)
    assert plan(SetPins((PIN,)), sidecar=after[SIDECAR]) == {}
    assert plan(SetPins(())) == {}


@pytest.mark.parametrize(
    ("op", "sidecar"),
    [
        (RetireTripwire("t9"), "v: 1\ntripwires: []\n"),
        (RetireTripwire("t1"), ""),
        (AddGotcha("x", (), PORT), "v: [\n"),
        (AddGotcha("x", (), PORT), "tripwires: t1\n"),
        (SetPins((PIN,)), "pins: {a: 1}\n"),
    ],
)
def test_what_cannot_be_written_is_a_conflict(op: AnyOp, sidecar: str) -> None:
    with pytest.raises(SpliceError, match=r"hone\.yaml"):
        plan(op, sidecar=sidecar)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("use  `make`", "use `make`"),
        ("- use `make`", "use `make`"),
        ("use\n  `make`", "use `make`"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_a_gotcha_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert hash_of_gotcha(one) == hash_of_gotcha(other)
    assert len(hash_of_gotcha(one)) == 6


def test_what_code_notes_is_told_in_one_line() -> None:
    def told(*ops: AnyOp, note: str = "") -> str:
        return summary_of(Change(target=DEPLOY, ops=ops, origin="review", note=note))

    assert told(SetPins((PIN,))) == "skill deploy: refreshed what it relies on"
    assert told(SetPins((PIN,)), note="it worked\nall the same") == (
        "skill deploy: refreshed what it relies on: it worked all the same"
    )
    assert told(RetireTripwire("t1")) == (
        "skill deploy: retired tripwire t1, which was in the way more often than it helped"
    )
    assert told(AddGotcha("x"), SetPins((PIN,))) == "skill deploy: added a gotcha"


FAILED = Tried(("e5",), "shell", '{"command":"curl h/health"}', ok=False)


def test_a_tripwire_that_the_gate_leaves_out_does_not_reach_hone_yaml(home: Home) -> None:
    home.deploy()
    ops = (AddGotcha("path is `/healthz`", ("e5",), HEALTH), AddGotcha("port is `8080`", ("e5",), PORT))
    facts = Facts({"e5": "curl h/health 8080 /healthz"}, calls=(FAILED,))
    outcome = home.door.submit(Change(target=DEPLOY, ops=ops, origin="review"), facts)
    assert outcome.status == "applied"
    assert [each.has for each in read_tripwires(home.text(SIDECAR))] == [HEALTH.has]
    assert outcome.reasons == ("tripwire left out: it does not stop the call that failed (`localhost:80`)",)
    home.check()


def test_a_held_tripwire_comes_with_its_gotcha_when_it_is_accepted(home: Home) -> None:
    home.deploy()
    home.door = home.new_door(home.database)
    change = Change(target=DEPLOY, ops=(AddGotcha("path is `/healthz`", ("e5",), HEALTH),), origin="review")
    home.mode = "hold"
    held = home.new_door(home.database).submit(change, Facts({"e5": "x"}, calls=(FAILED,)))
    assert held.status == "held"
    assert home.door.accept(held.change.id).ok
    assert [each.has for each in read_tripwires(home.text(SIDECAR))] == [HEALTH.has]
    home.check()


@pytest.mark.parametrize(
    ("sidecar", "status"), [("v: 1\nstatus: trial\npinned: true\n", "applied"), (None, "held")]
)
def test_pins_of_a_pinned_skill_are_noted_and_in_mode_hold_everything_waits(
    home: Home, sidecar: str | None, status: str
) -> None:
    home.deploy()
    if sidecar:
        home.write(SIDECAR, sidecar)
    home.mode = "auto" if sidecar else "hold"
    door = home.new_door(home.database)
    assert door.submit(Change(target=DEPLOY, ops=(SetPins((PIN,)),), origin="review")).status == status
    taught = Change(target=DEPLOY, ops=(AddGotcha("`x` fails"), SetPins(())), origin="review")
    assert door.submit(taught).status == "held"
    home.check()


def test_a_broken_hone_yaml_holds_the_gotcha_that_brings_a_tripwire(home: Home) -> None:
    home.submit(DEPLOY, CREATE)
    home.write(SIDECAR, "v: [\n")
    change = Change(target=DEPLOY, ops=(AddGotcha("path is `/healthz`", ("e5",), HEALTH),), origin="review")
    outcome = home.door.submit(change, Facts({"e5": "x"}, calls=(FAILED,)))
    assert outcome.status == "held"
    assert "hone.yaml" in outcome.reasons[0]
