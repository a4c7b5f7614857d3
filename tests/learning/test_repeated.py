"""Which repeated mistakes a gotcha warned of, and the tripwire that would have stopped them."""

from typing import Any

import pytest
from tests.learning.traces import Did, attached, edit, tool, trace

from hone.changes.sidecars import hash_of_gotcha
from hone.events import AnyEvent
from hone.learning.misfire import telling_words
from hone.learning.repeated import Repetition, TurnRecord, repeated, told_by
from hone.skills.read import Skill
from hone.skills.tripwires import Condition, Tripwire

REFUSED = "curl: (22) The requested URL returned error: 404"
HEALTH = "The health check is `/healthz`; `/health` answers 404"
WRONG: tuple[Did, ...] = (("curl -sf localhost:8080/health", 22, REFUSED), "curl -sf localhost:8080/healthz")
AGAIN: tuple[Did, ...] = (
    ("curl -sf http://127.0.0.1:9090/health", 22, REFUSED),
    "curl -sf http://127.0.0.1:9090/healthz",
)


def page(*gotchas: str) -> str:
    return "\n".join(["# Deploy", "", "## Gotchas", "", *(f"- {each}" for each in gotchas), ""])


def skill(**fields: Any) -> Skill:
    return Skill(**{"name": "deploy", "description": "d", "directory": "/h/skills/deploy"} | fields)


def loaded(text: str) -> AnyEvent:
    return attached("deploy", text)


def had(text: str, *turns: tuple[Did, ...]) -> list[TurnRecord]:
    """Turns of a session each, newest first, that began with the skill."""
    return [
        TurnRecord(f"s{number}", 1, tuple(trace(loaded(text), *did)))
        for number, did in enumerate(reversed(turns), 1)
    ]


def found(gotcha: str, *turns: tuple[Did, ...]) -> tuple[Repetition, ...]:
    return repeated(had(page(gotcha), *turns), skill(), page(gotcha))


BUILD_ENV = "Error: NODE_ENV must be set to production"
NO_SEED = "error: no such table: users"

CONDITIONS: dict[str, tuple[str, tuple[Did, ...], tuple[Did, ...], Condition]] = {
    "it names both": (HEALTH, WRONG, AGAIN, Condition("shell", ("/health",), ("/healthz",))),
    "it names what works": (
        "The health check is `/healthz`",
        WRONG,
        AGAIN,
        Condition("shell", ("/health",), ("/healthz",)),
    ),
    "it names the end of a path": (
        "The health check is /healthz",
        (("curl -sf localhost:8080/api/health", 22, REFUSED), "curl -sf localhost:8080/api/healthz"),
        (("curl -sf localhost:9/api/health", 22, REFUSED), "curl -sf localhost:9/api/healthz"),
        Condition("shell", ("/api/health",), ("/healthz",)),
    ),
    "something was missing": (
        "`npm run build` needs `NODE_ENV=production`",
        (("npm run build", 1, BUILD_ENV), "NODE_ENV=production npm run build"),
        (("npm run build", 1, BUILD_ENV), "export NODE_ENV=production && npm run build"),
        Condition("shell", ("npm run build",), ("NODE_ENV=production",)),
    ),
    "it does not name the command": (
        "Always set `NODE_ENV=production`",
        (("npm run build", 1, BUILD_ENV), "NODE_ENV=production npm run build"),
        (("npm run build", 1, BUILD_ENV), "NODE_ENV=production npm run build"),
        Condition("shell", ("npm run build",), ("NODE_ENV=production",)),
    ),
    "a precondition": (
        "Run `make seed` before `./report.sh`",
        (("./report.sh", 1, NO_SEED), "make seed", "./report.sh"),
        (("./report.sh --json", 1, NO_SEED), "make seed", "./report.sh --json"),
        Condition("shell", ("report.sh",), (), ("make seed",)),
    ),
    "another tool": (
        "The region is `eu-west-1`, not `eu-west`",
        (
            tool("cloud_start", ok=False, text="error: no region eu-west", region="eu-west", size="m"),
            tool("cloud_start", region="eu-west-1", size="m"),
        ),
        (
            tool("cloud_start", ok=False, text="error: no region eu-west", region="eu-west", size="l"),
            tool("cloud_start", region="eu-west-1", size="l"),
        ),
        Condition("cloud_start", ("eu-west",), ("eu-west-1",)),
    ),
}


@pytest.mark.parametrize("case", CONDITIONS.values(), ids=CONDITIONS.keys())
def test_a_mistake_made_twice_is_told_by_what_the_gotcha_names(
    case: tuple[str, tuple[Did, ...], tuple[Did, ...], Condition],
) -> None:
    gotcha, one, other, condition = case

    (repetition,) = found(gotcha, one, other)

    assert repetition.gotcha == gotcha
    assert repetition.condition == Condition(
        condition.tool, condition.has, condition.lacks, condition.unless_after, gotcha
    )
    assert [each.session for each in repetition.mistakes] == ["s1", "s2"]


