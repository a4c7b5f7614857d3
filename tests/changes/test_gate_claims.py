"""Which texts say that something is not available, and what becomes of them."""

import datetime

import pytest

from hone.changes.change import (
    Add,
    AddGotcha,
    Change,
    Create,
    Effect,
    Gotcha,
    Remove,
    RemoveGotcha,
    Replace,
)
from hone.changes.plan import effects_of
from hone.changes.rules.claims import expire, is_claim, renew
from hone.memory.entries import entries, parse

TODAY = datetime.date(2026, 11, 22)


@pytest.mark.parametrize(
    "text",
    [
        "docker is not available",
        "Docker isn't available in this environment",
        "no network",
        "There is no network access in the sandbox",
        "No internet connection here",
        "the API is down",
        "The staging API appears to be down",
        "git is not installed",
        "tests cannot be run here",
        "The tests can't be run on this machine",
        "npm: command not found",
        "psql is missing",
        "The registry is unreachable",
        "The database is not reachable from here",
        "web_fetch does not work",
        "The browser tool never works",
        "Playwright isn't supported on this machine",
        "sudo is not allowed",
        "no sudo on this machine",
        "The GPU is not accessible",
        "kubectl is unavailable in this session",
        "Redis is not running",
        "The build server is offline",
        "The package index could not be reached",
        "pip can not install anything",
        "The sandbox has no internet",
        "curl is blocked",
        "Unable to connect to the staging server",
        "The mail service does not respond",
        "The VPN is currently disabled",
        "The container lacks network access",
        "npm install cannot be run without network access",
        "docker is installed but the daemon is not running",
        "The search service was down when I tried it",
        "make is no longer available",
        "The emulator fails to start",
        "python3.13 isn’t installed",
        "Node.js is not installed",
        "apt-get does not work here",
        "We have no access to the database",
        "Database unavailable",
        "docker is not available (until 2026-11-29)",
    ],
)
def test_what_only_says_that_something_cannot_be_used_is_a_claim(text: str) -> None:
    assert is_claim(text)


@pytest.mark.parametrize(
    "text",
    [
        "docker is not installed: use podman",
        "Use podman, docker is not available",
        "docker is not available, use podman instead",
        "`python` is not installed, but python3 is",
        "python is not available; python3 works",
        "No network in the sandbox: pass --network on",
        "The first connection is refused: retry once",
        "Health check is at /healthz, not /health",
        "/health is not available: the check is at /healthz",
        "The `--fast` flag is not supported by this version",
        "The database is not reachable until the tunnel is up",
        "The server is not running before `make up`",
        "Tests cannot be run without NODE_ENV=test",
        "git is not on PATH, it is in /opt/git/bin",
        "The API is down on Sundays, so wait until Monday",
        "If redis is not running, start it with `make redis`",
        "Port 5432 is not reachable from the host; connect through port 6432",
        "npm ci cannot be run if package-lock.json is missing",
        "Set NODE_ENV=production before npm run build",
        "Migrations must run before the deploy",
        "The endpoint /v1/users is not available any more",
        "The file config.yml is missing",
        "The user does not want emoji",
        "The build needs no network",
        "The old deploy script is broken, run deploy2.sh",
        "psql is not installed: go through `docker exec db psql`",
        "EACCES means that the port is not available",
        "Restart the daemon when it is not responding",
        "The theme option is not supported",
        "pytest is not on PATH: run it as python -m pytest",
        "The user prefers pnpm",
        "Do not run the tests against production",
        "The module `legacy` is not available in Python 3.13",
        "make lint",
        "The staging server is at 10.0.0.7 and listens on 8431",
        "curl is not available so fetch with wget",
        "The CI does not run on draft pull requests",
        "The user is not available on Fridays",
        "The migration is missing an index on orders.user_id",
        "Python 3.8 is no longer supported by this repository",
        "Don't push to main, it is blocked",
    ],
)
def test_what_says_what_to_do_or_is_a_fact_of_the_project_is_none(text: str) -> None:
    assert not is_claim(text)


def test_a_claim_in_a_skill_becomes_an_entry_of_the_projects_memory_that_expires() -> None:
    change = Change(
        target="skills/deploy/SKILL.md",
        base_sha256="00",
        origin="review",
        project="shop-1a2b",
        nudge=4,
        ordinal=2,
        trust="workspace",
        ops=(AddGotcha("docker is not available", ("e3",)), AddGotcha("retry once", ("e4",))),
    )
    kept, also = expire(change, TODAY)
    assert kept.ops == (AddGotcha("retry once", ("e4",)),)
    assert also == (
        Change(
            target="projects/shop-1a2b/memory.md",
            origin="review",
            project="shop-1a2b",
            nudge=4,
            trust="workspace",
            ops=(Add("docker is not available (until 2026-11-29)", ("e3",)),),
        ),
    )


