"""Many processes at one home: every entry arrives, every proposal happens once, and git is clean."""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.changes.homes import DEPLOY, Home, opened

from hone.changes.change import Add, AddGotcha, Change, Verdict
from hone.files import write_atomic
from hone.memory.entries import entries, parse

PROCESSES = 8
WRITERS = 8
ENTRIES = 10


def together(count: int, act: Callable[[int], None]) -> None:
    """Run `act` in that many processes at once."""
    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            status = 1
            with contextlib.suppress(Exception):
                act(number)
                status = 0
            os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * count


@pytest.mark.slow
def test_640_entries_of_64_writers_are_all_there(tmp_path: Path) -> None:
    failed = []

    def write(process: int, writer: int) -> None:
        try:
            with opened(tmp_path) as home:
                for number in range(ENTRIES):
                    text = (
                        f"The service {process}-{writer}-{number} listens on port {process}{writer}{number}"
                    )
                    assert home.submit("memory.md", Add(text), origin="user").status == "applied"
        except BaseException as error:
            failed.append(error)
            raise

    def run(process: int) -> None:
        threads = [threading.Thread(target=write, args=(process, writer)) for writer in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed

    together(PROCESSES, run)
    with opened(tmp_path) as home:
        blocks = parse(home.text("memory.md"))
        assert len(entries(blocks)) == len(blocks) == PROCESSES * WRITERS * ENTRIES
        assert len({block.text for block in blocks}) == len(blocks)
        assert len(home.commits()) == len(blocks)
        home.check()


def test_sixteen_processes_settle_the_same_proposals_once(tmp_path: Path) -> None:
    with opened(tmp_path) as home:
        home.deploy()
        changes = [
            *(
                Change(target="memory.md", ops=(Add(f"Port {n} is taken"),), origin="review")
                for n in range(5)
            ),
            *(
                Change(target=DEPLOY, ops=(AddGotcha(f"Port {n} is taken"),), origin="review")
                for n in range(5)
            ),
        ]
        for nudge, change in enumerate(changes):
            home.door.propose(nudge, [Verdict("accept", change)])

    def settle(_: int) -> None:
        with opened(tmp_path) as home:
            home.door.settle()

    together(16, settle)
    with opened(tmp_path) as home:
        assert home.text("memory.md") == "".join(f"- Port {n} is taken\n" for n in range(5))
        assert home.text(DEPLOY).count("is taken") == 5
        assert home.statuses() == [
            ("create", "applied"),
            *[("add", "applied")] * 5,
            *[("revise", "applied")] * 5,
        ]
        home.check()


def test_eight_processes_write_and_one_person_edits(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with opened(tmp_path) as home:
            assert home.submit("memory.md", Add(f"Port {number} is taken"), origin="user").ok
            write_atomic(tmp_path / f"skills/s{number}/SKILL.md", b"mine\n")
            home.door.scan()

    Home(tmp_path).database.close()
    together(8, write)
    with opened(tmp_path) as home:
        home.door.scan()
        assert home.text("memory.md").count("is taken") == 8
        assert sorted(op for op, _ in home.statuses()) == ["add"] * 8 + ["write"] * 8
        home.check()
