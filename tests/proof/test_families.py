"""Which requests are of one kind, by their words alone; and what makes one family of two."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.proof.labelled_requests import HELD_BACK, TUNED

from hone.database import Database
from hone.proof.families import Families, every, touched
from hone.proof.wish import wish_of
from hone.testing import FakeClock

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from families import pairwise


class Kept:
    """Families in a database; each call is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.database = Database.open(path / "state.db")
        self.families = Families(self.clock, random.Random(1))

    def assign(self, request: str, project: str | None = "shop") -> str:
        self.clock.advance(1)
        with self.database.transaction() as execute:
            return self.families.assign(execute, project, request)

    def learn(self, family: str, *things: str) -> None:
        with self.database.transaction() as execute:
            self.families.learn(execute, family, things)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    made.database.close()


SAME = [
    ("Deploy the shop to staging", "please ship version 2.4.1 of the shop to staging"),
    ("Update the changelog for 2.4.1", "update the changelog"),
    ("Import the orders from 'march.csv'", "import the orders from 'april.csv'"),
    ("Review pull request #412", "review pull request 431"),
    ("Rotate the key of host web-4", "Rotate the key of host web-5 please"),
]
OTHER = [
    ("Deploy the shop to staging", "Deploy the shop to production"),
    ("Deploy the shop to staging", "Roll back the shop on staging"),
    ("Run the tests of checkout", "Write tests for checkout"),
    ("Fix the failing test", "Fix the failing build"),
    ("Start the api server", "Stop the api server"),
    ("Back up the database", "Restore the database"),
    ("Update the changelog", "Update the dependencies"),
    ("Export the contacts", "Import the contacts"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_work_in_other_words_or_with_other_values_is_one_family(
    kept: Kept, one: str, other: str
) -> None:
    assert kept.assign(one) == kept.assign(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_near_misses_are_apart(kept: Kept, one: str, other: str) -> None:
    assert kept.assign(one) != kept.assign(other)


def test_a_family_belongs_to_its_project(kept: Kept) -> None:
    assert kept.assign("Run the tests", "shop") != kept.assign("Run the tests", "blog")
    assert kept.assign("Run the tests", None) == kept.assign("Run the tests", None)


@pytest.mark.parametrize("request_", ["", "?!", "2026-11-23", "部署", "a" * 100_000, "x\n" * 5_000, "`ls`"])
def test_any_request_has_a_family(kept: Kept, request_: str) -> None:
    assert kept.assign(request_)[0] == "f"


@pytest.mark.parametrize(
    "said", ["password=hunter2secretXY", "Token: opensesame", "with wJalrXUtnFEMI7MDENG", "key = abracadabra"]
)
def test_what_may_be_secret_is_no_term_of_a_kind(said: str) -> None:
    assert wish_of(f"deploy the widgets {said}").keys() - {"with"} == wish_of("deploy the widgets").keys()


def test_a_pasted_log_does_not_decide(kept: Kept) -> None:
    log = "\n".join(f"    at module{number}.function (file{number}.js:12)" for number in range(60))
    first = kept.assign("Fix the crash on startup")
    assert kept.assign(f"Fix the crash on startup\n\n{log}") == first


def test_two_families_that_touch_the_same_become_one_and_keep_their_ids(kept: Kept) -> None:
    one, other = (
        kept.assign("Publish the weekly letter to readers"),
        kept.assign("Weekly letter out to the public"),
    )
    assert one != other
    for _ in range(2):
        kept.assign("Publish the weekly letter to readers")
        kept.assign("Weekly letter out to the public")
    things = ("make letter", "mailer send", "letter.yaml")
    kept.learn(one, *things)
    kept.learn(other, *things)
    known = {family.id: family for family in every(kept.database)}
    assert known[other].alias_of == one
    assert known[one].alias_of is None
    assert known[one].tasks == 6
    assert kept.assign("Weekly letter out to the public") == one
    kept.learn(other, "mailer send")  # what comes later is the older one's
    assert {family.id for family in every(kept.database)} == {one, other}


def test_what_a_task_touches_joins_nothing_that_asks_for_the_opposite(kept: Kept) -> None:
    one, other = kept.assign("Start the api server"), kept.assign("Stop the api server")
    kept.assign("Start the api server")
    kept.assign("Stop the api server")
    for family in (one, other):
        kept.learn(family, "systemctl api", "api.yaml")
    assert [family.alias_of for family in every(kept.database)] == [None, None]


@pytest.mark.parametrize(
    ("commands", "paths", "things"),
    [
        (["npm run build"], [], ("npm run",)),
        (["NODE_ENV=production ./build --fast"], [], ("build",)),
        (["cd app && sudo make test | tee log"], [], ("cd app", "make test", "tee log")),
        (["echo 'half"], [], ("echo",)),
        ([], ["app/package.json", "src/main.py"], ("package.json",)),
        (["", "  "], [], ()),
    ],
)
def test_what_was_touched(commands: list[str], paths: list[str], things: tuple[str, ...]) -> None:
    assert touched(commands, paths) == things


@pytest.mark.parametrize(("labelled", "precision", "recall"), [(TUNED, 0.98, 0.8), (HELD_BACK, 0.88, 0.8)])
def test_labelled_requests_are_told_apart(
    labelled: list[tuple[str, int, str]], precision: float, recall: float
) -> None:
    found = [pairwise(labelled, seed) for seed in range(3)]
    assert min(each for each, _ in found) >= precision
    assert min(each for _, each in found) >= recall


def test_there_are_three_hundred_requests_and_none_twice() -> None:
    every_one = [(project, request) for project, _, request in (*TUNED, *HELD_BACK)]
    assert len(every_one) == len(set(every_one)) >= 300
