"""Nudges wait in line, are worked on by one process at a time, and outlive whoever worked on them."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hone.database import Database
from hone.files import Claims
from hone.jobs.nudge import Nudge, Reason
from hone.jobs.queue import LEASE_SECONDS, RETRY_SECONDS, Counts, Queue, new_owner
from hone.testing import FakeClock

DRIVER = Path(__file__).with_name("worker_driver.py")

Add = Callable[..., int]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def queue(tmp_path: Path, database: Database, clock: FakeClock) -> Iterator[Queue]:
    claims = Claims(tmp_path / ".cache" / "leases.lock")
    yield Queue(database, clock, claims)
    claims.close()


@pytest.fixture
def owner() -> str:
    return new_owner(random.Random(0))


@pytest.fixture
def add(database: Database, queue: Queue, clock: FakeClock) -> Add:
    def add_one(turn: int = 1, *reasons: Reason, first: int = 0, held: float = 0, session: str = "s") -> int:
        nudge = Nudge(
            session=session,
            first_turn=first or turn,
            turn=turn,
            reasons=reasons or ("fix",),
            created=clock.now(),
            not_before=clock.now() + held,
        )
        with database.transaction() as execute:
            return queue.add(execute, nudge)

    return add_one


def worker(home: Path, verb: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(DRIVER), str(home), verb],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def only(queue: Queue) -> Nudge:
    (nudge,) = queue.waiting()
    return nudge


def test_the_oldest_nudge_that_is_due_is_leased_first(
    queue: Queue, add: Add, owner: str, clock: FakeClock
) -> None:
    held = add(1, held=60)
    clock.advance(1)
    older, newer = add(2), add(3)

    leased = [queue.lease(owner), queue.lease(owner), queue.lease(owner)]

    assert [nudge and nudge.id for nudge in leased] == [older, newer, None]
    clock.advance(60)
    again = queue.lease(owner)
    assert again is not None
    assert (again.id, again.attempts) == (held, 1)


def test_a_nudge_that_was_never_committed_is_not_in_line(database: Database, queue: Queue) -> None:
    def turn_that_fails() -> None:
        with database.transaction() as execute:
            queue.add(execute, Nudge(session="s", first_turn=1, turn=1, reasons=("fix",)))
            raise LookupError

    with pytest.raises(LookupError):
        turn_that_fails()

    assert queue.waiting() == ()


def test_a_nudge_comes_back_as_it_was_added(queue: Queue, add: Add, clock: FakeClock) -> None:
    nudge_id = add(3, "fix", "misfire", first=2, held=5)

    assert queue.waiting() == (
        Nudge(
            id=nudge_id,
            session="s",
            first_turn=2,
            turn=3,
            reasons=("fix", "misfire"),
            created=clock.now(),
            not_before=clock.now() + 5,
        ),
    )


def test_two_nudges_of_a_turn_are_one_with_the_reasons_of_both(queue: Queue, add: Add) -> None:
    first = add(1, "fix", held=600)
    second = add(1, "learn", "fix")

    assert first == second
    assert (only(queue).reasons, only(queue).not_before) == (("fix", "learn"), only(queue).created)


def test_a_correction_takes_the_nudge_of_the_turn_before_into_its_own(queue: Queue, add: Add) -> None:
    add(1, "long_work")
    before = add(2, "fix", held=600)

    after = add(3, "correction", first=2, held=600)

    assert after == before
    stretches = [(nudge.first_turn, nudge.turn, nudge.reasons) for nudge in queue.waiting()]
    assert stretches == [(1, 1, ("long_work",)), (2, 3, ("fix", "correction"))]


def test_a_nudge_whose_review_began_is_not_taken_into_another(queue: Queue, add: Add, owner: str) -> None:
    before = add(1, "fix")
    queue.lease(owner)

    assert add(2, "correction", first=1) != before
    assert [(nudge.first_turn, nudge.turn) for nudge in queue.waiting()] == [(1, 1), (1, 2)]


def test_a_nudge_of_another_session_is_left_alone(queue: Queue, add: Add) -> None:
    add(1, session="other")
    add(2, first=1)

    assert len(queue.waiting()) == 2


@pytest.mark.parametrize("state", ["done", "given_up"])
def test_a_turn_reviewed_before_is_reviewed_anew_under_an_id_never_used(
    queue: Queue, add: Add, owner: str, clock: FakeClock, state: str
) -> None:
    first, last = add(1), add(2)
    reviewed = {first, last}
    for nudge_id in (first, last):
        if state == "done":
            queue.finish(nudge_id, "learned")
        else:
            for _ in range(len(RETRY_SECONDS) + 1):
                queue.fail(nudge_id, "nonsense", "review")
    assert queue.waiting() == ()

    for turn in (2, 2, 1, 2):
        anew = add(turn, "learn")
        assert anew not in reviewed
        assert (only(queue).reasons, only(queue).attempts, only(queue).result) == (("learn",), 0, "")
        leased = queue.lease(owner)
        assert leased is not None
        assert leased.id == anew
        queue.finish(anew, "learned again")
        reviewed.add(anew)


def test_the_next_message_or_the_end_of_a_session_releases_what_was_held(
    database: Database, queue: Queue, add: Add, owner: str
) -> None:
    mine = add(1, held=600)
    add(1, held=600, session="other")

    with database.transaction() as execute:
        queue.release(execute, "s")

    leased = queue.lease(owner)
    assert leased is not None
    assert leased.id == mine
    assert queue.lease(owner) is None


def test_what_waits_for_another_reason_is_not_released(
    database: Database, queue: Queue, add: Add, owner: str, clock: FakeClock
) -> None:
    queue.fail(add(1), "nonsense", "review")
    add(2)
    queue.postpone(clock.now() + 60, "no budget")

    with database.transaction() as execute:
        queue.release(execute, "s")

    assert queue.lease(owner) is None


def test_one_nudge_can_be_leased_before_its_time(queue: Queue, add: Add, owner: str) -> None:
    add(1)
    held = add(2, held=600)

    leased = queue.lease(owner, held)

    assert leased is not None
    assert leased.id == held
    assert queue.lease(owner, held) is None


def test_a_finished_nudge_is_not_leased_again_and_keeps_what_came_of_it(
    queue: Queue, add: Add, owner: str
) -> None:
    nudge_id = add()
    queue.lease(owner)

    queue.finish(nudge_id, "learned skill deploy\n(3 gotchas)")
    queue.finish(nudge_id, "said twice")

    assert queue.lease(owner) is None
    (done,) = queue.recent()
    assert (done.id, done.state, done.result) == (nudge_id, "done", "learned skill deploy (3 gotchas)")
    assert [attempt.failure for attempt in queue.attempts()] == [None]


def test_what_was_done_last_is_listed_first(queue: Queue, add: Add, clock: FakeClock) -> None:
    first, second, third = add(1), add(2), add(3)
    for nudge_id in (second, first, third):
        clock.advance(1)
        queue.finish(nudge_id, "")

    assert [nudge.id for nudge in queue.recent(2)] == [third, first]


def test_a_failing_provider_leaves_the_nudge_due_however_often(queue: Queue, add: Add, owner: str) -> None:
    nudge_id = add()
    for attempt in range(1, 20):
        leased = queue.lease(owner)
        assert leased is not None
        assert (leased.id, leased.attempts) == (nudge_id, attempt)
        queue.fail(nudge_id, "endpoint is gone", "provider")

    assert only(queue).result == "endpoint is gone"
    assert queue.recent() == ()


def test_a_review_that_fails_by_itself_waits_longer_each_time_and_is_given_up(
    queue: Queue, add: Add, owner: str, clock: FakeClock
) -> None:
    nudge_id = add()
    waited = []
    while queue.waiting():
        leased = queue.lease(owner)
        assert leased is not None
        queue.fail(nudge_id, f"nonsense {leased.attempts}", "review")
        for nudge in queue.waiting():
            waited.append(round(nudge.not_before - clock.now()))
            assert queue.lease(owner) is None
            clock.advance(nudge.not_before - clock.now())

    assert waited == [60, 300, 1_800, 7_200]
    (given_up,) = queue.recent()
    assert (given_up.state, given_up.result) == ("given_up", "nonsense 5")
    assert [attempt.failure for attempt in queue.attempts()] == ["review"] * 5


def test_failing_providers_do_not_count_towards_giving_up(queue: Queue, add: Add) -> None:
    nudge_id = add()
    for _ in range(10):
        queue.fail(nudge_id, "endpoint is gone", "provider")

    queue.fail(nudge_id, "nonsense", "review")

    assert only(queue).state == "waiting"


def test_a_nudge_that_is_done_cannot_fail_any_more(queue: Queue, add: Add) -> None:
    nudge_id = add()
    queue.finish(nudge_id, "learned")

    queue.fail(nudge_id, "late", "review")
    queue.fail(nudge_id, "late", "provider")

    assert [nudge.result for nudge in queue.recent()] == ["learned"]
    assert len(queue.attempts()) == 1


def test_a_nudge_given_back_is_free_at_once(queue: Queue, add: Add, owner: str) -> None:
    nudge_id = add()
    queue.lease(owner)
    queue.give_back(nudge_id)

    again = queue.lease(owner)

    assert again is not None
    assert (again.id, again.attempts) == (nudge_id, 2)


def test_everything_but_what_is_being_worked_on_can_be_put_off(
    queue: Queue, add: Add, owner: str, clock: FakeClock
) -> None:
    at_work = add(1)
    queue.lease(owner)
    add(2)
    later = add(3, held=900)

    queue.postpone(clock.now() + 600, "budget\nused up")

    assert queue.lease(owner) is None
    results = {nudge.id: nudge.result for nudge in queue.waiting()}
    assert sorted(results.values()) == ["", "", "budget used up"]
    assert results[at_work] == results[later] == ""


def test_what_was_postponed_can_be_taken_up_before_its_time(
    queue: Queue, add: Add, owner: str, clock: FakeClock
) -> None:
    add(1)
    held = add(2, held=600)
    queue.postpone(until := clock.now() + 500, "budget used up")
    queue.take_up(until)
    leased = queue.lease(owner)
    assert leased is not None
    assert (leased.turn, leased.result) == (1, "")
    assert [each.id for each in queue.waiting() if each.not_before > clock.now()] == [held]


def test_the_states_are_counted(queue: Queue, add: Add, owner: str) -> None:
    assert queue.counts() == Counts()
    for turn in range(1, 4):
        add(turn)
    add(4, held=600)
    queue.lease(owner)
    queue.finish(add(5), "")
    for _ in range(5):
        queue.fail(3, "nonsense", "review")

    assert queue.counts() == Counts(due=1, later=1, at_work=1, done=1, given_up=1)


def test_a_result_is_one_line_of_bounded_length_whatever_it_holds(queue: Queue, add: Add) -> None:
    queue.finish(add(), "bad \udcff byte\n" + "long " * 1_000)

    (done,) = queue.recent()
    assert done.result.startswith("bad \\udcff byte long")
    assert len(done.result) == 300


def test_a_lease_of_another_host_is_respected_until_it_runs_out(
    database: Database, queue: Queue, add: Add, owner: str, clock: FakeClock
) -> None:
    nudge_id = add()
    queue.lease("elsewhere:7:0000000000")
    clock.advance(LEASE_SECONDS - 1)
    queue.renew(nudge_id)
    clock.advance(LEASE_SECONDS - 1)
    assert queue.lease(owner) is None

    clock.advance(1)

    assert queue.lease(owner) is not None


def test_what_nobody_works_on_cannot_be_renewed(queue: Queue, add: Add) -> None:
    queue.renew(add())

    assert queue.counts() == Counts(due=1)


def test_the_nudge_of_a_process_that_was_killed_is_free_at_once(
    tmp_path: Path, queue: Queue, add: Add, owner: str
) -> None:
    nudge_id = add()
    with worker(tmp_path, "hold") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == f"{nudge_id}\n"
        assert queue.lease(owner) is None

        other.kill()
        other.wait()

        leased = queue.lease(owner)
        assert leased is not None
        assert (leased.id, leased.attempts) == (nudge_id, 2)


def test_all_that_a_killed_process_held_is_free_also_to_a_third(
    tmp_path: Path, queue: Queue, add: Add, owner: str, database: Database
) -> None:
    first, second = add(1), add(2)
    with worker(tmp_path, "hold") as other:
        assert other.stdout is not None
        other.stdout.readline()
        with database.transaction() as execute:
            execute(
                "UPDATE nudges SET (lease_owner, lease_until) = (SELECT max(lease_owner), 9e9 FROM nudges)"
            )
        other.kill()
        other.wait()

        leased = queue.lease(owner)

    assert leased is not None
    assert leased.id == first
    with worker(tmp_path, "hold") as third:
        assert third.communicate()[0] == f"{second}\n"


def test_of_sixteen_processes_that_drain_a_queue_each_nudge_is_finished_by_one(
    tmp_path: Path, queue: Queue, add: Add
) -> None:
    nudges = [add(turn) for turn in range(1, 51)]

    workers = [worker(tmp_path, "drain") for _ in range(16)]
    for each in workers:
        each.communicate(timeout=60)

    assert [each.returncode for each in workers] == [0] * 16
    finished = [int(line.split()[0]) for line in (tmp_path / "finished").read_text().splitlines()]
    assert sorted(finished) == nudges
    assert queue.counts() == Counts(done=50)


class Line(RuleBasedStateMachine):
    """Whatever is added, leased, dropped or finished: no turn is lost before its review, none is worked on twice at once."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database.open_for_reading(Path("/nonexistent/state.db"))  # in memory
        self.clock = FakeClock()
        self.claims = Claims(Path("/dev/null"))
        self.queue = Queue(self.database, self.clock, self.claims)
        self.owner = new_owner(random.Random(0))
        self.asked: set[int] = set()
        self.leased: dict[int, Nudge] = {}
        self.ended: set[int] = set()
        self.reviewed: set[int] = set()

    def teardown(self) -> None:
        self.claims.close()
        self.database.close()

    @rule(turn=st.integers(1, 6), back=st.integers(0, 2), held=st.sampled_from([0.0, 600.0]))
    def add(self, turn: int, back: int, held: float) -> None:
        nudge = Nudge(
            session="s",
            first_turn=max(1, turn - back),
            turn=turn,
            reasons=("fix",),
            not_before=self.clock.now() + held,
        )
        with self.database.transaction() as execute:
            nudge_id = self.queue.add(execute, nudge)
        assert nudge_id not in self.ended
        self.asked.add(turn)

    @rule()
    def lease(self) -> None:
        if nudge := self.queue.lease(self.owner):
            assert nudge.id not in self.leased
            assert nudge.id not in self.ended
            self.leased[nudge.id] = nudge

    @precondition(lambda self: self.leased)
    @rule(how=st.sampled_from(["finish", "give_back", "provider", "review"]))
    def end(self, how: str) -> None:
        nudge_id, nudge = self.leased.popitem()
        match how:
            case "finish":
                self.queue.finish(nudge_id, "learned")
                self.ended.add(nudge_id)
            case "give_back":
                self.queue.give_back(nudge_id)
            case "provider":
                self.queue.fail(nudge_id, "no", "provider")
            case _:
                self.queue.fail(nudge_id, "no", "review")
                self.ended |= {nudge_id} & {nudge.id for nudge in self.queue.recent(1)}
        if nudge_id in self.ended:
            self.reviewed |= {*range(nudge.first_turn, nudge.turn + 1)}

    @rule(seconds=st.sampled_from([1.0, 600.0, 7_200.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def release(self) -> None:
        with self.database.transaction() as execute:
            self.queue.release(execute, "s")

    @invariant()
    def every_turn_is_covered(self) -> None:
        every = [*self.queue.waiting(), *self.queue.recent(1_000)]
        covered = {turn for nudge in every for turn in range(nudge.first_turn, nudge.turn + 1)}
        assert (
            self.asked <= covered | self.reviewed
        )  # of an ended nudge only the last turn may be asked for anew
        assert len(every) == sum(msgspec.structs.astuple(self.queue.counts()))


def test_the_last_turn_of_a_reviewed_stretch_may_be_asked_for_alone(
    queue: Queue, add: Add, owner: str
) -> None:
    add(2)
    stretch = add(4, first=2)
    assert queue.lease(owner) is not None
    queue.finish(stretch, "learned")
    again = add(4)
    (waiting,) = queue.waiting()
    assert (waiting.id, waiting.first_turn, waiting.turn) == (again, 4, 4)


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@given(st.lists(st.sampled_from(["fix", "correction", "learn"]), min_size=1, max_size=5))
def test_reasons_are_united_in_order_without_doubles(reasons: list[Reason]) -> None:
    database = Database.open_for_reading(Path("/nonexistent/state.db"))
    queue = Queue(database, FakeClock())
    for reason in reasons:
        with database.transaction() as execute:
            queue.add(execute, Nudge(session="s", first_turn=1, turn=1, reasons=(reason,)))

    assert only(queue).reasons == tuple(dict.fromkeys(reasons))
    database.close()
