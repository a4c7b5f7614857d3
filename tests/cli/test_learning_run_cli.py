"""A run that was hard, and what the user sees of what is learned from it: with `--wait`, in the background, in a chat."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cli.conversation.talking import Talk, talk
from tests.cli.driving import Hone, until
from tests.cli.learning_home import NOTHING, reviewed, waiting

from hone.skills.render import render_skill
from hone.testing import WireReply, WireServer, call, say, status

DEPLOY = (
    "#!/bin/sh\n[ \"$MODE\" = production ] || { echo 'MODE must be production'; exit 1; }\necho deployed\n"
)
FACT = "`./deploy` needs MODE=production"
FACT_LINE = f'✎ memory: added "{FACT}" · hone undo c'
KEEP = call("memory_update", file="memory", op="add", text=FACT, evidence=["e4"])
SKILL = call(
    "skill_create",
    name="deploy-the-site",
    title="Deploy the site",
    description="Deploys the site with ./deploy. Use it to deploy or release the site.",
    when_to_use="When the site is to be deployed.",
    steps=["Run `MODE=production ./deploy`."],
    gotchas=[{"text": "`./deploy` without MODE=production fails: set it", "evidence": ["e4"]}],
)
LOOKING_BACK = "· looking back at what was hard, in the background (hone learning status)\n"


class Model:
    """Deploys the hard way, answers anything else at once; as the writer it says what `keeps` says."""

    def __init__(self) -> None:
        self.keeps: WireReply = KEEP
        self.reviews: list[dict[str, Any]] = []

    def __call__(self, request: dict[str, Any]) -> WireReply:
        if "skill_create" in {tool["function"]["name"] for tool in request["tools"]}:
            self.reviews.append(request)
            return self.keeps
        messages = request["messages"]
        asked = max(place for place, message in enumerate(messages) if message["role"] == "user")
        done = sum(message["role"] == "assistant" for message in messages[asked:])
        if not str(messages[asked]["content"]).startswith("deploy"):
            return say("ok")
        steps = (call("shell", command="./deploy"), call("shell", command="MODE=production ./deploy"))
        return (*steps, say("It is deployed."))[min(done, 2)]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def wired(hone: Hone, model: Model) -> Iterator[Hone]:
    (hone.work / "deploy").write_text(DEPLOY)
    (hone.work / "deploy").chmod(0o755)
    with WireServer(model) as server:
        yield hone.use(server, "approvals: {mode: 'yes'}\n")


def remembered(hone: Hone) -> bool:
    path = hone.home / "memory.md"
    return path.exists() and FACT in path.read_text()


def put_skill(hone: Hone) -> None:
    folder = hone.home / "skills" / "bake-bread"
    folder.mkdir(parents=True)
    description = "Bakes rye bread with the starter. Use it to bake bread."
    text = render_skill(
        "bake-bread",
        title="Bake",
        description=description,
        when_to_use="To bake.",
        steps=["Feed it."],
        gotchas=[],
    )
    (folder / "SKILL.md").write_text(text)


def test_with_wait_what_was_learned_is_said_behind_the_answer(wired: Hone, model: Model) -> None:
    done = wired("run", "deploy the site", "--wait")
    assert (done.code, done.out) == (0, "It is deployed.\n")
    looking, learned = done.err.splitlines()[-2:]
    assert looking == "· looking back at what was hard"
    assert learned.startswith(FACT_LINE)
    assert (remembered(wired), len(model.reviews), waiting(wired)) == (True, 1, ())
    assert "✎" not in wired.here("run", "hello").err  # it was told already


def test_with_wait_and_json_the_object_is_alone_on_standard_output(wired: Hone) -> None:
    done = wired.here("run", "deploy the site", "--wait", "--json")
    assert done.result["learning"] == {"queued": True, "reason": "a failure was overcome"}
    assert done.out.count("\n") == 1
    assert FACT_LINE in done.err


def test_a_skill_and_its_gotchas_are_said_and_undo_takes_it_back(wired: Hone, model: Model) -> None:
    model.keeps = SKILL
    line = wired.here("run", "deploy the site", "--wait").err.splitlines()[-1]
    said, _, command = line.partition(" · hone ")
    assert said == "✎ learned skill deploy-the-site (1 gotcha)"
    assert (wired.home / "skills/deploy-the-site/SKILL.md").exists()
    assert wired.here(*command.split()).code == 0
    assert not (wired.home / "skills/deploy-the-site").exists()


def test_a_review_that_keeps_nothing_says_nothing(wired: Hone, model: Model) -> None:
    model.keeps = NOTHING
    done = wired.here("run", "deploy the site", "--wait")
    assert done.err.splitlines()[-1] == "· looking back at what was hard"
    assert "nothing kept: it was routine" in wired.here("learning", "status").out


def test_a_writer_that_fails_costs_the_answer_nothing_and_the_review_waits(wired: Hone, model: Model) -> None:
    model.keeps = status(401)
    done = wired.here("run", "deploy the site", "--wait")
    assert (done.code, done.out) == (0, "It is deployed.\n")
    assert done.err.splitlines()[-1].startswith("hone: not learned yet: ")
    assert len(waiting(wired)) == 1


def test_without_learning_nothing_is_queued_asked_or_said(wired: Hone, model: Model) -> None:
    done = wired.here("run", "deploy the site", "--no-learn", "--wait", "--json")
    assert done.result["learning"]["queued"] is False
    assert "looking back" not in done.err
    assert (model.reviews, waiting(wired)) == ([], ())
    assert wired.here("log").out.startswith("no changes yet")


def test_ordinary_work_starts_nobody(wired: Hone, model: Model) -> None:
    for more in ((), ("--wait",)):
        done = wired.here("run", "hello", *more)
        assert (done.out, done.err) == ("ok\n", "")
    assert (model.reviews, waiting(wired)) == ([], ())


def test_without_wait_a_worker_learns_and_the_next_start_says_so_once(wired: Hone, model: Model) -> None:
    done = wired("run", "deploy the site")
    assert (done.code, done.out) == (0, "It is deployed.\n")
    assert done.err.endswith(LOOKING_BACK)
    until(lambda: reviewed(wired), "the worker to learn")
    assert (remembered(wired), len(model.reviews)) == (True, 1)
    (row,) = json.loads(wired.here("log", "--json").out)
    assert (row["origin"], row["op"], row["status"], row["target"]) == (
        "review",
        "add",
        "applied",
        "memory.md",
    )
    first, second = (wired.here("run", "hello") for _ in range(2))
    assert first.err.startswith(FACT_LINE)
    assert first.err.count("\n") == 1
    assert second.err == ""


def test_what_the_gate_holds_is_said_at_the_next_start_with_the_way_to_see_it(
    wired: Hone, model: Model
) -> None:
    config = wired.home / "config.yaml"
    config.write_text(f"{config.read_text()}learning: {{mode: hold}}\n")
    line = wired.here("run", "deploy the site", "--wait").err.splitlines()[-1]
    assert line.startswith(f'· on hold: memory: added "{FACT}" · learning.mode is hold · hone inbox show c')
    assert not remembered(wired)
    assert wired.here("inbox", "accept", line.split()[-1]).code == 0
    assert remembered(wired)


def test_a_skill_that_comes_with_the_request_is_one_line_for_the_user(wired: Hone) -> None:
    put_skill(wired)
    done = wired.here("run", "bake a rye bread with the starter", "--json")
    assert done.err == "· skill: bake-bread\n"
    assert done.result["skills_loaded"] == ["bake-bread"]
    without = wired.here("run", "bake a rye bread with the starter", "--no-auto-skill", "--json")
    assert (without.err, without.result["skills_loaded"]) == ("", [])


@pytest.mark.parametrize(
    ("task", "asked", "skills"),
    [
        ("/bake-bread two loaves", "two loaves\n\n<skill_content", ["bake-bread"]),
        ("/bake-bread", "Use the skill bake-bread.\n\n<skill_content", ["bake-bread"]),
        ("/bin/sh is missing", "/bin/sh is missing", []),
    ],
)
def test_a_task_may_name_the_skill_as_in_a_conversation(
    wired: Hone, task: str, asked: str, skills: list[str]
) -> None:
    put_skill(wired)
    heard: list[str] = []

    def answer(request: dict[str, Any]) -> WireReply:
        heard.append(request["messages"][-1]["content"])
        return say("ok")

    with WireServer(answer) as server:
        done = wired.use(server)("run", "--json", "--no-auto-skill", task)
    assert (done.code, done.result["skills_loaded"]) == (0, skills)
    assert heard[0].startswith(asked)


@pytest.fixture
def terminal(wired: Hone) -> Iterator[Talk]:
    begun = talk(wired)
    yield begun
    begun.breaks_off()


def test_leaving_a_conversation_frees_its_review_and_starts_the_worker(
    wired: Hone, terminal: Talk, model: Model
) -> None:
    terminal.types("deploy the site", "It is deployed.")
    terminal.prompts()
    until(
        lambda: len(waiting(wired)) == 1,
        "the end of the turn, which is recorded after its answer stands there",
    )
    assert model.reviews == []  # a correction may come
    terminal.spawned.send("/quit\r")
    assert terminal.ends_with() == 0
    until(lambda: reviewed(wired), "the worker to learn")
    assert remembered(wired)


def test_a_correction_is_reviewed_with_the_turn_that_it_corrects(
    wired: Hone, terminal: Talk, model: Model
) -> None:
    terminal.types("deploy the site", "It is deployed.")
    until(lambda: len(waiting(wired)) == 1, "the end of the first turn")
    terminal.prompts()
    terminal.types("No, that is wrong: use MODE=staging from now on", "ok")
    until(lambda: waiting(wired)[0].turn == 2, "the end of the second turn")
    (nudge,) = waiting(wired)
    assert (nudge.first_turn, nudge.turn, nudge.reasons) == (1, 2, ("fix", "correction"))
    terminal.spawned.send("/quit\r")
    assert terminal.ends_with() == 0
    until(lambda: reviewed(wired), "the worker to learn")
    (review,) = model.reviews
    assert "use MODE=staging" in str(review["messages"])


def test_what_the_worker_learned_is_said_in_the_conversation(wired: Hone, terminal: Talk) -> None:
    terminal.types("deploy the site", "It is deployed.")
    until(lambda: len(waiting(wired)) == 1, "the end of the first turn")
    terminal.prompts()
    terminal.types("thanks", "ok")  # no correction: the review is free
    until(lambda: reviewed(wired), "the worker to learn")
    terminal.prompts()
    terminal.types("hello", FACT_LINE)
    terminal.sees("ok")
    assert terminal.leaves() == 0
