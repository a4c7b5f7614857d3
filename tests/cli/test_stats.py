"""`hone stats` says whether learning pays; it and `hone skills show` name the tripwires and what they did."""

import hashlib
import json
import math
import re
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest
from tests.cli.driving import Hone
from tests.cli.learning_home import state
from tests.cli.stats_home import CAME, DEPLOY, record_home
from tests.proof.receipt_values import looked, receipt, saving, task, tasks

from hone.cli.stats_data import as_data
from hone.cli.stats_html import page
from hone.cli.stats_plot import drawn
from hone.cli.stats_text import Screen, of_skill, overview
from hone.clock import SystemClock
from hone.config.settings import Learning
from hone.events import Tripped, TurnFinished, TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.messages import ToolCall, Usage
from hone.proof.receipts import Cost, ExecutorUse, Receipt
from hone.proof.replays import Replayed
from hone.proof.stats import Spent, Stats, only, stats

WIRES = """v: 1
tripwires:
- {id: t1, tool: shell, has: [curl, /health], lacks: [/healthz], say: "Use /healthz", evidence: [e1]}
- {id: t2, tool: shell, has: [npm test], unless_after: [npm ci], retired: true}
"""


def put(hone: Hone, name: str = "deploy", sidecar: str = WIRES) -> Path:
    directory = hone.home / "skills" / name
    directory.mkdir(parents=True, exist_ok=True)
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


@pytest.mark.parametrize("option", ["--plot", "--html"])
def test_a_directory_that_is_not_there_is_not_made(hone: Hone, option: str) -> None:
    done = hone.here("stats", option, "no/such/file.svg")
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith(
        "hone: no/such/file.svg cannot be written: there is no directory"
    )
    assert not (hone.work / "no").exists()


def test_a_skill_that_is_set_aside_says_so(hone: Hone) -> None:
    directory = put(hone, sidecar="v: 1\nstatus: trial\n")
    assert "set aside" not in hone.here("skills", "show", "deploy").out + hone.here("skills", "list").out
    sha256 = hashlib.sha256((directory / "SKILL.md").read_bytes()).hexdigest()
    with state(hone) as database, database.transaction() as execute:
        row = "deploy", "skills/deploy/SKILL.md", sha256
        execute(
            "INSERT INTO quarantines (skill, target, sha256, at, session, turn) VALUES (?, ?, ?, 1, 's', 1)",
            row,
        )
    assert "set aside: its last uses led to failures" in hone.here("skills", "show", "deploy").out
    assert "deploy  (home, trial, set aside)  " in hone.here("skills", "list").out


def test_an_empty_home_has_nothing_to_tell(hone: Hone) -> None:
    assert hone.here("stats").out.splitlines() == [
        "Is it worth it?",
        "  Not yet known: no task was done yet.",
        "no tripwires yet: no skill from here knows a mistake that can be seen coming",
    ]
    told = data(hone, "stats")
    assert list(told) == ["worth_it", "skills", "families", "tripwires", "learning"]
    assert (told["worth_it"]["verdict"], told["skills"], told["families"], told["tripwires"]) == (
        "undecided",
        [],
        [],
        [],
    )
    assert hone.contents() == {"home": None, "user": None, "work": None}


def test_stats_answers_whether_it_is_worth_it_first(hone: Hone) -> None:
    record_home(hone, pairs=6)
    lines = hone.here("stats").out.splitlines()
    assert lines[:2] == [
        "Is it worth it?",
        "  Not yet known: 12 of the 16 tasks of the first look (deploy).",
    ]
    assert [line for line in lines if not line.startswith(" ")] == [
        "Is it worth it?",
        "For which work, and since when?",
        "How sure is that?",
        "What did it cost?",
        "Skills: 1 on trial",
        "no tripwires yet: no skill from here knows a mistake that can be seen coming",
    ]
    assert (
        "  Learning: 1 request, 18,000 tokens, price not known."
        in lines[lines.index("What did it cost?") + 1]
    )


def test_the_json_has_receipt_and_curve_and_what_it_cost(hone: Hone) -> None:
    record_home(hone, before=2, pairs=1)
    told = data(hone, "stats")
    (skill,), (family,) = told["skills"], told["families"]
    assert told["worth_it"]["cost"] == {"requests": 1, "tokens": 18_000, "cost_usd": None}
    assert told["learning"]["spent"] == told["worth_it"]["cost"]
    assert (skill["skill"], skill["state"], skill["since"]) == ("deploy", "trial", "2026-11-03T10:00:00.000Z")
    assert skill["said"].startswith("on trial, 2 of the 16 tasks of the first look")
    assert (family["title"], family["tasks"], family["came"]) == (DEPLOY, 7, [{"skill": "deploy", "task": 3}])
    assert family["curve"]["calls"] == [13, 14, 5, 6, 4, 5, 14]
    assert (family["before"]["calls"], family["after"]["calls"]) == (13.5, 5.0)


