"""`hone`: verbs, mistakes in them, and standard streams that are not as one would wish."""

import json
import subprocess
import sys

import pytest
from tests.cli.driving import Hone

from hone import __version__
from hone.cli.main import with_optional_value
from hone.testing import WireServer, call, say

SAID = "café → ✓ 日本 😀"

ASCII = [
    pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="C locale"),
    pytest.param({"PYTHONIOENCODING": "ascii"}, id="PYTHONIOENCODING"),
]


@pytest.mark.parametrize("flag", ["--version", "-h", "--help"])
def test_version_and_help_are_for_standard_output(hone: Hone, flag: str) -> None:
    done = hone.here(flag)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"hone {__version__}\n" if flag == "--version" else "Do one task" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu", "x"], "No such command 'rnu'. Did you mean 'run'? See hone -h"),
        (["sessions", "shwo"], "No such command 'shwo'. Did you mean 'show'? See hone sessions -h"),
        (["xyzzy"], "No such command 'xyzzy'; see hone -h"),
        (
            ["fix the build", "now"],
            "No such command 'fix the build'; for a task: hone run 'fix the build'",
        ),
        (["run", "--max-stesp", "2", "x"], "No such option: --max-stesp"),
        (["run", "fix", "it"], "Got unexpected extra argument(s) (it); see hone run -h"),
        (["run", "--max-steps", "many", "x"], "Invalid value for '--max-steps'"),
        (["run", "--max-steps", "0", "x"], "Invalid value for '--max-steps'"),
        (["run", "--timeout", "nan", "x"], "--timeout: limits.seconds must be a number"),
        (["run"], 'no task: hone run "what to do", or pipe it in'),
        (["run", " \n"], "the task is empty: say what you want done"),
        (["run", "x", "--model", ""], "--model '': expected MODEL or ROLE=MODEL"),
        (["run", "x", "--model", "=m"], "--model '=m': expected MODEL or ROLE=MODEL"),
        (["run", "x", "--model", "wier:m"], "no provider named 'wier'; did you mean wire?"),
        (
            ["run", "x", "--model", "mian=wire:m"],
            '--model: unknown key "mian" in roles; did you mean main?',
        ),
        (
            ["run", "x", "--approvals", "yse"],
            '--approvals: approvals.mode must be ask, auto, sandbox or yes, not "yse"; did you mean yes?',
        ),
        (["--model", "m", "run", "x"], "options go behind the command: hone run …"),
        ([], 'a conversation needs a terminal; for one task: hone run "what to do"'),
    ],
)
def test_a_mistake_is_one_line_that_helps_and_changes_nothing(
    hone: Hone, arguments: list[str], message: str
) -> None:
    hone.use("http://127.0.0.1:1/v1")
    before = hone.contents()
    done = hone.here(*arguments)
    assert done.is_usage_error(), done
    assert done.err.startswith(f"hone: {message}")
    assert hone.contents() == before


def test_a_command_that_needs_a_verb_shows_its_help(hone: Hone) -> None:
    done = hone.here("sessions")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: hone sessions")


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        (["run", "--resume"], ["run", "--resume", "last"]),
        (["run", "--resume", "--json"], ["run", "--resume", "last", "--json"]),
        (["run", "--resume", "go on please"], ["run", "--resume", "last", "go on please"]),
        (["run", "--resume", "2026", "go on"], ["run", "--resume", "2026", "go on"]),
        (["run", "--resume=2026"], ["run", "--resume=2026"]),
        (["run", "--", "--resume"], ["run", "--", "--resume"]),
    ],
)
def test_resume_without_a_session_means_the_last_one(given: list[str], completed: list[str]) -> None:
    assert with_optional_value(given) == completed


