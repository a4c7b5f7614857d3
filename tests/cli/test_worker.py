"""`hone worker --drain` as a process: each nudge has its effect once, whatever ends the worker."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.driving import Hone, ended, until
from tests.cli.learning_home import KEEP, record_turn, remembered, reviewed, waiting

from hone.learning.budget import midnight
from hone.testing import WireServer, hang, in_order, status


def test_a_worker_must_be_told_what_to_do(hone: Hone) -> None:
    assert hone.here("worker").is_usage_error()


def test_what_is_due_is_reviewed_and_then_the_worker_ends(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(KEEP)) as server:
        done = hone.use(server)("worker", "--drain", cwd=hone.home)

    assert (done.code, done.out) == (0, "")
    assert (waiting(hone), len(reviewed(hone)), remembered(hone)) == ((), 1, 1)


def test_an_empty_queue_asks_nobody(hone: Hone) -> None:
    with WireServer(in_order(KEEP)) as server:
        done = hone.use(server)("worker", "--drain")

    assert (done.code, done.out, done.err, server.requests) == (0, "", "", [])


def test_a_worker_works_without_any_stream(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(KEEP)) as server:
        done = hone.use(server).shell("hone worker --drain <&- >&- 2>&-")

    assert (done.code, remembered(hone)) == (0, 1)


def test_a_provider_that_fails_is_75_and_the_work_is_done_when_it_is_back(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(status(401), KEEP)) as server:
        failed = hone.use(server)("worker", "--drain")
        (left,) = waiting(hone)
        again = hone("worker", "--drain")

    assert failed.code == 75
    assert failed.err.startswith("hone: ")
    assert left.result
    assert (again.code, waiting(hone), remembered(hone)) == (0, (), 1)


def test_without_budget_the_work_waits_for_tomorrow_and_nobody_is_asked(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(KEEP)) as server:
        done = hone.use(server, "learning: {daily_tokens: 10}\n")("worker", "--drain")

    (left,) = waiting(hone)
    assert (done.code, server.requests) == (0, [])
    assert left.not_before == midnight(time.time(), days=1)
    assert "daily_tokens" in left.result


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_work_of_a_worker_that_is_ended_is_free_at_once(hone: Hone, number: signal.Signals) -> None:
    record_turn(hone)
    with WireServer(in_order(hang(), KEEP)) as server:
        worker = hone.use(server).start("worker", "--drain")
        until(lambda: server.requests, "the writer to be asked")
        worker.send_signal(number)
        done = ended(worker)
        again = hone("worker", "--drain")

    assert done.code == (130 if number == signal.SIGTERM else -signal.SIGKILL)
    assert (again.code, waiting(hone), remembered(hone)) == (0, (), 1)


def test_two_workers_at_once_do_the_work_once(hone: Hone) -> None:
    record_turn(hone)
    with WireServer(in_order(KEEP)) as server:
        workers = [hone.use(server).start("worker", "--drain") for _ in range(2)]
        codes = [ended(each).code for each in workers]

    assert (codes, len(server.requests), remembered(hone)) == ([0, 0], 1, 1)


def test_a_worker_holds_no_workspace(hone: Hone, tmp_path: Path) -> None:
    """It stands in the home, and the directory of the session may be gone."""
    record_turn(hone)
    subprocess.run(["rmdir", hone.work], check=True)
    with WireServer(in_order(KEEP)) as server:
        done = hone.use(server)("worker", "--drain", cwd=hone.home)

    assert (done.code, remembered(hone)) == (0, 1)
