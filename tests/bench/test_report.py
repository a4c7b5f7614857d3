"""What is told of a benchmark: findings, tables, and the pages made of them."""

import json
from pathlib import Path

import pytest
from tests.bench.test_measures import task

from hone.bench.arms import Names
from hone.bench.measures import Learned, Measured
from hone.bench.report import SIMULATED, Described, Plan, Report, as_json, report, tables
from hone.bench.report_page import as_html, as_markdown
from hone.bench.report_plot import check_plot, write_plot
from hone.bench.report_text import as_text, bar
from hone.errors import HoneError, UsageError


def plan(*, simulated: bool = True, agents: tuple[str, ...] = ("hone",)) -> Plan:
    return Plan(
        simulated=simulated,
        models=Names("p:strong", "p:strong", "p:cheap"),
        agents=agents,
        arms=("fresh", "skills"),
        scenarios=(
            Described("a", "build", "Build | ship", ("a key", "a flag")),
            Described("b", "data", "Load <it>"),
        ),
        repeats=2,
        runs=1,
        seed=1,
        tasks=10,
    )


def tasks(agent: str = "hone", calls: int = 4) -> list[Measured]:
    slots = [("repeat", 1), ("repeat", 2), ("variant", 1), ("distractor", 1), ("changed", 1), ("changed", 2)]
    learned = Learned(2, 300, 1.0)
    return [
        task(
            agent=agent,
            arm=arm,
            position=n,
            occasion=occasion,
            number=number,
            calls=calls if arm == "skills" and (n == 1 or n == 5) else 10,
            errors=0 if arm == "skills" else 2,
            learned=learned if arm == "skills" and n == 0 else Learned(),
        )
        for arm in ("skills", "fresh")
        for n, (occasion, number) in enumerate(slots)
    ]


def made(*, simulated: bool = True) -> Report:
    return report(plan(simulated=simulated), tasks(), ["stopped by the user"], 61.25)


def test_findings_are_said_in_words() -> None:
    (found,) = made().findings
    assert found.split("; ") == [
        "skills: 60 % fewer calls on repeats than fresh (one scenario: no interval)",
        "no harm on distractors",
        "after the world changed as good as fresh from task 1 on",
        "cost 300 tokens in all, learning included",
    ]


def test_what_is_worse_is_said_as_plainly() -> None:
    worse = [
        task(arm="skills", position=1, number=2, calls=12),
        task(arm="skills", position=2, occasion="distractor", ok=False),
        task(arm="skills", position=3, occasion="changed", calls=20),
    ]
    fresh = [
        task(position=1, number=2),
        task(position=2, occasion="distractor"),
        task(position=3, occasion="changed"),
    ]
    (found,) = report(plan(), [*worse, *fresh], (), 1).findings
    assert "20 % more calls on repeats than fresh" in found
    assert "HARM on distractors: 100 % fewer succeed" in found
    assert "NOT as good as fresh after the world changed" in found


def test_a_difference_that_may_be_chance_is_called_so() -> None:
    pairs = [
        task(arm=arm, scenario=str(n), position=n, number=2, calls=calls[arm == "skills"])
        for arm in ("fresh", "skills")
        for n, calls in enumerate(((10, 2), (10, 17)))
    ]
    (found,) = report(plan(), pairs, (), 1).findings
    assert "this may be chance" in found


def test_counts_that_differ_from_the_endpoints_are_said() -> None:
    shown = report(plan(), [task(), task(position=1, heard_calls=7)], (), 1)
    assert "1 task's calls were counted otherwise at the endpoint" in " ".join(shown.problems)


def test_arms_come_in_their_order_and_the_same_tasks_give_the_same_figures() -> None:
    shown = made()
    assert [arm.arm for arm in shown.arms] == ["fresh", "skills"]
    assert as_json(shown) == as_json(report(plan(), tasks()[::-1], ["stopped by the user"], 61.25))


def test_every_page_says_that_the_model_was_simulated() -> None:
    shown = made()
    for page in (as_text(shown, 120), as_markdown(shown), as_html(shown)):
        assert "SIMULATED: the model is a set of rules" in page
        assert page.count("(SIMULATED)") >= len(tables(shown))
    assert json.loads(as_json(shown))["simulated"] is True
    assert json.loads(as_json(shown))["note"] == SIMULATED