BUILD: tuple[Did, ...] = (("npm build", 1, 'npm error Missing script: "build"'), "npm run build")
NOT_FOUND: dict[str, tuple[str, tuple[tuple[Did, ...], ...]]] = {
    "once": (HEALTH, (WRONG,)),
    "twice in one turn": (HEALTH, ((*WRONG, *AGAIN),)),
    "nothing failed": (HEALTH, (("ls",), ("ls",))),
    "it warns of something else": ("The port is `8081`", (WRONG, AGAIN)),
    "its plain words stand there by chance": ("Always run `make install` first", (BUILD, BUILD)),
    "it never worked": (HEALTH, (WRONG[:1], AGAIN[:1])),
    "two mistakes of two kinds": (
        "Run `make seed` before `./report.sh`; it needs `--json`",
        (
            (("./report.sh", 1, NO_SEED), "make seed", "./report.sh"),
            (("./report.sh", 2, "error: --json is required"), "./report.sh --json"),
        ),
    ),
    "only a common word would tell it": (
        "Run `./configure` before `make`",
        ((("make", 2, "fatal error: config.h: No such file or directory"), "./configure", "make"),) * 2,
    ),
    "the test was red": (
        "Run `pytest tests/test_cart.py`",
        ((("pytest tests/test_cart.py", 1, "1 failed"), edit(), "pytest tests/test_cart.py"),) * 2,
    ),
}


@pytest.mark.parametrize("case", NOT_FOUND.values(), ids=NOT_FOUND.keys())
def test_no_tripwire_for_what_was_not_repeated_or_not_warned_of(
    case: tuple[str, tuple[tuple[Did, ...], ...]],
) -> None:
    gotcha, turns = case

    assert found(gotcha, *turns) == ()


def test_who_had_not_read_the_gotcha_did_not_ignore_it() -> None:
    text = page(HEALTH)
    late = TurnRecord("late", 1, tuple(trace(*WRONG, loaded(text))))
    before_it_was_learned = TurnRecord("old", 1, tuple(trace(loaded(page("Something else")), *WRONG)))
    other_skill = TurnRecord("other", 1, tuple(trace(attached("release", text), *WRONG)))

    turns = [*had(text, AGAIN), late, before_it_was_learned, other_skill]

    assert repeated(turns, skill(), text) == ()


def test_a_skill_stays_read_in_later_turns_of_its_session() -> None:
    text = page(HEALTH)
    first = TurnRecord("s", 1, tuple(trace(loaded(text), *WRONG)))
    second = TurnRecord("s", 2, tuple(trace(*AGAIN)), told_by(first, "deploy"))

    (repetition,) = repeated([second, first], skill(), text)

    assert [each.turn for each in repetition.mistakes] == [2, 1]
    assert told_by(second, "deploy") == second.told


@pytest.mark.parametrize("retired", [False, True])
def test_a_gotcha_that_has_or_had_a_tripwire_is_left_alone(retired: bool) -> None:
    wire = Tripwire("shell", ("x",), id="t1", gotcha=hash_of_gotcha(HEALTH), retired=retired)

    assert repeated(had(page(HEALTH), WRONG, AGAIN), skill(tripwires=(wire,)), page(HEALTH)) == ()


@pytest.mark.parametrize("retired", [False, True])
def test_a_mistake_that_a_tripwire_is_about_needs_no_other(retired: bool) -> None:
    wire = Tripwire("shell", ("/health",), id="t1", retired=retired)  # written by hand: of no gotcha

    assert repeated(had(page(HEALTH), WRONG, AGAIN), skill(tripwires=(wire,)), page(HEALTH)) == ()


def test_each_gotcha_has_its_own_tripwire_and_odd_mistakes_are_passed_over() -> None:
    text = page("`npm run build` needs `NODE_ENV=production`", HEALTH)
    build: tuple[Did, ...] = (("npm run build", 1, BUILD_ENV), "NODE_ENV=production npm run build")

    made = repeated(had(text, WRONG, build, AGAIN, build, WRONG), skill(), text)

    assert [(each.condition.has, len(each.mistakes)) for each in made] == [
        (("npm run build",), 2),
        (("/health",), 3),
    ]


@pytest.mark.parametrize(
    "text",
    [
        page(HEALTH, HEALTH),  # which one?
        f"# Deploy\n\n## Gotchas\n\n- {HEALTH}\nand more\n",  # it would be indented anew
    ],
)
def test_a_gotcha_that_no_change_can_name_is_left_alone(text: str) -> None:
    assert repeated(had(text, WRONG, AGAIN), skill(), text) == ()


def test_a_gotcha_that_says_nothing_is_passed_over() -> None:
    text = page("", HEALTH)

    assert [each.gotcha for each in repeated(had(text, WRONG, AGAIN), skill(), text)] == [HEALTH]


def test_what_a_tripwire_says_fits_a_line() -> None:
    long = f"{HEALTH}, and {'so on ' * 100}`/healthz`"

    (repetition,) = found(long, WRONG, AGAIN)

    assert len(repetition.condition.say) == 300
    assert repetition.condition.say.endswith("…")


def test_words_of_the_failed_command_beside_a_plain_mistake_narrow_it() -> None:
    one: tuple[Did, ...] = (
        ("deploy --env prod web", 1, "error: unknown environment prod, expected production"),
        "deploy --env production web",
    )

    (repetition,) = found("Say `production`, not `prod`", one, one)

    assert repetition.condition.lacks == ("production",)
    assert set(telling_words(" ".join(repetition.condition.has))) == {"deploy", "--env", "prod", "web"}
