"""The watch over a session's turns: what is worth a review waits in line with its turn, held until the next message."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.learning.working import Did, Trace

from hone.app import App
from hone.config.environ import process_environ
from hone.database import Database, Execute
from hone.events import Attached, LearningNote, TurnFinished, TurnStarted
from hone.given import Given
from hone.history.rows import Recorded, SessionInfo
from hone.history.store import History
from hone.jobs.nudge import Nudge, Reason
from hone.jobs.queue import Queue
from hone.learning.conclude import no_learning
from hone.learning.watch import HELD_SECONDS, Watch
from hone.messages import Assistant, Usage
from hone.testing import FakeClock, ScriptedModel, call, make_app, say
from hone.workbench import Face

FAILED = Did("./deploy", 1, "MODE must be production")
FIXED = Did("MODE=production ./deploy", 0, "deployed")
SEEN = Did("cat README.md", 0, "Deploy with ./deploy.")
NO_CORRECTION = "Thanks! Now list the files, please."
CORRECTION = "No, that's wrong: deploy to the server blue."


class Watched:
    """A session whose turns are concluded by a watch, on a clock that stands still."""

    def __init__(self, database: Database, *, hold: bool) -> None:
        self.clock = FakeClock()
        self.database = database
        self.history = History(database, str, self.clock)
        self.queue = Queue(database, self.clock)
        self.pays = True
        self._watch = Watch(self.history, self.queue, self.clock, lambda: self.pays, hold=hold)
        self.history.open_session(
            SessionInfo(id="s", cwd="/w", workspace="/w", origin="repl", system_prompt="be good")
        )

    def turn(self, request: str, *calls: Did, skill: Attached | None = None) -> LearningNote:
        """One turn from its request to its end; the note that it ended with."""
        events = _events(request, calls)
        first, last = events[0].event, events[-1].event
        assert isinstance(first, TurnStarted)
        assert isinstance(last, TurnFinished)
        turn = self.history.start_turn("s", first)
        if skill:
            self.history.append("s", turn, 0, skill)
        for each in events[1:-1]:
            self.history.append("s", turn, each.step, each.event)
        failed = sum(each.exit != 0 for each in calls)
        end = TurnFinished(
            turn,
            last.status,
            last.answer,
            "",
            len(calls) + 1,
            len(calls),
            failed,
            last.usage,
            1.0,
            skills=(skill.name,) if skill else (),
        )
        finished, write = self._watch("s", end)
        self.history.finish_turn("s", turn, finished, write)
        return finished.learning

    def reviewed(self, nudge: Nudge) -> None:
        """A worker was there."""
        with self.database.transaction() as execute:
            execute("UPDATE nudges SET attempts = 1 WHERE id = ?", (nudge.id,))
        self.queue.finish(nudge.id, "learned")

    @property
    def nudges(self) -> list[tuple[int, int, tuple[Reason, ...], float]]:
        """First and last turn, reasons, and how many seconds it is held, for each that waits."""
        now = self.clock.now()
        return [(n.first_turn, n.turn, n.reasons, n.not_before - now) for n in self.queue.waiting()]


def _events(request: str, calls: Sequence[Did]) -> list[Recorded]:
    trace = Trace()
    trace.ask(request)
    for each in calls:
        trace.run(each)
    trace.answer("It is deployed to the server green.")
    return trace.events


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def run(database: Database) -> Watched:
    return Watched(database, hold=False)


@pytest.fixture
def repl(database: Database) -> Watched:
    return Watched(database, hold=True)


def test_a_turn_in_which_nothing_was_hard_says_so_and_queues_nothing(run: Watched) -> None:
    assert run.turn("what is in the README?", SEEN) == LearningNote(False, "nothing was hard")
    assert run.nudges == []


def test_a_failure_that_was_overcome_is_due_at_once_where_nobody_will_say_more(run: Watched) -> None:
    assert run.turn("deploy it", FAILED, FIXED) == LearningNote(True, "a failure was overcome")
    assert run.nudges == [(1, 1, ("fix",), 0)]


def test_in_a_conversation_it_is_held_for_the_next_message(repl: Watched) -> None:
    repl.turn("deploy it", FAILED, FIXED)
    assert repl.nudges == [(1, 1, ("fix",), HELD_SECONDS)]


def test_a_next_message_that_is_no_correction_releases_it(repl: Watched) -> None:
    repl.turn("deploy it", FAILED, FIXED)
    repl.clock.advance(5)
    assert repl.turn(NO_CORRECTION, SEEN) == LearningNote(False, "nothing was hard")
    assert repl.nudges == [(1, 1, ("fix",), 0)]


def test_a_correction_takes_the_earlier_nudge_in_and_both_turns_are_reviewed_once(repl: Watched) -> None:
    repl.turn("deploy it", FAILED, FIXED)
    note = repl.turn(CORRECTION, Did("./deploy --to blue"))
    assert note == LearningNote(True, "the user corrected the agent")
    assert repl.nudges == [(1, 2, ("fix", "correction"), HELD_SECONDS)]


def test_a_correction_of_an_easy_turn_is_a_reason_too(repl: Watched) -> None:
    repl.turn("deploy it", Did("./deploy --to green"))
    repl.turn(CORRECTION, Did("./deploy --to blue"))
    assert repl.nudges == [(1, 2, ("correction",), HELD_SECONDS)]


def test_corrections_in_a_row_are_one_stretch_of_work(repl: Watched) -> None:
    repl.turn("deploy it", FAILED, FIXED)
    repl.turn(CORRECTION, Did("./deploy --to blue"))
    repl.turn("No, that is still wrong: use the port 8081.", Did("./deploy --to blue --port 8081"))
    assert repl.nudges == [(1, 3, ("fix", "correction"), HELD_SECONDS)]


def test_a_correction_after_the_review_is_a_nudge_of_its_own(run: Watched) -> None:
    run.turn("deploy it", FAILED, FIXED)
    (nudge,) = run.queue.waiting()
    run.reviewed(nudge)
    run.turn(CORRECTION, Did("./deploy --to blue"))
    assert run.nudges == [(1, 2, ("correction",), 0)]


def test_a_turn_with_reasons_of_its_own_releases_the_one_before_and_is_held(repl: Watched) -> None:
    repl.turn("deploy it", FAILED, FIXED)
    repl.turn("Now deploy the docs, please.", FAILED, FIXED)
    assert repl.nudges == [(1, 1, ("fix",), 0), (2, 2, ("fix",), HELD_SECONDS)]


def test_the_nudge_is_recorded_with_the_end_of_its_turn_or_neither_is(
    repl: Watched, database: Database
) -> None:
    turn = repl.history.start_turn("s", TurnStarted("deploy it"))
    end = TurnFinished(turn, "answered", "done", "", 1, 0, 0, Usage(), 1.0)

    def breaks(execute: Execute) -> None:
        repl.queue.add(execute, Nudge(session="s", first_turn=turn, turn=turn, reasons=("fix",)))
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="the disk"):
        repl.history.finish_turn("s", turn, end, breaks)
    assert repl.nudges == []
    assert repl.history.turns("s")[0].finished is None


def test_long_work_that_never_paid_is_no_reason(run: Watched) -> None:
    hard = [Did(f"make part{n}", 2 if n in (3, 7) else 0, f"part {n}") for n in range(12)]
    run.pays = False
    assert not run.turn("build everything", *hard).queued
    run.pays = True
    assert run.turn("build everything again", *hard).reason == "it was long work with failures"


def test_learning_that_is_off_says_so(database: Database) -> None:
    end = TurnFinished(1, "answered", "", "", 1, 0, 0, Usage(), 1.0)
    finished, write = no_learning("s", end)
    with database.transaction() as execute:
        write(execute)
    assert finished.learning == LearningNote(False, "learning is off")


def test_a_conversation_that_ends_holds_nothing_back(tmp_path: Path) -> None:
    """Through the app: held while it goes on, due when it is left."""
    deploy = "#!/bin/sh\n[ \"$MODE\" = production ] || { echo 'MODE must be production'; exit 1; }\n"
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "deploy").write_text(deploy)
    (tmp_path / "work" / "deploy").chmod(0o755)
    (tmp_path / "user").mkdir()
    fail, fix = call("shell", command="./deploy"), call("shell", command="MODE=production ./deploy")
    model = ScriptedModel(fail, fix, say("deployed"), say("hello"))
    environ = {
        "PATH": process_environ()["PATH"],
        "HOME": str(tmp_path / "user"),
        "HONE_HOME": str(tmp_path / "home"),
    }
    given = Given(environ, tmp_path / "work", FakeClock(), random.Random())

    async def conversation() -> list[int]:
        app = await App.build(
            given, Face("repl", lambda _event: None), {"approvals.mode": "yes"}, model=model
        )
        due = []
        try:
            await app.start().run("deploy it")
            due.append(app.reviews_due)
            app.release()  # as /new does
            due.append(app.reviews_due)
        finally:
            await app.aclose()
        return due

    assert asyncio.run(conversation()) == [0, 1]


def sh(command: str) -> Assistant:
    return call("shell", command=command)


def read(path: str) -> Assistant:
    return call("read", path=path)


def _kinds(n: int) -> list[list[Assistant]]:
    """Ways of working in which nothing is to be learned; each is the replies of one turn."""
    done = say("That is done.")
    return [
        [say("A monad is a monoid in the category of endofunctors.")],
        [read("notes.txt"), done],
        [sh("ls -la"), sh("cat notes.txt"), done],
        [sh(f"grep -rn nothing-like-{n} ."), done],
        [sh(f"test -f absent-{n}"), done],
        [sh(f"echo {n} > left; echo {n + 1} > right; diff left right"), done],
        [
            call("write", path=f"red{n}.py", content="assert 1 == 2\n"),
            sh(f"python3 red{n}.py"),
            call("write", path=f"red{n}.py", content="assert 1 == 1\n"),
            sh(f"python3 red{n}.py"),
            done,
        ],
        [sh(f"ls there-is-no-{n}"), say("There is no such directory.")],
        [sh(f"mkdir -p warm; test -f warm/{n} || {{ touch warm/{n}; echo cold; exit 1; }}"), done],
        [read(f"absent-{n}.md"), say("That file does not exist.")],
        [
            call("write", path=f"page{n}.md", content="one\n"),
            call("edit", path=f"page{n}.md", old="one", new="two"),
            done,
        ],
        [*(sh(f"echo step {step} of {n}") for step in range(12)), done],
    ]


def test_ordinary_turns_cost_nothing(tmp_path: Path) -> None:
    """Sixty turns of twelve kinds: no nudge, no request of learning, no token."""
    asked = [
        "Please have a look.",
        "Thanks, that helps. Next, please.",
        "Great! And now?",
        "ok",
        "And another",
    ]
    turns = [(asked[n], kind) for n in range(5) for kind in _kinds(n)]
    assert len(turns) == 60
    model = ScriptedModel(*(reply for _, kind in turns for reply in kind))

    async def go() -> None:
        async with make_app(tmp_path, model) as app:
            (tmp_path / "work" / "notes.txt").write_text("Buy milk.\n")
            session = app.start()
            for text, kind in turns:
                finished = await session.run(text)
                assert finished.learning == LearningNote(False, "nothing was hard"), (text, kind)
            learner = app.learner()
            assert (await learner.drain()).reviewed == 0
            learner.close()

    asyncio.run(go())
    assert len(model.requests) == sum(len(kind) for _, kind in turns)
    database = Database.open_for_reading(tmp_path / "home" / "state.db")
    try:
        for table in ("nudges", "learning_spend", "attempts", "changes"):
            assert database.rows(f"SELECT * FROM {table}") == []
    finally:
        database.close()


def test_a_skill_that_was_loaded_in_an_earlier_turn_can_mislead_in_this_one(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "state.db")
    watched = Watched(database, hold=False)
    skill = Attached("skill", "deploy", '<skill_content name="deploy">1. Run `./deploy`.</skill_content>')
    watched.turn("Deploy it.", SEEN, skill=skill)
    note = watched.turn("And now the other one.", FAILED, FIXED)
    assert "a loaded skill led to failures" in note.reason
    database.close()
