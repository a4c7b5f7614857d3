"""When a turn is worth a review, and a thousand ordinary turns that are not."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.learning.traces import Did, attached, edit, finished, refused, shell, tool, trace

from hone.database import Database
from hone.learning.friction import mine
from hone.learning.nudge import reasons_for
from hone.learning.recurrence import long_work_pays

FIX: list[Did] = [("npm run build", 1, "Error: NODE_ENV missing"), "NODE_ENV=production npm run build"]
PRECONDITION: list[Did] = [("./deploy.sh", 1, "pending migrations"), "./migrate.sh", "./deploy.sh"]
GAVE_UP: list[Did] = [("./deploy.sh", 1, "boom"), ("./release.sh", 1, "boom")]
QUIET: list[Did] = [f"cat file{number}.txt" for number in range(8)]


def reasons(*did: Did, said_next: str = "", pays: bool = True, **end: Any) -> tuple[str, ...]:
    events = trace(*did)
    return reasons_for(events, finished(events, **end), mine(events, said_next), long_work_pays=pays)


def test_a_resolved_failure_is_worth_a_review() -> None:
    assert reasons(*FIX) == ("fix",)
    assert reasons(*PRECONDITION) == ("fix",)


def test_an_unresolved_failure_is_not() -> None:
    assert reasons(*GAVE_UP) == ()
    assert reasons(*[("make", 2, "boom")] * 5) == ()


def test_waiting_is_not() -> None:
    assert reasons(("curl localhost:1/a", 7, "refused"), "sleep 1", "curl localhost:1/a") == ()


def test_a_correction_is() -> None:
    assert reasons("npm install", said_next="no, use pnpm here") == ("correction",)


def test_a_misfire_is_besides_its_fix() -> None:
    skill = attached("build", "Run `npm run build`.")
    assert reasons(skill, *FIX) == ("fix", "misfire")


@pytest.mark.parametrize("status", ["limit", "provider", "gave_up", "interrupted"])
def test_a_resolved_failure_is_worth_a_review_however_the_turn_ended(status: str) -> None:
    assert reasons(*FIX, status=status) == ("fix",)


def test_a_refused_turn_and_one_without_a_step_are_not() -> None:
    assert reasons(*FIX, status="refused") == ()
    assert reasons(*FIX, steps=0) == ()


def test_long_work_is_worth_a_review_if_some_of_it_failed() -> None:
    assert reasons(*QUIET, *GAVE_UP) == ("long_work",)
    assert reasons(*QUIET, *[("make", 2, "boom")] * 3) == ("long_work",)


@pytest.mark.parametrize(
    ("did", "end"),
    [
        pytest.param([*QUIET, "ls", ("./deploy.sh", 1, "boom")], {}, id="one failure only"),
        pytest.param([*QUIET[:5], *GAVE_UP], {}, id="seven calls"),
        pytest.param([*QUIET, *GAVE_UP], {"status": "limit"}, id="not answered"),
        pytest.param([*QUIET, *GAVE_UP], {"skills": ("deploy",)}, id="with a skill"),
        pytest.param([*QUIET, *GAVE_UP], {"pays": False}, id="it never paid"),
        pytest.param([*QUIET, ("grep x y", 1), ("diff a b", 1), ("test -f x", 1)], {}, id="benign exits"),
        pytest.param([*QUIET, refused("rm -rf /"), refused("rm -rf /*")], {}, id="refusals"),
        pytest.param(
            [*QUIET, ("pytest", 1, "E"), edit(), ("pytest", 1, "E"), edit(), "pytest"], {}, id="repair"
        ),
    ],
)
def test_long_work_without_trouble_of_its_own_is_not(did: list[Did], end: dict[str, Any]) -> None:
    assert reasons(*did, **end) == ()


def test_the_agent_s_own_word_is_worth_a_review() -> None:
    assert reasons(tool("remember", text_="deploys need migrations", file="skill")) == ("remember",)
    assert reasons(tool("remember", text_="the user likes tea", file="user")) == ()
    assert reasons(tool("remember", ok=False, file="skill")) == ()


# A thousand ordinary turns.

RED = "E   assert 1 == 2\n=== 1 failed in 0.02s ==="
Kind = Callable[[random.Random], list[Did]]
FILES = ["src/app.py", "src/cart.ts", "lib/pay.go", "README.md", "Makefile", "tests/test_cart.py"]
TESTS = [
    "pytest",
    "npm test",
    "go test ./...",
    "cargo test",
    "make test",
    "python -m unittest",
    "npx vitest run",
]
BENIGN: list[Did] = [
    ("grep -rn TODO .", 1),
    ("diff a b", 1, "1c1"),
    ("test -f .env", 1),
    ("git diff --exit-code", 1, "diff"),
    ("cmp a b", 1, "differ"),
    ("pgrep -f server", 1),
    ("which pnpm", 1),
    ("npm ls --depth 0 | grep left-pad", 1),
    ("systemctl status nginx", 3, "inactive"),
]


def question(_: random.Random) -> list[Did]:
    return []


def reads(rng: random.Random) -> list[Did]:
    found = [f"cat {name}" for name in rng.sample(FILES, rng.randint(1, 4))]
    return ["ls -la", *found, tool("read", path=rng.choice(FILES)), "git log --oneline | head"]


def missing_reads(rng: random.Random) -> list[Did]:
    name = rng.choice(FILES)
    return [
        (f"cat old/{name}", 1, "No such file or directory"),
        f"cat {name}",
        tool("read", ok=False, path="nowhere"),
    ]


def greps(rng: random.Random) -> list[Did]:
    return [
        ("grep -rn total src", rng.randint(0, 1)),
        ("rg -n total", 0, "src/cart.ts:3"),
        "find . -name '*.py' | wc -l",
    ]


def red_green(rng: random.Random) -> list[Did]:
    test = rng.choice(TESTS)
    rounds: list[Did] = []
    for _ in range(rng.randint(1, 3)):
        changes: list[Did] = [edit(rng.choice(FILES)), "sed -i s/a/b/ src/app.py", "git apply fix.patch"]
        rounds += [
            (f"{test} 2>&1" if rng.random() < 0.2 else test, 1, RED),
            f"cat {rng.choice(FILES)}",
            rng.choice(changes),
        ]
    return [*rounds, (test, 0, "ok")]


def compiles(rng: random.Random) -> list[Did]:
    build = rng.choice(["cargo build", "make", "go build ./...", "npx tsc --noEmit", "gcc main.c"])
    return [(build, 1, "main.c:3: error: expected ;"), edit(), (build, 0)]


def installs(rng: random.Random) -> list[Did]:
    package = rng.choice(["requests", "flask", "numpy"])
    return [
        rng.choice([f"pip install {package}", f"npm install {package}", f"cargo add {package}"]),
        "pip list",
    ]


def git_work(rng: random.Random) -> list[Did]:
    pushed: list[Did] = [("git push", 1, "! [rejected] (fetch first)"), "git pull --rebase", "git push"]
    added: list[Did] = [("git commit -m x", 1, "nothing added to commit"), "git add .", "git commit -m x"]
    return ["git status", "git diff", *(pushed if rng.random() < 0.5 else added)]


def benign(rng: random.Random) -> list[Did]:
    return rng.sample(BENIGN, rng.randint(1, 5))


def refusals(rng: random.Random) -> list[Did]:
    return [refused("rm -rf dist"), refused("git push --force"), rng.choice(["ls", "git status"])]


def warm_ups(rng: random.Random) -> list[Did]:
    check = rng.choice(["curl -s localhost:8080/healthz", "pg_isready -h localhost", "nc -z localhost 5432"])
    waits: list[Did] = [(check, 7, "Connection refused"), "sleep 1"]
    return [*(waits * rng.randint(1, 2)), (check, 0, "ok")]


def aborted(rng: random.Random) -> list[Did]:
    return [rng.choice([("npm start", 130, "^C"), ("make release", 2, "boom"), ("./deploy.sh", 1, "boom")])]


def slips(rng: random.Random) -> list[Did]:
    slip = tool("edit", ok=False, path="src/app.py", text="old is not in the file")
    misread = tool("shell", ok=False, ran=False, text="the arguments were not understood", cmd="ls")
    return [rng.choice([slip, misread]), edit(), "ls"]


def linting(rng: random.Random) -> list[Did]:
    check, repair = rng.choice([("ruff check .", "ruff check --fix ."), ("cargo fmt --check", "cargo fmt")])
    return [(check, 1, "F401"), repair, (check, 0)]


def piped(rng: random.Random) -> list[Did]:
    return [(f"{rng.choice(TESTS)} 2>&1 | tail -5", 0, "ok"), ("tail -20 app.log", 0, "Error: timed out")]


def in_background(_: random.Random) -> list[Did]:
    started = shell("python -m http.server", 0, "[j1 is running]", background=True)
    return [started, "curl -s localhost:8000/", tool("shell", job="j1", text="[j1 is running]")]


KINDS: list[Kind] = [
    question,
    reads,
    missing_reads,
    greps,
    red_green,
    compiles,
    installs,
    git_work,
    benign,
    refusals,
    warm_ups,
    aborted,
    slips,
    linting,
    piped,
    in_background,
]
SAID_NEXT = ["", "thanks!", "Now add a test for it.", "ok, and the README?", "no problem", "What does it do?"]


def test_a_thousand_ordinary_turns_are_worth_no_review() -> None:
    rng = random.Random(20261122)
    for number in range(1000):
        kinds = rng.sample(KINDS, rng.choice([1, 1, 1, 2]))
        did = [each for kind in kinds for each in kind(rng)]
        events = trace(*did)
        episodes = mine(events, rng.choice(SAID_NEXT))
        names = [kind.__name__ for kind in kinds]
        assert reasons_for(events, finished(events), episodes) == (), (number, names, did, episodes)


# Whether long work is worth it.


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database.open(tmp_path / "state.db")
    with database.transaction() as execute:
        execute(
            "INSERT INTO sessions (id, created, updated, title, cwd, workspace, origin, system_prompt, tools)"
            " VALUES ('s', 0, 0, '', '/', '/', 'run', '', '[]')"
        )
    return database


def review(
    database: Database, at: float, skill: str = "", reasons: str = '["long_work"]', state: str = "done"
) -> None:
    with database.transaction() as execute:
        cursor = execute(
            "INSERT INTO nudges (session, first_turn, turn, created, reasons, not_before, state, finished)"
            " VALUES ('s', ?, ?, ?, ?, 0, ?, ?)",
            (int(at), int(at), at, reasons, state, at),
        )
        if skill:
            execute(
                "INSERT INTO changes (id, at, target, op, origin, status, nudge, ordinal, trust, summary, data)"
                " VALUES (?, ?, ?, 'create', 'review', 'applied', ?, 0, 'workspace', '', '{}')",
                (f"c{int(at)}", at, f"skills/{skill}/SKILL.md", cursor.lastrowid),
            )


def turn_with(database: Database, at: float, skills: str) -> None:
    with database.transaction() as execute:
        execute(
            "INSERT INTO turns (session, turn, started, text, skills) VALUES ('s', ?, ?, '', ?)",
            (int(at), at, skills),
        )


def ten_in_vain(database: Database) -> None:
    for number in range(10):
        review(database, 100 + number, f"skill-{number}" if number % 2 else "")


def test_long_work_pays_until_ten_reviews_came_to_nothing(database: Database) -> None:
    assert long_work_pays(database)
    ten_in_vain(database)
    assert not long_work_pays(database)
    database.close()


def test_it_pays_if_one_of_the_skills_was_loaded_since(database: Database) -> None:
    ten_in_vain(database)
    turn_with(database, 105, '["other", "skill-1"]')
    assert long_work_pays(database)
    database.close()


def test_another_skill_in_between_does_not_make_it_pay(database: Database) -> None:
    ten_in_vain(database)
    turn_with(database, 105, '["other"]')
    turn_with(database, 200, "[]")
    assert not long_work_pays(database)
    database.close()


def test_it_pays_again_once_any_skill_is_loaded_and_then_only_for_one_more_review(database: Database) -> None:
    ten_in_vain(database)
    turn_with(database, 200, '["other"]')
    assert long_work_pays(database)
    review(database, 300)
    assert not long_work_pays(database)
    database.close()


def test_reviews_for_other_reasons_and_unfinished_ones_do_not_count(database: Database) -> None:
    for number in range(12):
        review(database, 100 + number, reasons='["fix","long_work"]')
        review(database, 200 + number, state="given_up")
    assert long_work_pays(database)
    database.close()
