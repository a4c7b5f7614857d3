"""`hone stats` and `hone skills show` name the tripwires and what they did."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.driving import Hone

from hone.clock import SystemClock
from hone.events import Tripped, TurnFinished, TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.messages import ToolCall, Usage

WIRES = """v: 1
tripwires:
- {id: t1, tool: shell, has: [curl, /health], lacks: [/healthz], say: "Use /healthz", evidence: [e1]}
- {id: t2, tool: shell, has: [npm test], unless_after: [npm ci], retired: true}
"""


def put(hone: Hone, name: str = "deploy", sidecar: str = WIRES) -> Path:
    directory = hone.home / "skills" / name
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Do {name}.\n---\n\n# It\n")
    (directory / "hone.yaml").write_text(sidecar)
    return directory


def fire(hone: Hone, skill: str = "deploy", *, passed: bool = False) -> None:
    history = History.open(hone.home / "state.db", str, SystemClock())
    history.open_session(SessionInfo(id=skill, cwd="/", workspace="/", origin="run", system_prompt=""))
    turn = history.start_turn(skill, TurnStarted("go"))
    for override in (False, True)[: 1 + passed]:
        call = ToolCall("c", "shell", '{"command": "curl h/health"}')
        history.append(skill, turn, 1, Tripped(call, skill, "t1", "why", override))
    history.finish_turn(skill, turn, TurnFinished(turn, "answered", "", "", 1, 1, 0, Usage(), 1.0))
    history.close()


def data(hone: Hone, *arguments: str) -> Any:
    done = hone.here(*arguments, "--json")
    assert done.code == 0
    return json.loads(done.out)


def test_without_tripwires_stats_says_so(hone: Hone) -> None:
    assert hone.here("stats") == (
        0,
        "no tripwires yet: no skill from here knows a mistake that can be seen coming\n",
        "",
    )
    assert data(hone, "stats") == {"tripwires": []}
    assert not (hone.home / "state.db").exists()


def test_stats_names_each_tripwire_and_what_it_did(hone: Hone) -> None:
    put(hone)
    fire(hone)
    assert data(hone, "stats") == {
        "tripwires": [
            {
                "skill": "deploy",
                "id": "t1",
                "say": "Use /healthz",
                "fired": 1,
                "heeded": 1,
                "overridden": 0,
                "retired": False,
            },
            {
                "skill": "deploy",
                "id": "t2",
                "say": "",
                "fired": 0,
                "heeded": 0,
                "overridden": 0,
                "retired": True,
            },
        ]
    }
    assert hone.here("stats").out.splitlines() == [
        "deploy  t1  (fired 1, heeded 1, overridden 0)  shell with `curl`, `/health` without `/healthz`: Use /healthz",
        "deploy  t2  (retired, fired 0, heeded 0, overridden 0)  shell with `npm test` unless after `npm ci`",
    ]


def test_what_fired_for_a_skill_that_is_gone_is_not_listed(hone: Hone) -> None:
    put(hone)
    fire(hone, "gone")
    assert [each["fired"] for each in data(hone, "stats")["tripwires"]] == [0, 0]


def test_show_has_the_tripwires_of_the_one_skill(hone: Hone) -> None:
    put(hone)
    put(hone, "other", "tripwires: [{id: t1, tool: shell, has: [x]}]\n")
    fire(hone, passed=True)
    shown = data(hone, "skills", "show", "deploy")["tripwires"]
    assert [each["id"] for each in shown] == ["t1", "t2"]
    assert shown[0] == {
        "skill": "deploy",
        "id": "t1",
        "say": "Use /healthz",
        "fired": 1,
        "heeded": 0,
        "overridden": 1,
        "retired": False,
        "tool": "shell",
        "has": ["curl", "/health"],
        "lacks": ["/healthz"],
        "unless_after": [],
        "evidence": ["e1"],
    }
    lines = hone.here("skills", "show", "deploy").out.splitlines()
    assert [line[:12] for line in lines if line.startswith("tripwire")] == ["tripwire t1 ", "tripwire t2 "]


def test_a_malformed_tripwire_is_a_note(hone: Hone) -> None:
    put(hone, sidecar="tripwires: [{id: t1, tool: shell}]\n")
    assert (
        "note: hone.yaml: tripwire t1 is left out: it has no `has`\n"
        in hone.here("skills", "show", "deploy").out
    )
    assert data(hone, "skills", "show", "deploy")["tripwires"] == []


@pytest.mark.parametrize("say", ["\x1b[2Jgone", "a\u202eb"])
def test_a_tripwire_cannot_drive_the_terminal(hone: Hone, say: str) -> None:
    put(hone, sidecar=f"tripwires:\n- id: t1\n  tool: shell\n  has: [x]\n  say: {json.dumps(say)}\n")
    for arguments in (("stats",), ("skills", "show", "deploy")):
        out = hone.here(*arguments).out
        assert "\x1b" not in out
        assert "\u202e" not in out
