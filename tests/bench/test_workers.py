"""Processes of courses: what is heard of them when all goes well, and when not."""

import asyncio
import os
import signal
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest
from tests.bench.odd_agents import Odd
from tests.bench.test_runner import course, nobody
from tests.bench.tiny import library, server

from hone.bench.arms import ARMS, Names
from hone.bench.measures import Measured
from hone.bench.runner import Course
from hone.bench.stream import Slot
from hone.bench.workers import Ended, _until_the_end, _work, in_processes


def odd(directory: Path, way: str) -> Course:
    return Course(
        agent=Odd(way),
        arm=ARMS[0],
        run=1,
        slots=(Slot("tiny", "repeat", 1), Slot("tiny", "repeat", 2)),
        scenarios=("tiny",),
        library=library,
        upstreams=(),
        names=Names(),
        directory=directory,
        path=os.environ["PATH"],
    )


@pytest.fixture
def interrupts() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_process_that_dies_is_said(tmp_path: Path) -> None:
    (word,) = in_processes([odd(tmp_path, "dies")], 1)
    assert word == Ended("odd, fresh, run 1", "odd, fresh, run 1: its process ended with 3")


def test_a_process_that_does_not_let_go_is_killed(tmp_path: Path) -> None:
    words = in_processes([odd(tmp_path, "blocks")], 1, patience=0.2)
    assert isinstance(next(words), Measured)
    words.close()


@pytest.mark.usefixtures("interrupts")
def test_all_that_is_measured_is_told_and_then_the_end(tmp_path: Path) -> None:
    here, there = Pipe(duplex=False)
    with server() as wire:
        _work(course(tmp_path, wire.base_url), there)
    words = [here.recv() for _ in range(3)]
    assert [type(word) for word in words] == [Measured, Measured, Ended]
    assert words[-1] == Ended("hone, fresh, run 1")


@pytest.mark.usefixtures("interrupts")
def test_where_nobody_listens_any_more_it_ends(tmp_path: Path) -> None:
    here, there = Pipe(duplex=False)
    here.close()
    with server() as wire:
        _work(course(tmp_path, wire.base_url), there)
        assert len(wire.requests) == 3
    assert (tmp_path / "worlds" / "tiny" / "closed").exists()


def test_what_stops_a_course_is_its_end(tmp_path: Path) -> None:
    _, there = Pipe(duplex=False)
    slots = tuple(Slot("tiny", "repeat", number) for number in range(1, 5))
    with nobody() as wire:
        ended = asyncio.run(_until_the_end(course(tmp_path, wire.base_url, slots=slots), there))
    assert "did not answer 3 tasks in a row" in ended.problem