def test_stats_of_a_skill_is_its_receipt(hone: Hone) -> None:
    record_home(hone)
    put(hone)
    put(hone, "other")
    lines = hone.here("stats", "deploy").out.splitlines()
    assert lines[0].startswith("deploy: ")
    assert "  written     3 Nov 2026, by w:m; 1 request, 18,000 tokens, price not known" in lines
    assert "  tasks       19 that it fits: 3 the first ones, 8 with it by chance, 8 without" in lines
    assert [line for line in lines if line.startswith("    errors")] == [
        "    errors ####|____#_#_#_#_#_#_#_#  (at most 2)"
    ]
    assert lines[lines.index("Tripwires") + 1].startswith("deploy  t1")
    assert data(hone, "stats", "deploy")["tripwires"][0]["skill"] == "deploy"
    assert len(data(hone, "stats", "deploy")["tripwires"]) == 2


def test_a_skill_that_nobody_knows_is_not_found(hone: Hone) -> None:
    put(hone)
    done = hone.here("stats", "deplyo")
    assert done.is_usage_error()
    assert "deploy" in done.err


def test_a_skill_of_the_project_that_was_not_used_is_known_by_its_name(hone: Hone) -> None:
    (hone.work / ".git").mkdir()
    directory = hone.work / ".hone" / "skills" / "ours"
    directory.mkdir(parents=True)
    (directory / "SKILL.md").write_text("---\nname: ours\ndescription: Do it.\n---\n\n# It\n")
    done = hone.here("stats", "ours")
    assert done.is_usage_error()
    assert "ours was not used yet" in done.err


def test_learning_that_is_off_is_said(hone: Hone) -> None:
    record_home(hone, pairs=1)
    (hone.home / "config.yaml").write_text("learning: {mode: off}\n")
    assert "  Learning is off (learning.mode): nothing new is learned." in hone.here("stats").out.splitlines()


