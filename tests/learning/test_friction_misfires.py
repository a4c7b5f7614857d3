"""Friction that a loaded skill led to, told apart from friction that the skill would have spared."""

import pytest
from tests.learning.traces import Did, attached, found, shell, tool, trace

from hone.learning.friction import mine

DEPLOY = """# Deploy
## Steps
1. Run `npm run build`.
2. Run `./deploy.sh staging`.
3. Check `curl -sf localhost:8080/healthz`.
## Gotchas
- The health check is `/healthz`, not `/health`.
- The database is on port 5432.
"""
SKILL = attached("deploy", DEPLOY)
HEALTHZ = [("curl -sf localhost:8080/healthz", 22, "404"), ("curl -sf localhost:8080/health", 0, "ok")]

MISFIRES: dict[str, tuple[list[Did], str]] = {
    "a path that moved": (
        [SKILL, *HEALTHZ],
        "fix: curl -sf localhost:8080/healthz => curl -sf localhost:8080/health",
    ),
    "a step without what it needs": (
        [SKILL, ("npm run build", 1, "Error: NODE_ENV missing"), "NODE_ENV=production npm run build"],
        "fix: npm run build => NODE_ENV=production npm run build",
    ),
    "a step without the one before": (
        [SKILL, ("./deploy.sh staging", 1, "pending migrations"), "./migrate.sh", "./deploy.sh staging"],
        "precondition: ./deploy.sh staging needs ./migrate.sh",
    ),
    "a value that changed": (
        [SKILL, ("psql -p 5432 -c x", 2, "no such database"), "psql -p 5433 -c x"],
        "fix: psql -p 5432 -c x => psql -p 5433 -c x",
    ),
    "a step that fails again and again": (
        [SKILL, *[("./deploy.sh staging", 1, "boom")] * 3],
        "in_vain: ./deploy.sh staging",
    ),
    "a skill that was asked for": (
        [tool("skill", name="deploy", text=SKILL.text), *HEALTHZ],
        "fix: curl -sf localhost:8080/healthz => curl -sf localhost:8080/health",
    ),
}
SPARED: dict[str, list[Did]] = {
    "the skill warned of it": [
        SKILL,
        ("curl -sf localhost:8080/health", 22, "404"),
        ("curl -sf localhost:8080/healthz", 0, "ok"),
    ],
    "the skill names the mistake in the line that says what works": [
        attached("deploy", "- The health check is `/healthz`; `/health` answers 404."),
        ("curl -sf localhost:8080/health", 22, "404"),
        ("curl -sf localhost:8080/healthz", 0, "ok"),
    ],
    "the skill says what works": [
        attached("build", "Run `NODE_ENV=production npm run build`."),
        ("npm run build", 1, "Error: NODE_ENV missing"),
        "NODE_ENV=production npm run build",
    ],
    "the skill names the step that was left out": [
        attached("deploy", "Run `./migrate.sh`, then `./deploy.sh staging`."),
        ("./deploy.sh staging", 1, "pending migrations"),
        "./migrate.sh",
        "./deploy.sh staging",
    ],
    "the skill is about other things": [
        attached("invoices", "Run `make invoices` and send the file."),
        *HEALTHZ,
    ],
    "the skill was loaded afterwards": [*HEALTHZ, SKILL],
    "the skill was not loaded": [tool("skill", name="deploy", ok=False, text=SKILL.text), *HEALTHZ],
    "the skill stands above already": [
        tool("skill", name="deploy", text="The skill deploy is already loaded"),
        *HEALTHZ,
    ],
    "it passed by itself": [SKILL, shell("./deploy.sh staging", 1, "busy"), shell("./deploy.sh staging")],
}


@pytest.mark.parametrize(("did", "friction"), MISFIRES.values(), ids=MISFIRES)
def test_what_a_skill_led_to_is_its_misfire(did: list[Did], friction: str) -> None:
    kind, rest = friction.split(": ", 1)
    assert found(*did) == [f"{kind}: {rest}", f"misfire: {rest} in deploy"]


@pytest.mark.parametrize("did", SPARED.values(), ids=SPARED)
def test_what_a_skill_did_not_lead_to_is_none(did: list[Did]) -> None:
    assert not [line for line in found(*did) if line.startswith("misfire")]


def test_a_correction_of_what_a_skill_says_is_its_misfire() -> None:
    lines = found(SKILL, "./deploy.sh staging", said_next="no, the check moved from /healthz to /up")
    assert lines[-1] == "misfire: no, the check moved from /healthz to /up in deploy"
    assert found(SKILL, "./deploy.sh staging", said_next="no, leave that alone")[1:] == []


def test_a_misfire_keeps_what_shows_it() -> None:
    fix, misfire = mine(trace(SKILL, *HEALTHZ))
    assert (misfire.events, misfire.error, misfire.calls) == (fix.events, fix.error, fix.calls)
