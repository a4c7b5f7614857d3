"""`hone doctor --model`: what a model can do is printed and written to its entry."""

import json

from tests.cli.driving import Hone
from tests.models.test_probe import everything

from hone.testing import WireServer, status


def test_what_is_found_is_printed_and_written_to_the_entry(hone: Hone) -> None:
    with WireServer(everything) as server:
        hone.use(server)
        before = (hone.home / "config.yaml").read_text()
        done = hone.here("doctor", "--model", "wire-model")

    assert done.code == 0, done.err
    assert "ok      native tool calls  2 of 2 right" in done.out
    assert f"spent: {len(server.requests)} requests" in done.out
    assert "wrote: " in done.out
    now = (hone.home / "config.yaml").read_text()
    assert now != before
    assert "{id: wire-model, tools: native, prompt: " in now


def test_without_write_the_file_stays(hone: Hone) -> None:
    with WireServer(everything) as server:
        before = hone.use(server).contents()
        done = hone.here("doctor", "--model", "wire-model", "--no-write", "--json")

    found = json.loads(done.out)
    assert (found["entry"]["tools"], found["wrote"]) == ("native", "nothing: --no-write")
    assert hone.contents() == before


def test_an_endpoint_without_an_answer_is_one_line_and_nothing_is_written(hone: Hone) -> None:
    with WireServer(lambda _request: status(404, "no such model")) as server:
        before = hone.use(server).contents()
        done = hone.here("doctor", "--model", "wire-model")

    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "nothing was written" in done.err
    assert hone.contents() == before


def test_an_unknown_provider_is_named(hone: Hone) -> None:
    with WireServer(everything) as server:
        hone.use(server)
        done = hone.here("doctor", "--model", "nobody:some-model")

    assert done.code == 2
    assert "no provider named 'nobody'" in done.err


def test_a_provider_that_was_only_detected_is_told_where_to_put_the_entry(hone: Hone) -> None:
    with WireServer(everything) as server:
        done = hone("doctor", "--model", "wire-model", env={"OPENAI_BASE_URL": server.base_url})

    assert done.code == 0, done.err
    assert "has no provider openai; hone setup writes it" in done.out