def test_the_figures_are_drawn_into_the_named_files(hone: Hone) -> None:
    record_home(hone)
    done = hone.here("stats", "--json", "--plot", "a.png", "--html", "a.html")
    assert (done.code, done.err) == (0, "hone: a.png is written\nhone: a.html is written\n")
    assert json.loads(done.out)
    assert (hone.work / "a.png").read_bytes().startswith(b"\x89PNG")
    assert DEPLOY in (hone.work / "a.html").read_text()
    assert hone.here("stats", "deploy", "--plot", "A.SVG").code == 0
    assert "<svg" in (hone.work / "A.SVG").read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--plot", "a.pdf"], "a plot ends in .png or .svg"),
        (["--plot", "a"], "a plot ends in .png or .svg"),
        (["--html", "."], "is not a file"),
        (["--html", "ok.html", "--plot", "sub.png"], "is not a file"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(
    hone: Hone, arguments: list[str], why: str
) -> None:
    (hone.work / "sub.png").mkdir()
    done = hone.here("stats", *arguments)
    assert done.is_usage_error()
    assert why in done.err
    assert [path.name for path in hone.work.iterdir()] == ["sub.png"]


def test_a_request_drives_neither_the_terminal_nor_the_page(hone: Hone) -> None:
    record_home(hone, title="\x1b[2J<script>alert(1)</script> $x^$\u202e")
    assert not {"\x1b", "\u202e"} & set(hone.here("stats", "--html", "a.html", "--plot", "a.svg").out)
    page = (hone.work / "a.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not {"\x1b", "\u202e"} & set(page)


def made_of(*found: Receipt, before: int = 6, after: int = 60) -> Stats:
    spent = Spent(Cost(2, 18_000, 0.05), since=CAME)
    return stats(
        found, tasks(before, after), {"f1": "deploy the shop to staging, and then " * 4}, spent, Learning()
    )


@pytest.mark.parametrize("width", [40, 60, 100])
def test_lines_fit_the_terminal(width: int) -> None:
    found = made_of(
        looked(savings=(saving("tokens", 9_000.0, 8_000.0, 9_500.0),)),
        looked(skill="other", observed=(saving(),)),
    )
    screen = Screen(width)
    lines = [*overview(found, screen), *of_skill(only(found, "other"), screen)]
    assert max(map(len, lines)) <= width
    assert min(map(len, lines)) > 0


def test_of_many_families_the_most_frequent_are_shown_and_the_rest_counted() -> None:
    many = [
        task(2 * n + m, family=f"f{n}", request=f"do {n}") for n in range(20) for m in range(1 + (n < 10))
    ]
    found = stats([], many, {}, Spent(), Learning())
    lines = list(overview(found, Screen()))
    assert sum(line.startswith("  do ") for line in lines) == 8
    assert "  and 2 more that recur: --json has all" in lines
    assert "  10 tasks did not recur yet." in lines
    assert page(found, []).count("<tr><td>do ") == 4
    assert "  No task recurred yet." in overview(stats([], many[-2:], {}, Spent(), Learning()), Screen())


def test_a_receipt_has_its_looks_and_what_the_executor_did() -> None:
    found = looked(
        savings=(saving(),),
        observed=(saving(),),
        used_by={"p:m": 3},
        executor=ExecutorUse(3, 1),
        saved_tokens=66_000.0,
        net_tokens=48_000.0,
        break_even=3,
    )
    assert list(of_skill(only(made_of(found), "deploy"), Screen()))[:-7] == [
        "deploy: proven after 16 tasks: saves 8.0 calls a task (90%: 6.0 to 10.0)",
        "  written     3 Nov 2026, by w:m; 2 requests, 18,000 tokens, price not known",
        "  used        0 times, 0 of them led to failures",
        "  by          p:m (3)",
        "  tasks       0 that it fits: 12 with it by chance, 4 without it by chance",
        "  look        after 16 tasks, 4 Nov 2026: helps",
        "  tokens      about 66,000 saved in all its tasks, net 48,000",
        "  break-even  after 3 tasks",
        "  executor    did 3 tasks, gave 1 of them back",
        "A task with it and one without, by chance",
        "  calls       4.0 with it, 12.0 without: 8.0 calls a task fewer (90%: 6.0 to",
        "              10.0)",
        "Before it came and since, only observed",
        "  calls       12.0 calls a task before it, 4.0 with it",
    ]


def test_replays_are_told_in_the_receipt_and_their_times_are_for_programs() -> None:
    known = {
        "tasks": 8,
        "judged": 0,
        "with_ok": 0,
        "without_ok": 0,
        "judged_by": "",
        "at": CAME,
        "model": "p:m",
    }
    shown = {"p_calls": 0.03, "p_tokens": 0.2, "p_success": None, "calls_saved": 5.2, "tokens_saved": 900.0}
    found = made_of(receipt(replay=msgspec.convert({**known, **shown}, Replayed)))
    assert any(
        line.startswith("  replay      8 recorded tasks done again on 3 Nov")
        for line in of_skill(found, Screen())
    )
    assert as_data(found)["skills"][0]["replay"]["at"] == "2026-11-03T10:00:00.000Z"


def test_a_plot_without_matplotlib_says_how_to_get_it(hone: Hone) -> None:
    with mock.patch.dict(sys.modules, {"matplotlib.figure": None}):
        done = hone.here("stats", "--plot", "a.png")
    assert done.is_usage_error()
    assert "pip install matplotlib" in done.err
    assert not (hone.work / "a.png").exists()


@pytest.mark.parametrize("found", [made_of(before=0, after=0), made_of(looked(savings=(saving(),)))])
def test_the_figures_are_drawn_of_nothing_and_of_much(found: Stats) -> None:
    assert b"<svg" in drawn(found, "svg")
    assert page(found, []).count("<svg") == (2 if found.skills else 0)


def test_a_page_has_no_number_that_is_none() -> None:
    nothing = saving(saved=math.nan, low=-math.inf, high=math.inf)
    written = page(
        made_of(looked(savings=(nothing,), observed=(nothing,)), receipt("a", observed=(nothing,))), []
    )
    assert not {"nan", "inf"} & set(re.findall("[a-z]+", written))


def test_bars_are_drawn_as_the_terminal_can_show_them(hone: Hone) -> None:
    record_home(hone)
    drawn = {
        term: hone("stats", env={"TERM": term, "PYTHONUTF8": "1"}).out for term in ("xterm-256color", "dumb")
    }
    assert "█" in drawn["xterm-256color"]
    assert drawn["dumb"].isascii()


def test_stats_names_each_tripwire_and_what_it_did(hone: Hone) -> None:
    put(hone)
    fire(hone)
    assert data(hone, "stats")["tripwires"] == [
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
    assert hone.here("stats").out.splitlines()[-3:] == [
        "Tripwires",
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
