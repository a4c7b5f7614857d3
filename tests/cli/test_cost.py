"""`hone cost`: the table, the JSON, and what is said where nothing is known."""

import json
from typing import Any

import pytest
from tests.cli.driving import Hone

from hone.testing import WireServer, say

PRICED = "{id: priced, price: {input: 3, output: 15}}"


def spend(hone: Hone, model: str = "wire-model", times: int = 1) -> str:
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server, "learning: {daily_tokens: 1000}\n", model=model)
        for _ in range(times):
            done = hone.here("run", "hi", "--json")
    return str(done.result["session"])


def data(hone: Hone, *arguments: str) -> Any:
    done = hone.here("cost", *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def test_an_empty_history_is_said_in_a_sentence_and_creates_nothing(hone: Hone) -> None:
    assert hone.here("cost").out == "nothing was spent in the last 30 days: no request was answered\n"
    assert data(hone)["rows"] == []
    assert not (hone.home / "state.db").exists()


def test_the_table_names_each_key_and_what_is_not_known(hone: Hone) -> None:
    spend(hone, times=2)
    assert hone.here("cost", "--by", "model").out.splitlines() == [
        "model            requests  input  cached  output       cost",
        "wire:wire-model         2     20       0       2  not known",
        "total                   2     20       0       2  not known",
        "",
        "learning   0% of all tokens; today 0 of at most 1,000 tokens",
        "cost       not known for 2 of 2 requests: config.yaml has no price for them",
    ]


def test_known_and_unknown_prices_are_a_lower_bound(hone: Hone) -> None:
    spend(hone, PRICED)
    spend(hone)
    rows = {row["model"]: row for row in data(hone, "--by", "model")["rows"]}
    assert rows["wire:priced"]["cost_usd"] == pytest.approx(0.000045)
    assert (rows["wire:wire-model"]["cost_usd"], rows["wire:wire-model"]["known_usd"]) == (None, None)
    total = data(hone)["total"]
    assert (total["cost_usd"], total["known_usd"]) == (None, pytest.approx(0.000045))
    assert "> $0.0000" in hone.here("cost").out
    assert "  < $0.0001\n" in hone.here("cost", "--by", "model").out


def test_json_has_the_sums_learning_and_what_it_may_spend_today(hone: Hone) -> None:
    session = spend(hone)
    found = data(hone, "--session", "last", "--by", "session")
    assert (found["by"], found["since"], found["session"]) == ("session", None, session)
    assert found["rows"] == [{"session": session, **found["total"]}]
    assert found["total"] == {
        "requests": 1,
        "input": 10,
        "cached": 0,
        "output": 1,
        "cost_usd": None,
        "known_usd": None,
    }
    assert found["learning"]["share"] == 0.0
    assert found["learning"]["today"]["daily_tokens"] == 1000
    assert set(data(hone, "--days", "1")["rows"][0]) == {"day", *found["total"]}


def test_no_line_is_wider_than_80_columns_and_the_end_of_a_long_name_is_kept(hone: Hone) -> None:
    name = "some-organisation/" + "very-" * 14 + "long-model"
    spend(hone, name)
    lines = hone.here("cost", "--by", "model").out.splitlines()
    assert max(map(len, lines[:4])) <= 80
    assert lines[1].startswith("…")
    assert "very-long-model  " in lines[1]


@pytest.mark.parametrize(
    "arguments", [("--days", "0"), ("--by", "week"), ("--session", "nosuch"), ("--days", "9999999999")]
)
def test_bad_input_is_a_usage_error(hone: Hone, arguments: tuple[str, str]) -> None:
    spend(hone)
    assert hone.here("cost", *arguments).is_usage_error()
