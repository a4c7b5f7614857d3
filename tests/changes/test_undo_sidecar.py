"""Taking back what a change wrote into hone.yaml: its tripwires go, those of others stay, and so does what was noted since."""

import pytest
from tests.changes.homes import CREATE, DEPLOY, Home

from hone.changes.change import AddGotcha, Change, Create, Pin, ReplaceGotcha, RetireTripwire, SetPins, Write
from hone.changes.undo_sidecar import reverse_sidecar
from hone.errors import Conflict
from hone.skills.pins import PinnedFact
from hone.skills.sidecar import (
    add_tripwires,
    read_pins,
    read_tripwires,
    retire_tripwire,
    set_fields,
    set_pins,
)
from hone.skills.tripwires import Condition, Tripwire

BASE = "v: 1\nstatus: trial\n"
ONE, TWO = Tripwire("shell", ("one",), say="1"), Tripwire("shell", ("two",), say="2")
T1 = add_tripwires(BASE, [ONE])
T12 = add_tripwires(T1, [TWO])
OLD, NEW = (PinnedFact("file", "Makefile", value=value) for value in ("old", "new"))
EDITED = T1.replace("one", "uno")


@pytest.mark.parametrize(
    ("after", "before", "present", "result"),
    [
        (T1, BASE, T1, BASE),
        (T1, BASE, T12, BASE + "tripwires:\n" + T12.splitlines(keepends=True)[-1]),
        (T12, T1, add_tripwires(T12, [ONE]), add_tripwires(T12, [ONE]).replace(T12.splitlines(keepends=True)[-1], "")),
        (T1, BASE, retire_tripwire(T1, "t1"), BASE + "tripwires:\n"),
        (T1, BASE, set_pins(T1, [NEW]), set_pins(BASE + "tripwires:\n", [NEW])),
        (T1, BASE, set_fields(T1, {"pinned": True}), BASE + "tripwires:\npinned: true\n"),
        (retire_tripwire(T1, "t1"), T1, add_tripwires(retire_tripwire(T1, "t1"), [TWO]), T12.replace('evidence: []}\n  - {id: t2', 'evidence: [], retired: false}\n  - {id: t2')),
        (set_pins(T1, [OLD]), T1, set_pins(T12, [OLD]), T12 + "pins:\n"),
        (set_pins(T1, [OLD]), T1, set_pins(T12, [NEW]), set_pins(T12, [NEW])),
        (set_fields(T1, {"pinned": True}), T1, set_fields(T12, {"pinned": True}), T12),
        ("\ufeff" + T1, "\ufeff" + BASE, "\ufeff" + set_pins(T1, [NEW]), "\ufeff" + set_pins(BASE + "tripwires:\n", [NEW])),
        ("a: 1\n- b\n", "a: 1\n", "a: 1\n- b\n- c\n", "a: 1\n- c\n"),  # no YAML: by lines
        (EDITED, T1, EDITED + "# mine\n", T1 + "# mine\n"),  # by hand: by lines
        (BASE, T1, BASE + "# mine\n", T1 + "# mine\n"),
    ],
)  # fmt: skip
def test_what_the_change_wrote_goes_and_all_else_stays(
    after: str, before: str, present: str, result: str
) -> None:
    taken_back = reverse_sidecar(after.encode(), before.encode(), present.encode(), with_skill=False)
    assert (taken_back or b"").decode() == result


def test_a_file_that_came_with_the_skill_goes_with_it_whatever_was_noted_since() -> None:
    present = set_pins(retire_tripwire(T12, "t1"), [NEW])
    assert reverse_sidecar(T1.encode(), None, present.encode(), with_skill=True) is None
    mine = set_fields(present, {"pinned": True}).encode()
    with pytest.raises(Conflict, match="it was made by this change"):
        reverse_sidecar(T1.encode(), None, mine, with_skill=True)


def test_a_file_that_a_gotcha_brought_loses_its_tripwire() -> None:
    taken_back = reverse_sidecar(T1.encode(), None, T12.encode(), with_skill=False)
    assert [each.id for each in read_tripwires((taken_back or b"").decode())] == ["t2"]


def test_a_tripwire_that_was_edited_since_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="tripwire t1 was edited since"):
        reverse_sidecar(T1.encode(), BASE.encode(), EDITED.encode(), with_skill=False)


