"""A home whose record has tasks of a family, a skill on trial with its coins, and what learning it did cost."""

import json
from pathlib import Path

from tests.cli.driving import Hone
from tests.cli.learning_home import state

from hone.database import Execute

CAME = 1_793_700_000.0  # 3 Nov 2026
DAY = 86_400.0
DEPLOY = "deploy the shop to staging"


def put_skill(hone: Hone, name: str = "deploy", status: str = "trial") -> Path:
    directory = hone.home / "skills" / name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Do {name}.\n---\n\n# It\n")
    (directory / "hone.yaml").write_text(f"v: 1\nstatus: {status}\n")
    return directory


def record_home(hone: Hone, *, before: int = 4, pairs: int = 8, title: str = DEPLOY) -> None:
    """Tasks before the skill came, three first ones with it, and pairs of one with and one without it."""
    put_skill(hone)
    with state(hone) as database, database.transaction() as execute:
        execute(
            "INSERT INTO families (id, project, created, title) VALUES ('f1', '', ?, ?)", (CAME - DAY, title)
        )
        _created(execute)
        for number in range(before):
            _task(execute, number - before, None, title)
        for number in range(3):
            _task(execute, number + 1, "first", title)
        for number in range(pairs):
            _task(execute, 2 * number + 4, "with", title)
            _task(execute, 2 * number + 5, "without", title)
        spent = CAME, "review", "w", 15_000, 0, 3_000, 0, None
        execute(
            "INSERT INTO learning_spend (at, nudge, purpose, model, input, cached, output, reasoning, cost_usd) "
            "VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)",
            spent,
        )


def _created(execute: Execute) -> None:
    row = (
        "cabcdef",
        CAME,
        "skills/deploy/SKILL.md",
        "create",
        "review",
        "applied",
        1,
        "user",
        "",
        '{"model": "w:m"}',
    )
    execute(
        "INSERT INTO changes (id, at, target, op, origin, status, nudge, trust, summary, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def _task(execute: Execute, number: int, arm: str | None, text: str) -> None:
    """One on each day; with the skill it takes 4 calls, without it 12 and two errors."""
    session, at, has = f"s{number}", CAME + number * DAY, arm in ("first", "with")
    extra = number % 3  # no two tasks are alike
    execute(
        "INSERT INTO sessions (id, created, updated, title, cwd, workspace, origin, system_prompt, tools) "
        "VALUES (?, ?, ?, '', '/', '/', 'run', '', '[]')",
        (session, at, at),
    )
    execute(
        "INSERT INTO turns (session, turn, started, finished, text, status, model, tool_calls, errors, input, output, "
        "wall_s, skills) VALUES (?, 1, ?, ?, ?, 'answered', 'p:m', ?, ?, ?, 100, 9.5, ?)",
        (
            *(session, at, at + 9, text, (4 if has else 12) + extra, 0 if has else 2),
            *(3000 if has else 9000, json.dumps(["deploy"] if has else [])),
        ),
    )
    execute("INSERT INTO tasks (session, turn, at, family) VALUES (?, 1, ?, 'f1')", (session, at))
    if arm is None:
        return
    execute("INSERT INTO eligible (session, turn, skill, score) VALUES (?, 1, 'deploy', 9.0)", (session,))
    execute(
        "INSERT INTO coins (session, skill, arm, share, at) VALUES (?, 'deploy', ?, 0.2, ?)",
        (session, arm, at),
    )
    if has:
        execute(
            "INSERT INTO loads (session, turn, skill, at, way, misfired, version) VALUES (?, 1, 'deploy', ?, 'attached', 0, '')",
            (session, at),
        )