def test_without_a_project_it_goes_to_the_shared_memory_and_a_skill_of_nothing_else_is_gone() -> None:
    create = Create(
        "Deploy", "Deploys.", "To deploy.", ("docker is not available",), (Gotcha("no network", ("e1",)),)
    )
    kept, also = expire(Change(target="skills/deploy/SKILL.md", origin="review", ops=(create,)), TODAY)
    assert kept.ops == ()
    (memory,) = also
    assert memory.target == "memory.md"
    assert [op.text for op in memory.ops if isinstance(op, Add)] == [
        "docker is not available (until 2026-11-29)",
        "no network (until 2026-11-29)",
    ]


def test_the_rest_of_a_skill_stays_with_what_it_takes_away() -> None:
    change = Change(
        target="skills/deploy/SKILL.md",
        origin="review",
        ops=(RemoveGotcha("old"), AddGotcha("the API is down")),
    )
    assert expire(change, TODAY)[0].ops == (RemoveGotcha("old"),)


def test_in_memory_a_claim_gets_a_last_day_a_week_from_now_or_sooner_if_it_says_so() -> None:
    ops = (
        Add("the API is down", ("e1",)),
        Replace("old", "git is not installed"),
        Add("no docker (until 2099-12-31)"),
        Add("no network (until 2026-11-24)"),
        Add("the API is at :8431"),
        Remove("older"),
    )
    kept, also = expire(Change(target="memory.md", origin="tool", ops=ops), TODAY)
    assert also == ()
    assert kept.ops == (
        Add("the API is down (until 2026-11-29)", ("e1",)),
        Replace("old", "git is not installed (until 2026-11-29)"),
        Add("no docker (until 2026-11-29)"),
        *ops[3:],
    )


def test_a_change_without_claims_is_left_as_it_is() -> None:
    change = Change(target="memory.md", origin="tool", ops=(Add("the API is at :8431"),))
    assert expire(change, TODAY) == (change, ())


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("docker is not available (until 2026-11-23)", "docker is not available"),
        ("docker is not available (until 2026-11-01)", "Docker is not available"),
        ("Docker is not available here (until 2026-11-23)", "docker is not available"),
        ("docker is not available (until 2026-11-23)", "docker is not available here"),
    ],
)
def test_a_claim_that_comes_again_holds_longer_instead_of_standing_twice(said: str, again: str) -> None:
    before = f"- first\n- {said}\n- last\n".encode()
    change = Change(target="memory.md", origin="tool", ops=(Add(again, ("e1",)),))
    kept, _ = expire(change, TODAY)
    renewed = renew(kept, [Effect("memory.md", before, b"")])
    assert effects_of(renewed, {"memory.md": before}.get) == (
        Effect("memory.md", before, f"- first\n- {again} (until 2026-11-29)\n- last\n".encode()),
    )
    assert renewed.ops[0] == Replace(
        entries(parse(f"- {said}"))[0].hash, f"{again} (until 2026-11-29)", ("e1",)
    )


@pytest.mark.parametrize(
    ("said", "op"),
    [
        ("docker is not available (until 2026-11-29)", Add("docker is not available (until 2026-11-29)")),
        ("docker is not available (until 2027-01-01)", Add("docker is not available (until 2026-11-29)")),
        ("docker is not available", Add("docker is not available (until 2026-11-29)")),
        ("podman is not available (until 2026-11-23)", Add("docker is not available (until 2026-11-29)")),
        ("docker is available (until 2026-11-23)", Add("docker is not available (until 2026-11-29)")),
        ("the sale ends (until 2026-11-23)", Add("the sale ends (until 2026-11-29)")),
        ("docker is not available (until 2026-11-23)", Remove("docker")),
        ("docker is not available (until 2026-11-23)", Add("docker is not available (until 2026-13-29)")),
    ],
)
def test_what_is_no_later_word_on_the_same_stays_as_it_is(said: str, op: Add | Remove) -> None:
    change = Change(target="memory.md", origin="tool", ops=(op,))
    assert renew(change, [Effect("memory.md", f"- {said}\n".encode(), b"")]) == change
    assert renew(change, [Effect("memory.md", None, b"")]) == change


def test_a_skill_has_nothing_to_renew() -> None:
    change = Change(
        target="skills/deploy/SKILL.md", origin="review", ops=(AddGotcha("docker is not available"),)
    )
    assert (
        renew(change, [Effect(change.target, b"- docker is not available (until 2026-11-23)\n", b"")])
        == change
    )