def test_what_is_gone_or_there_again_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="gone"):
        reverse_sidecar(T1.encode(), BASE.encode(), None, with_skill=False)
    with pytest.raises(Conflict, match="there again"):
        reverse_sidecar(None, T1.encode(), T12.encode(), with_skill=False)


def gotcha(number: int) -> AddGotcha:
    condition = Condition("shell", (f"./deploy-{number}",), say=f"Use ./ship-{number}")
    return AddGotcha(f"./deploy-{number} fails -> ./ship-{number}", tripwire=condition)


def learned(home: Home, *ops: AddGotcha | ReplaceGotcha | RetireTripwire | SetPins) -> str:
    """The id of a change that the user asked for, so that nothing is left out."""
    outcome = home.door.submit(Change(target=DEPLOY, ops=ops, origin="user"))
    assert outcome.status == "applied", outcome
    return outcome.change.id


def ids(home: Home) -> list[str]:
    return [each.id for each in read_tripwires(home.text("skills/deploy/hone.yaml")) if not each.retired]


def test_of_two_changes_that_brought_tripwires_the_first_can_be_undone(home: Home) -> None:
    home.deploy()
    first, _ = learned(home, gotcha(1)), learned(home, gotcha(2))
    assert ids(home) == ["t1", "t2"]
    assert home.door.undo(first).ok
    assert ids(home) == ["t2"]
    assert "deploy-1" not in home.text(DEPLOY)
    assert "deploy-2" in home.text(DEPLOY)
    home.check()


def test_an_undo_of_a_tripwire_can_be_undone(home: Home) -> None:
    home.deploy()
    undone = home.door.undo(learned(home, gotcha(1)))
    assert ids(home) == []
    assert home.door.undo(undone.change.id).ok
    assert ids(home) == ["t1"]
    home.check()


def test_a_skill_of_a_person_gets_a_hone_yaml_and_both_gotchas_can_be_undone(home: Home) -> None:
    home.submit(DEPLOY, CREATE, origin="user")
    first, second = learned(home, gotcha(1)), learned(home, gotcha(2))
    assert home.text("skills/deploy/hone.yaml").startswith("v: 1\nstatus: proven\ntripwires:\n")
    assert home.door.undo(first).ok
    assert ids(home) == ["t2"]
    assert home.door.undo(second).ok
    assert ids(home) == []
    home.check()


def test_a_creation_can_be_undone_after_its_pins_were_renewed(home: Home) -> None:
    made = home.submit(
        DEPLOY, Create("Deploy", "Deploys.", "Always.", ("Run `make`",), pins=(OLD,))
    ).change.id
    learned(home, SetPins((NEW,)))
    assert read_pins(home.text("skills/deploy/hone.yaml")) == (NEW,)
    assert home.door.undo(made).ok
    assert not (home.path / "skills/deploy").exists()
    home.check()


def test_a_revision_can_be_undone_after_its_pins_were_renewed_and_they_stay(home: Home) -> None:
    home.deploy()
    revised = learned(home, gotcha(1), SetPins((OLD,)))
    learned(home, SetPins((NEW,)))
    assert home.door.undo(revised).ok
    assert ids(home) == []
    assert read_pins(home.text("skills/deploy/hone.yaml")) == (NEW,)
    home.check()


def test_pins_that_were_renewed_since_leave_nothing_to_undo(home: Home) -> None:
    home.deploy()
    first = learned(home, SetPins((OLD,)))
    learned(home, SetPins((NEW,)))
    outcome = home.door.undo(first)
    assert (outcome.status, outcome.reasons) == (
        "conflict",
        ("what it noted was noted anew since: there is nothing to take back",),
    )
    home.check()


def test_a_hand_edit_of_hone_yaml_is_taken_back_by_lines(home: Home) -> None:
    home.deploy()
    before = home.text("skills/deploy/hone.yaml")
    home.write("skills/deploy/hone.yaml", before + "mine: 1\n")
    (row,) = home.door.scan()
    assert isinstance(row.change.ops[0], Write)
    home.submit(DEPLOY, Pin(), origin="user")
    assert home.door.undo(row.change.id).ok
    assert home.text("skills/deploy/hone.yaml") == set_fields(before, {"pinned": True})
    home.check()