def test_with_a_real_model_nothing_says_so() -> None:
    shown = made(simulated=False)
    for page in (as_text(shown, 120), as_markdown(shown), as_html(shown)):
        assert "SIMULATED" not in page
    assert json.loads(as_json(shown))["simulated"] is False


def test_the_terminal_shows_curves_and_tables() -> None:
    text = as_text(made(), 130)
    assert (
        "12 of 10 tasks in 61 s; main p:strong, writer p:strong, cheap p:cheap; 2 scenarios, 2 repeats"
        in text
    )
    assert "note: stopped by the user" in text
    assert "skills  1 ████████████████████████████████████ 10.0" in text
    assert " 2 ██████████████▍ 4.0" in text
    assert "10 → 4 → 7" in text


def test_success_is_shown_where_it_is_not_all() -> None:
    shown = report(plan(), [task(ok=False), task(number=2, position=1, calls=4)], (), 1)
    assert "10 → 4 → · (50 %)" in as_text(shown, 120)


def test_costs_are_shown_where_they_are_known() -> None:
    shown = report(plan(), [task(cost_usd=0.25)], (), 1)
    assert "$0.2500" in as_text(shown, 120)
    assert "not known" in as_text(made(), 120)


def test_several_agents_are_told_apart() -> None:
    both = report(plan(agents=("hone", "hermes")), [*tasks(), *tasks("hermes", 8)], (), 1)
    assert [line.split(":")[0] for line in both.findings] == ["hone, skills", "hermes, skills"]
    assert "hermes: skills" in as_markdown(both)


def test_nothing_measured_is_a_report_too(tmp_path: Path) -> None:
    nothing = report(plan(), [], ["stopped by the user"], 0.1)
    assert tables(nothing) == ()
    assert "0 of 10 tasks" in as_text(nothing, 80)
    assert "<svg" not in as_html(nothing)
    assert "| arm |" not in as_markdown(nothing)
    write_plot(nothing, tmp_path / "empty.svg")


def test_markdown_and_html_hold_what_names_hold() -> None:
    shown = made()
    assert "(build): Build \\| ship. Nobody can know beforehand: a key; a flag." in as_markdown(shown)
    assert "| fresh | 1 | 100 % | 10.0 |" in as_markdown(shown)
    page = as_html(shown)
    assert page.count("<table>") == len(tables(shown))
    assert page.count("<polyline") == 2
    assert "<script" not in page
    assert "http" not in page


def test_keys_of_the_json_are_stable() -> None:
    found = json.loads(as_json(made()))
    assert sorted(found) == [
        "arms",
        "by_scenario",
        "findings",
        "note",
        "plan",
        "problems",
        "seconds",
        "simulated",
        "tasks",
        "version",
    ]
    arm = found["arms"][1]
    assert arm["repeats"]["2"]["calls"] == 4
    assert arm["saved"]["calls"] == {"share": 0.6, "low": None, "high": None}
    assert arm["learning"] == {"requests": 2, "tokens": 300, "seconds": 1.0, "cost_usd": None}


@pytest.mark.parametrize("name", ["curve.png", "curve.svg"])
def test_the_curves_are_drawn(tmp_path: Path, name: str) -> None:
    check_plot(tmp_path / name)
    write_plot(made(), tmp_path / name)
    assert (tmp_path / name).stat().st_size > 1000


def test_a_plot_of_no_known_kind_is_refused_and_so_is_a_place_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"whose name ends with \.png"):
        check_plot(tmp_path / "curve.bmp")
    with pytest.raises(HoneError, match="cannot be written"):
        write_plot(made(), tmp_path / "nowhere" / "curve.png")


@pytest.mark.parametrize(("value", "drawn"), [(0, ""), (1, "█████████"), (4, "█" * 36), (0.5, "████▌")])
def test_bars_are_as_long_as_their_values(value: float, drawn: str) -> None:
    assert bar(value, 4) == drawn
    assert bar(value, 0) == ""
