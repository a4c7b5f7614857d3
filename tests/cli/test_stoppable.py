"""Work that a signal ends, whatever was being done when it came."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from hone.cli.stoppable import run_stoppable


@contextmanager
def signal_at(moment: int, number: signal.Signals = signal.SIGINT) -> Iterator[Callable[[], bool]]:
    """Send the signal to this process before its so-many-th instruction from here; yields whether it came to that."""
    before, left = sys.gettrace(), moment

    def traced(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        frame.f_trace_opcodes = True
        left -= event == "opcode"
        if not left:
            sys.settrace(None)
            os.kill(os.getpid(), number)
            left = -1
        return traced if left > 0 else None

    try:
        sys.settrace(traced)
        yield lambda: left < 0
    finally:
        sys.settrace(before)


def stopped_while_a_result_is_set(run: Callable[..., object], moment: int) -> tuple[bool, list[str]]:
    """Whether so long a moment came, and what the event loop complained of."""
    complaints: list[str] = []
    came = False

    async def work() -> None:
        nonlocal came
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(lambda _loop, context: complaints.append(str(context["exception"])))

        def wake() -> None:
            nonlocal came
            try:
                with signal_at(moment) as it_came:
                    event.set()
            finally:
                came = it_came()

        loop.call_soon(wake)
        await event.wait()
        if came:
            await asyncio.Event().wait()

    try:
        run(work)
    except KeyboardInterrupt:
        assert came
    return came, complaints


def moments(run: Callable[..., object]) -> Iterator[list[str]]:
    moment, came = 1, True
    while came:
        came, complaints = stopped_while_a_result_is_set(run, moment)
        moment += 1
        yield complaints


def test_what_was_about_to_set_a_result_is_not_broken() -> None:
    every = list(moments(run_stoppable))

    assert len(every) > 20
    assert not any(every)
    # The very reason why it is there.
    assert any(moments(lambda work: asyncio.run(work())))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_moment_before_the_work_begins_is_a_bad_one(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    begun = False

    async def work() -> None:
        nonlocal begun
        sys.settrace(None)
        begun = True

    before = signal.signal(number, signal.default_int_handler)
    moment = 1
    try:
        while not begun:
            try:
                with signal_at(moment, number):
                    run_stoppable(work)
                assert begun
            except KeyboardInterrupt:
                assert not begun
            moment += 31
    finally:
        signal.signal(number, before)
    assert moment > 1000
    assert not unraisable


def test_a_second_signal_does_not_wait_for_the_first() -> None:
    async def stubborn() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("the second one was not heard")

    with pytest.raises(KeyboardInterrupt):
        run_stoppable(stubborn)


def test_the_result_is_handed_on_and_the_handlers_are_as_before() -> None:
    async def work() -> int:
        return 7

    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert run_stoppable(work) == 7
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    async def work() -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return 7

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_stoppable(work) == 7
    finally:
        signal.signal(signal.SIGHUP, before)
