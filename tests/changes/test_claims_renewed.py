"""What is not available is forgotten after a week, unless it is found again."""

import datetime

from tests.changes.homes import Home

from hone.changes.change import Add, Change
from hone.clock import SystemClock, local_date
from hone.memory.entries import parse
from hone.memory.render import render_memory
from hone.memory.store import MemoryFile


def claim(text: str) -> Change:
    return Change(target="memory.md", origin="tool", ops=(Add(text),))


def test_through_the_door_a_claim_that_comes_again_is_one_entry_with_a_later_day(home: Home) -> None:
    today = local_date(SystemClock())
    path = home.path / "memory.md"
    path.write_text(f"- docker is not available (until {today + datetime.timedelta(days=2)})\n- last\n")
    outcome = home.door.submit(claim("docker is not available"))
    assert outcome.status == "applied"
    week = today + datetime.timedelta(days=7)
    assert path.read_text() == f"- docker is not available (until {week})\n- last\n"
    assert home.door.submit(claim("docker is not available")).status == "unchanged"
    shown = MemoryFile("memory", path, parse(path.read_text()))
    assert f"(until {week})" in render_memory(shown, week)
    assert render_memory(shown, week + datetime.timedelta(days=1)) == "- last"
