"""What a command leaves running ends with the session, also without a sandbox and however it went into the background."""

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

import pytest
from tests.safety.boxed import make_machine

from hone.tools import process
from hone.tools.process import Launch, Runner, in_sandbox, on_machine

LEAVING = {
    "a job": "sleep {n} &",
    "nohup": "nohup sleep {n} >/dev/null 2>&1 &",
    "disown": "sleep {n} & disown",
    "a session of its own": "setsid sleep {n} &",
    "a fork of it": "setsid -f sleep {n}",
    "forked twice": "(setsid sh -c 'setsid sleep {n} & exec true' &)",
    "a daemon": "{py} -c 'import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); os.execlp(\"sleep\", "
    '"sleep", "{n}")\'',
    "deaf to signals": "setsid sh -c \"trap '' TERM HUP INT; sleep {n}\" &",
    "one that starts others": "setsid sh -c 'while sleep 0.01; do setsid sleep {n} & done' &",
}  # fmt: skip


def running(seconds: str) -> list[str]:
    """The processes `sleep SECONDS` of this machine."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", seconds.encode()]:
            found.append(directory.name)
    return found


def until(seconds: str, wanted: bool) -> bool:
    """Whether there are such processes, or none, within five seconds."""
    deadline = time.monotonic() + 5
    while bool(running(seconds)) is not wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(running(seconds)) is wanted


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to the helper")
@pytest.mark.parametrize("command", LEAVING.values(), ids=LEAVING.keys())
def test_nothing_outlives_the_session(tmp_path: Path, command: str) -> None:
    seconds = f"{900 + list(LEAVING.values()).index(command)}.{os.getpid()}"

    async def main() -> None:
        runner = Runner(lambda: on_machine(os.environ))
        with (tmp_path / "out").open("wb") as output:
            started = await runner.run(
                command.replace("{n}", seconds).replace("{py}", sys.executable), tmp_path, output.fileno()
            )
            await started.ended
        assert await asyncio.to_thread(until, seconds, True)
        await runner.aclose()

    asyncio.run(main())
    assert until(seconds, False)


def runner_on(script: str) -> tuple[Runner, list[str]]:
    """A runner whose helper is a program of the test's; it gets the helper's own words behind."""
    released: list[str] = []
    prefix = (sys.executable, "-c", script)
    return Runner(lambda: Launch(prefix, os.environ, None, lambda: released.append("released"))), released


NONSENSE = (
    "import socket, sys; s = socket.socket(fileno=int(sys.argv[-1])); s.recv(9999); s.send({}); s.recv(1)"
)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("b'[1]\\n'", "nonsense"),
        ('b\'{"done": "x"}\\n\'', "nonsense"),
        ("b'\\xff\\xfe\\n'", "nonsense"),
        ("b'x' * 70000", "never ends"),
    ],
)
def test_a_helper_that_was_taken_over_is_given_up(tmp_path: Path, said: str, why: str) -> None:
    async def main() -> None:
        runner, released = runner_on(NONSENSE.format(said))
        with (tmp_path / "out").open("wb") as output:
            started = await runner.run("true", tmp_path, output.fileno())
            ended = await started.ended
            assert ended.code is None
            assert why in ended.why
            await runner.run("true", tmp_path, output.fileno())  # a new helper, a new launch
        assert released == ["released"]
        await runner.aclose()
        assert released == ["released"] * 2

    asyncio.run(main())


def test_an_answer_to_nothing_is_ignored(tmp_path: Path) -> None:
    async def main() -> None:
        runner, _ = runner_on(NONSENSE.format('b\'{"done": 99}\\n{"failed": 1, "why": "cannot"}\\n\''))
        with (tmp_path / "out").open("wb") as output:
            started = await runner.run("true", tmp_path, output.fileno())
            assert (await started.ended).why == "cannot"
        await runner.aclose()

    asyncio.run(main())


def test_what_stands_in_is_taken_away_if_the_sandbox_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> list[str]:
        raise OSError("cannot be looked at")

    machine = make_machine(tmp_path)
    monkeypatch.setattr(process, "command_line", fails)
    with pytest.raises(OSError, match="cannot be looked at"):
        in_sandbox(machine.spec, machine.environ)
    assert not (machine.workspace / ".hone").exists()


def test_the_helper_ends_where_there_is_no_one_to_talk_to() -> None:
    async def main() -> int:
        ours, theirs = socket.socketpair()
        helper = Path(__file__).parents[2] / "src/hone/tools/supervisor.py"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(helper), str(theirs.fileno()), "confined", pass_fds=[theirs.fileno()]
        )
        theirs.close()
        ours.close()
        return await asyncio.wait_for(process.wait(), 10)

    assert asyncio.run(main()) == 0