def test_a_model_that_is_nowhere_is_one_line_with_what_was_tried(hone: Hone) -> None:
    offline = ("unshare", "--user", "--net")  # no local server of this machine can answer
    if subprocess.run([*offline, "true"], capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    before = hone.contents()
    done = hone("run", "hi", "--json", wrapped=offline)
    assert done.is_usage_error()
    for tried in (
        "OPENAI_BASE_URL",
        "OPENROUTER_API_KEY",
        "ANTHROPIC_API_KEY",
        "Ollama (11434)",
        "hone setup",
    ):
        assert tried in done.err
    assert hone.contents() == before


@pytest.mark.parametrize(
    ("line", "code", "out"),
    [
        ("hone run hi | true", 1, ""),
        ("hone run hi --json-events | true", 1, ""),
        ("hone run hi <&-", 0, f"{SAID}\n"),
        ("hone run hi 2>&-", 0, f"{SAID}\n"),
        ("hone run hi <&- >&- 2>&-", 0, ""),
        ("hone run hi 2>/dev/full", 0, f"{SAID}\n"),
        ("hone run --model nope:m hi 2>&-", 2, ""),
    ],
)
def test_streams_that_are_closed_or_whose_reader_left_cause_no_noise(
    hone: Hone, line: str, code: int, out: str
) -> None:
    with WireServer(lambda _request: say(SAID)) as server:
        assert hone.use(server).shell(line) == (code, out, "")


@pytest.mark.parametrize("line", ["hone run hi", "hone run hi --json-events"])
def test_an_answer_that_cannot_be_written_is_one_line(hone: Hone, line: str) -> None:
    with WireServer(lambda _request: say(SAID)) as server:
        done = hone.use(server).shell(f"{line} >/dev/full")
    assert done.code == 1
    assert done.err.startswith("hone: standard output: No space left on device")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("env", ASCII)
def test_a_terminal_without_unicode_is_shown_escapes_and_json_stays_json(
    hone: Hone, env: dict[str, str]
) -> None:
    def respond(request: dict[str, object]) -> object:
        return say(SAID) if "tool" in str(request["messages"])[-400:] else call("recall", query="日本")

    with WireServer(respond) as server:  # type: ignore[arg-type]
        hone.use(server)
        plain = hone("run", "tâche", env=env)
        task = server.requests[0]["messages"][-1]["content"]
        result = hone("run", "tâche", "--json", env=env)
    assert task == "tâche"
    assert (plain.code, plain.out) == (0, "caf\\u00e9 \\u2192 \\u2713 \\u65e5\\u672c \\ud83d\\ude00\n")
    assert "\\u2713 recall \\u65e5\\u672c" in plain.err
    assert result.result["answer"] == SAID


def test_arguments_that_are_no_text_are_written_as_escapes(hone: Hone) -> None:
    with WireServer(lambda request: say(request["messages"][-1]["content"])) as server:
        done = hone.use(server)("run", b"caf\xe9 \xff", "--json-events", "--json")  # as a process once
        assert done.result["answer"] == r"caf\xe9 \xff"
        known = done.result["session"]
        assert (
            hone.here("run", "--resume", "\udcff").err
            == f"hone: no session named '\\\\xff'; known: {known}\n"
        )
        assert (
            hone.here("run", "x", "--model", "\udcff:m").err
            == "hone: no provider named '\\\\xff'; known: wire\n"
        )


def test_a_directory_whose_name_is_no_text_can_be_worked_in(hone: Hone) -> None:
    work = hone.directory / "caf\udce9"
    work.mkdir()
    with WireServer(lambda _request: say("ok")) as server:
        assert hone.use(server).here("run", "hi", cwd=work).out == "ok\n"
        for verb in (["run", "--resume"], ["doctor"], ["trust"], ["skills", "list"], ["memory", "show"]):
            assert "a bug in hone" not in hone.here(*verb, cwd=work).err


def test_before_its_first_request_a_run_has_loaded_no_heavy_library(hone: Hone) -> None:
    (hone.directory / "sitecustomize.py").write_text(
        "import pathlib, sys\n"
        "loaded = pathlib.Path(__file__).with_name('loaded')\n"
        "def hook(event, arguments):\n"
        "    if event == 'socket.connect' and not loaded.exists():\n"
        "        loaded.write_text(' '.join(sys.modules))\n"
        "sys.addaudithook(hook)\n"
    )
    with WireServer(lambda _request: say("ok")) as server:
        done = hone.use(server)("run", "hi", env={"PYTHONPATH": str(hone.directory)})
    loaded = (hone.directory / "loaded").read_text().split()
    heavy = {
        *("rich", "prompt_toolkit", "detect_secrets", "mcp", "html_to_markdown"),
        *("tree_sitter", "tree_sitter_bash", "openai"),
    }
    assert done.out == "ok\n"
    assert "httpx2" in loaded
    assert heavy & set(loaded) == set()


def test_python_dash_m_hone_is_hone(hone: Hone) -> None:
    command = [sys.executable, "-m", "hone", "--version"]
    done = subprocess.run(command, env=hone.environ, capture_output=True, text=True)
    assert done.stdout == f"hone {__version__}\n"


def test_a_bug_is_one_line_unless_it_is_debugged(hone: Hone) -> None:
    broken = "import hone.cli.main as m; m.with_optional_value = lambda _: 1 / 0; m.main([])"
    command = [sys.executable, "-c", broken]
    plain = subprocess.run(command, env=hone.environ, capture_output=True, text=True)
    assert plain.stderr == (
        "hone: a bug in hone: ZeroDivisionError: division by zero; HONE_DEBUG=1 shows where\n"
    )
    debugged = subprocess.run(
        command, env={**hone.environ, "HONE_DEBUG": "1"}, capture_output=True, text=True
    )
    assert plain.returncode == debugged.returncode == 1
    assert "Traceback" in debugged.stderr


@pytest.mark.parametrize(
    "verb", ["run", "sessions", "skills", "memory", "config", "setup", "doctor", "trust"]
)
def test_every_command_explains_itself_within_80_columns(hone: Hone, verb: str) -> None:
    done = hone.here(verb, "-h")
    assert done.code == 0
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_the_overview_cuts_no_sentence(hone: Hone) -> None:
    assert "..." not in hone.here("-h").out.partition("Commands:")[2]


def test_json_of_every_listing_is_json(hone: Hone) -> None:
    for verb in (["sessions", "list"], ["skills", "list"], ["memory", "show"], ["config", "show"]):
        json.loads(hone.here(*verb, "--json").out)
