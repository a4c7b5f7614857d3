"""The shell tool on the machine itself. (In the sandbox: tests/safety/test_sandbox.py.)"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hone.clock import SystemClock
from hone.safety.approve import Intent
from hone.safety.environment import command_environ
from hone.safety.provenance import Provenance
from hone.tools import shell as shell_module
from hone.tools.base import ToolOutput
from hone.tools.process import Launch, on_machine
from hone.tools.shell import Shell, ShellCall, shell_tools

ENVIRON = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}


def provenance() -> Provenance:
    return Provenance(SystemClock(), lambda text, cwd: cwd / text)


class Session:
    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.spill = directory / "spill"
        self.work = directory / "work"
        self.work.mkdir(exist_ok=True)
        self.provenance = provenance()
        self.shell = Shell(lambda: on_machine(environ), self.work, self.spill, self.provenance)

    async def run(self, command: str = "", **options: Any) -> ToolOutput:
        return await self.shell.call(ShellCall(command, **options))


def session(
    directory: Path, use: Callable[[Session], Awaitable[None]], environ: dict[str, str] | None = None
) -> None:
    async def main() -> None:
        opened = Session(directory, environ or ENVIRON)
        try:
            await use(opened)
        finally:
            await opened.shell.aclose()

    asyncio.run(main())


def run(directory: Path, command: str, **options: Any) -> ToolOutput:
    replies: list[ToolOutput] = []

    async def use(opened: Session) -> None:
        replies.append(await opened.run(command, **options))

    session(directory, use)
    return replies[0]


def sleepers(seconds: str) -> list[int]:
    found = subprocess.run(["pgrep", "-f", f"^sleep {seconds}$"], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def wait_for(seconds: str, count: int) -> int:
    deadline = time.monotonic() + 5
    while len(found := sleepers(seconds)) != count and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(found)


@pytest.mark.parametrize(
    ("command", "text", "code"),
    [
        ("echo out; echo err >&2", "out\nerr\n[exit 0]", 0),
        ("true", "[exit 0]", 0),
        ("exit 3", "[exit 3]", 3),
        ("printf x; false", "x\n[exit 1]", 1),
        ("kill -9 $$", "[exit 137]", 137),
        ("kill -TERM $$", "[exit 143]", 143),
        ("cat", "[exit 0]", 0),
        ("echo $# \"$1\" $0", "0  BASH\n[exit 0]", 0),
        ("set -e; false; echo no", "[exit 1]", 1),
        ("# only a comment", "[exit 0]", 0),
        ("cat <<E\na\nE", "a\n[exit 0]", 0),
        ("sh -c 'exit 4' | cat", "[exit 0]", 0),
        ("exec echo replaced", "replaced\n[exit 0]", 0),
        ("printf 'a\\r b\\rdone\\n\\033[31mred\\033[0m\\033]0;title\\007\\0\\n'", "done\nred\n[exit 0]", 0),
        ("printf '\\377\\n'", "�\n[exit 0]", 0),
    ],
)  # fmt: skip
def test_a_reply_is_what_was_printed_and_the_exit_code(
    tmp_path: Path, command: str, text: str, code: int
) -> None:
    reply = run(tmp_path, command)
    shell = subprocess.run(
        ["bash", "-c", "command -v bash"], capture_output=True, text=True, env=ENVIRON
    ).stdout
    assert reply == ToolOutput(text.replace("BASH", shell.strip()), ok=code == 0, exit_code=code)


def test_an_error_in_the_line_is_told_with_its_line_number(tmp_path: Path) -> None:
    reply = run(tmp_path, "no-such-command-here")
    assert "line 1: no-such-command-here: command not found" in reply.text
    assert reply.exit_code == 127
    assert run(tmp_path, "if").exit_code == 2


def test_the_working_directory_is_kept_and_shown_when_it_changes(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        moved = await opened.run("mkdir -p sub && cd sub")
        assert moved.text == f"[working directory: {opened.work}/sub]\n[exit 0]"
        assert (await opened.run("pwd; exit 5")).text == f"{opened.work}/sub\n[exit 5]"
        assert opened.shell.cwd == opened.work / "sub"
        await opened.run("(cd /)")
        assert opened.shell.cwd == opened.work / "sub"

    session(tmp_path, use)


def test_a_working_directory_that_is_gone_is_said_and_left(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        await opened.run("mkdir sub; cd sub")
        (opened.work / "sub").rmdir()
        lost = await opened.run("pwd")
        assert not lost.ok
        assert "No such file or directory" in lost.text
        assert f"the next one starts in {opened.work}" in lost.text
        assert (await opened.run("pwd")).ok

    session(tmp_path, use)


def test_secrets_of_the_environment_are_not_inherited(tmp_path: Path) -> None:
    environ = command_environ({**ENVIRON, "MY_TOKEN": "t0ken", "HONE_HOME": "/h", "OTHER": "o"}, ["OTHER"])

    async def use(opened: Session) -> None:
        reply = await opened.run("env")
        assert "t0ken" not in reply.text
        assert "OTHER" not in reply.text
        assert "HONE_HOME" not in reply.text
        assert "GIT_PAGER=cat" in reply.text

    session(tmp_path, use, environ)


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    seconds = f"981.{os.getpid()}"
    reply = run(tmp_path, f"echo begun; sleep {seconds} & sleep {seconds}", timeout=0.2)
    assert reply.text == "begun\n[timed out after 0.2 s]\n[exit 143]"
    assert not reply.ok
    assert wait_for(seconds, 0) == 0


def test_a_command_that_ignores_the_polite_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hone.tools.process._GRACE", 0.2)
    reply = run(tmp_path, "trap '' TERM; echo begun; while :; do sleep 0.05; done", timeout=0.2)
    assert reply.text == "begun\n[timed out after 0.2 s]\n[exit 137]"


def test_cancelling_ends_the_command(tmp_path: Path) -> None:
    seconds = f"982.{os.getpid()}"

    async def use(opened: Session) -> None:
        task = asyncio.create_task(opened.run(f"sleep {seconds}"))
        assert await asyncio.to_thread(wait_for, seconds, 1) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sleepers(seconds) == []
        assert (await opened.run("echo next")).ok

    session(tmp_path, use)


def test_a_child_in_the_background_does_not_hold_the_call_and_ends_with_the_session(tmp_path: Path) -> None:
    seconds = f"983.{os.getpid()}"

    async def use(opened: Session) -> None:
        reply = await opened.run(f"sleep {seconds} & echo started")
        assert reply.text.startswith("started\n[what it left running ends with the session and prints to ")
        assert reply.ok
        assert await asyncio.to_thread(wait_for, seconds, 1) == 1

    session(tmp_path, use)
    assert wait_for(seconds, 0) == 0


def test_everything_ends_even_if_hone_is_killed(tmp_path: Path) -> None:
    seconds = f"984.{os.getpid()}"
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from hone.clock import SystemClock; from hone.safety.provenance import Provenance\n"
        "from hone.tools.process import on_machine; from hone.tools.shell import Shell, ShellCall\n"
        "async def main():\n"
        "    provenance = Provenance(SystemClock(), lambda text, cwd: cwd / text)\n"
        f"    shell = Shell(lambda: on_machine({ENVIRON!r}), Path(sys.argv[1]), Path(sys.argv[1]), provenance)\n"
        f"    await shell.call(ShellCall('sleep {seconds} &'))\n"
        f"    await shell.call(ShellCall('echo ready > ready; sleep {seconds}'))\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) as child:
        assert wait_for(seconds, 2) == 2
        child.kill()
    assert wait_for(seconds, 0) == 0


def test_long_output_is_cut_in_the_middle_and_all_of_it_is_in_a_file(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        reply = await opened.run("seq 100000")
        assert len(reply.text) < 10_300
        assert reply.text.startswith("1\n2\n")
        assert reply.text.endswith("99999\n100000\n[exit 0]")
        (kept,) = opened.spill.iterdir()
        assert f"[… 578,895 characters left out; all of it in {kept}]" in reply.text
        assert kept.read_text().count("\n") == 100_000

    session(tmp_path, use)


def test_short_output_leaves_no_file(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        await opened.run("echo short")
        assert list(opened.spill.iterdir()) == []

    session(tmp_path, use)


def test_binary_output_is_named_not_shown(tmp_path: Path) -> None:
    reply = run(tmp_path, "head -c 20000 /dev/zero")
    assert reply.text.startswith("[20,000 bytes of binary output, not shown; all of it in ")


def test_a_command_that_prints_without_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell_module, "_MOST_BYTES", 2_000_000)

    async def use(opened: Session) -> None:
        reply = await opened.run("yes")
        assert "[stopped: it printed more than 2 MB]" in reply.text
        assert not reply.ok
        (kept,) = opened.spill.iterdir()
        assert kept.stat().st_size == 2_000_000

    session(tmp_path, use)


def test_a_background_job_is_started_followed_and_ended(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        go = opened.work / "go"
        started = await opened.run(
            "echo up; until [ -e go ]; do sleep 0.01; done; echo more; sleep 60", background=True
        )
        assert started.text == "up\n[j1 is running]"
        assert (await opened.run(job="j1")).text == "[nothing new]\n[j1 is running]"
        go.touch()
        while "more" not in (news := await opened.run(job="j1", timeout=0.05)).text:
            assert news.ok
        assert (await opened.run("kill", job="j1")) == ToolOutput(
            "[j1 ended as you asked]\n[exit 143]", exit_code=143
        )
        assert (await opened.run("kill", job="j1")).ok

    session(tmp_path, use)


def test_a_job_that_ended_tells_its_exit_code(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        quick = await opened.run("echo done; exit 4", background=True)
        if "is running" in quick.text:
            quick = await opened.run(job="j1", timeout=10)
        assert quick.text.endswith("[j1 has ended]\n[exit 4]")
        assert not quick.ok
        waited = await opened.run("sleep 0.05; cd /; echo two", background=True)
        waited = await opened.run(job="j2", timeout=10) if "is running" in waited.text else waited
        assert waited.text == "two\n[j2 has ended]\n[exit 0]"
        assert opened.shell.cwd == opened.work

    session(tmp_path, use)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"command": " "}, "nothing to run: give a command"),
        ({"job": "j9"}, "no job 'j9'; the jobs are: none"),
        ({"command": "a\0b"}, "no NUL: put the text into a file with write"),
        ({"command": "echo " + "x" * 200_000}, "at most 120,000 bytes"),
    ],
)
def test_calls_that_make_no_sense_say_what_is_wrong(
    tmp_path: Path, options: dict[str, Any], text: str
) -> None:
    reply = run(tmp_path, **{"command": "", **options})
    assert not reply.ok
    assert text in reply.text


def test_a_job_takes_no_command_but_kill(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        await opened.run("sleep 60", background=True)
        reply = await opened.run("ls", job="j1")
        assert not reply.ok
        assert 'takes no command but "kill"' in reply.text

    session(tmp_path, use)


def test_a_helper_that_dies_loses_one_command_and_is_started_again(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        lost = await opened.run("echo before; kill -9 $PPID; exec sleep 0.2")
        assert "before\n[the command was lost" in lost.text
        assert (await opened.run("echo after")).text == "after\n[exit 0]"

    session(tmp_path, use)


@pytest.mark.parametrize("background", [False, True])
def test_a_launch_that_fails_is_a_failed_call(tmp_path: Path, background: bool) -> None:
    async def main() -> ToolOutput:
        shell = Shell(
            lambda: Launch(("/no/such/program",), ENVIRON), tmp_path, tmp_path / "spill", provenance()
        )
        reply = await shell.call(ShellCall("true", background=background))
        await shell.aclose()
        return reply

    reply = asyncio.run(main())
    assert not reply.ok
    assert "the command did not run" in reply.text


def test_what_another_host_said_is_marked(tmp_path: Path) -> None:
    reply = run(tmp_path, "false && curl https://example.invalid; true")
    assert reply.trust == "external"
    assert run(tmp_path, "true").trust == "workspace"


def with_fake_curl(directory: Path) -> dict[str, str]:
    """An environment whose curl prints a text of its own for any address."""
    programs = directory / "programs"
    programs.mkdir()
    (programs / "curl").write_text("#!/bin/sh\nprintf 'said by %s\\n' \"$1\"\n")
    (programs / "curl").chmod(0o755)
    return {**ENVIRON, "PATH": f"{programs}{os.pathsep}{ENVIRON['PATH']}"}


def tick() -> None:
    """Let the time pass that a change time may lie before the clock."""
    until = time.time() + 0.03
    while time.time() < until:
        time.sleep(0.005)


def test_files_that_another_host_filled_are_external_whatever_shows_or_copies_them(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        (opened.work / "before.txt").write_text("of the user")
        tick()
        await opened.run("mkdir sub; curl http://example.com/x | tee sub/f3.txt > f1.txt")
        tick()
        (opened.work / "after.txt").write_text("of the user")
        tick()
        commands = (
            "cat f1.txt",
            "cp f1.txt f2.txt",
            "cat f2.txt",
            "cat < f1.txt",
            "(cd sub && cat f3.txt)",
            "cat f1*",
        )
        for command in commands:
            assert (await opened.run(command)).trust == "external", command
        tick()
        for command in ("cat before.txt after.txt", "ls", "echo new > f1.txt", "cat f1.txt"):
            assert (await opened.run(command)).trust == "workspace", command
        assert opened.provenance.trust_of(opened.work / "f2.txt") == "external"

    session(tmp_path, use, with_fake_curl(tmp_path))


def test_a_background_job_fills_files_until_it_ends(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        go, written = opened.work / "go", opened.work / "f1.txt"
        await opened.run(
            "until test -e go; do sleep 0.01; done; curl http://example.com/x > f1.txt", background=True
        )
        tick()
        go.write_text("")
        assert (await opened.run(job="j1", timeout=5)).trust == "external"
        assert opened.provenance.trust_of(written) == "external"
        await asyncio.sleep(0.2)  # two looks at the output: the end was seen
        tick()
        (opened.work / "after.txt").write_text("of the user")
        assert opened.provenance.trust_of(opened.work / "after.txt") == "workspace"

    session(tmp_path, use, with_fake_curl(tmp_path))


def test_what_a_command_leaves_running_fills_files_as_long_as_the_session_lasts(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        written = opened.work / "f1.txt"
        await opened.run("(until test -e go; do sleep 0.01; done; curl http://example.com/x > f1.txt) &")
        tick()
        (opened.work / "go").write_text("")
        await opened.run("until test -s f1.txt; do sleep 0.01; done", timeout=5)
        assert opened.provenance.trust_of(written) == "external"

    session(tmp_path, use, with_fake_curl(tmp_path))


def test_many_commands_at_once_do_not_mix(tmp_path: Path) -> None:
    async def use(opened: Session) -> None:
        replies = await asyncio.gather(*(opened.run(f"echo {i}; exit {i}") for i in range(20)))
        assert [reply.text for reply in replies] == [f"{i}\n[exit {i}]" for i in range(20)]

    session(tmp_path, use)


def test_approvals_see_the_command_and_where_it_runs(tmp_path: Path) -> None:
    shell = Shell(lambda: on_machine(ENVIRON), tmp_path, tmp_path, provenance())
    (tool,) = shell_tools(shell)
    assert tool.name == "shell"
    assert tool.intent(ShellCall("ls")) == Intent("run", "ls", tmp_path)
    assert tool.intent(ShellCall("kill", job="j1")) == Intent("free")
    assert set(tool.spec.parameters["properties"]) == {"command", "timeout", "background", "job"}
