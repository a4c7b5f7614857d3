"""What an episode tells besides its kind; how lines and results are read; that nothing breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.learning.traces import edit, refused, shell, tool, trace

from hone.events import ToolFinished
from hone.learning.calls import calls_in
from hone.learning.friction import hard_calls, mine
from hone.learning.lines import split
from hone.learning.similar import alike, similar_paths
from hone.learning.telling import telling_part

NODE = """> shop@1.0.0 build
> node build.js

/srv/shop/build.js:3
  throw new Error("NODE_ENV must be set")
  ^

Error: NODE_ENV must be set
    at Object.<anonymous> (/srv/shop/build.js:3:9)
npm ERR! code ELIFECYCLE
npm ERR! A complete log of this run can be found in: /tmp/x.log
"""


def test_an_episode_names_its_events_and_its_cost() -> None:
    (fix,) = mine(trace(("npm run build", 1, NODE), "cat build.js", "NODE_ENV=production npm run build"))
    assert fix.events == ("e5", "e13")
    assert fix.calls == 3
    assert fix.seconds == 8.25
    assert fix.tokens == 220
    assert "NODE_ENV must be set" in fix.error


def test_an_episode_tells_the_first_attempt_and_its_last_error() -> None:
    (fix,) = mine(
        trace(
            ("curl -sf localhost:8080/health", 7, "Connection refused"),
            ("curl -sf -v localhost:8080/health", 22, "returned error: 404"),
            "curl -sf localhost:8080/healthz",
        )
    )
    assert fix.events == ("e5", "e9", "e13")
    assert (fix.failed, fix.error) == ("curl -sf localhost:8080/health", "returned error: 404")


def test_two_long_calls_keep_what_tells_them_apart() -> None:
    same = "x" * 400
    (fix,) = mine(
        trace(
            tool("book", ok=False, a=same, paid=255, text="does not add up"),
            tool("book", a=same, paid=305),
        )
    )
    assert fix.failed.endswith('"paid":255}')
    assert fix.worked.endswith('"paid":305}')


def test_commands_and_errors_are_shortened() -> None:
    long = "x" * 400
    (fix,) = mine(trace((f"./deploy.sh {long}", 1, f"Error: {long}"), f"./deploy.sh --now {long}"))
    assert [len(text) for text in (fix.failed, fix.error, fix.worked)] == [300, 300, 300]
    (met,) = mine(
        trace(
            ("./deploy.sh", 1, "pending seeds"),
            *(f"./seed{n}.sh {'y' * 90}" for n in range(5)),
            "./deploy.sh",
        )
    )
    assert met.needed.startswith("./seed3.sh")
    assert len(met.needed) <= 300


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (NODE, "Error: NODE_ENV must be set"),
        ("Traceback (most recent call last):\n  File 'a'\nKeyError: 'x'\n[exit 1]", "KeyError: 'x'"),
        ("make[1]: Entering directory\nfoo.c:3:1: error: expected ';'\nmake: *** [all] Error 1", "foo.c:3:1: error: expected ';'"),
        ("E   assert 1 == 2\nFAILED test_a.py::test_x - assert 1 == 2\n=== 1 failed in 0.1s ===", "FAILED test_a.py::test_x - assert 1 == 2"),
        ("deploy: pending migrations\n[exit 1]", "deploy: pending migrations"),
        ("first\nsecond\nthird", "second · third"),
        ("[exit 3]", "[exit 3]"),
        ("", ""),
        ("noise\n" * 100 + "fatal: no upstream\n", "fatal: no upstream"),
    ],
)  # fmt: skip
def test_the_telling_part_of_an_output_names_the_error(text: str, part: str) -> None:
    assert telling_part(text) == part


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("a && b || c; d | e & f", [("a", "&&"), ("b", "||"), ("c", ";"), ("d", "|"), ("e", "&"), ("f", "")]),
        ("a 2>&1 |& tee log > out.txt", [("a", "|"), ("tee log", "")]),
        (
            "echo 'a && b' \"c; d\" $(e | f) `g;h` \\; ${x#;}",
            [("echo 'a && b' \"c; d\" $(e | f) `g;h` \\; ${x#;}", "")],
        ),
        ("cat > f <<'EOF'\na && b\nEOF\nc", [("cat", ";"), ("c", "")]),
        ("cat <<EOF", [("cat", "")]),
        ("cat <<EOF\nnever ended", [("cat", ";")]),
        ("a # b; c\nd", [("a", ";"), ("d", "")]),
        ("a \\\n b", [("a   b", "")]),
        ("(cd x && a)", [("cd x", "&&"), ("a", "")]),
        ("{ a; b; }", [("a", ";"), ("b", ";")]),
        ("if a; then b; else c; fi", [("a", ";"), ("b", ";"), ("c", ";")]),
        ("for i in 1 2; do a && break; done; b", [("a", "&&"), ("break", ";"), ("b", "")]),
        ("while ! a; do b; done", [("a", ";"), ("b", ";")]),
        ("grep x <<< y && a", [("grep x <<< y", "&&"), ("a", "")]),
        (" ; \n\n", []),
    ],
)
def test_a_line_is_split_where_commands_end(line: str, pieces: list[tuple[str, str]]) -> None:
    assert [(piece.text, piece.behind) for piece in split(line)] == pieces


def test_loops_and_conditions_guard_what_is_in_them() -> None:
    guarded = {piece.text: piece.guarded for piece in split("for i in 1; do a; done; if b; then c; fi; d")}
    assert guarded == {"a": True, "b": True, "c": True, "d": False}


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("prod", "production", True),
        ("web1", "web2", False),
        ("numpy==1.19", "numpy==1.26", True),
        ("staging", "production", False),
    ],
)
def test_words_are_alike_if_one_may_be_meant_for_the_other(one: str, other: str, are: bool) -> None:
    assert alike(one, other) is are


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("/health", "/healthz", True),
        ("/health", "/status", True),
        ("/health", "/api/ready", True),
        ("/v1/users", "/v2/users", True),
        ("/users", "/api/users", True),
        ("/api/users/7/orders", "/users/7/orders", True),
        ("/users/1", "/users/2", False),
        ("/users", "/users/1", False),
        ("/users", "/orders/all", False),
        ("/a/b", "/c/d", False),
        ("/", "/users", False),
    ],
)
def test_paths_are_similar_if_they_may_lead_to_the_same(one: str, other: str, are: bool) -> None:
    assert similar_paths(one, other) is are


def test_calls_are_hard_if_they_failed_and_neither_repair_nor_waiting_made_them_pass() -> None:
    assert hard_calls(trace(("cat a", 1), ("./x.sh", 1), ("grep a b", 1), refused("rm -rf /x"))) == 2
    assert hard_calls(trace(("pytest", 1, "E"), edit(), ("pytest", 1, "E"), edit(), "pytest")) == 0
    assert hard_calls(trace(("curl localhost:1/a", 7, "refused"), "curl localhost:1/a")) == 0


def test_a_refused_or_misunderstood_call_did_not_run() -> None:
    calls = calls_in(trace(refused("make"), tool("shell", ran=False, ok=False, cmd="x"), "make"))
    assert [call.ran for call in calls] == [False, False, True]


def test_a_result_without_its_request_is_passed_over() -> None:
    events = [each for each in trace(("make", 1, "boom"), answer="") if isinstance(each.event, ToolFinished)]
    assert mine(events) == ()


def test_arguments_that_are_no_object_are_none() -> None:
    for raw in ("", "[1]", "{", '"x"', "null"):
        assert (
            mine(trace({"name": "shell", "ok": False, "text": "", "ran": True, "arguments": {}, "raw": raw}))
            == ()
        )


def test_hundreds_of_different_failures_are_bounded() -> None:
    many = trace(*((f"./job{chr(97 + n % 26)}{n}.sh --only x", 1, "boom") for n in range(200)))
    assert len(mine(many)) == 24


def test_a_long_output_is_read_at_its_ends() -> None:
    long = "ok\n" * 5000
    (fix,) = mine(trace(("make all", 2, f"{long}error: needs CC=clang"), "CC=clang make all"))
    assert (fix.worked, fix.error) == ("CC=clang make all", "error: needs CC=clang")


WORDS = st.sampled_from(
    ["npm", "run", "build", "curl", "localhost:80/a", "http://[::1", "docker", "compose", "exec", "-it", "--", "python3", "-m", "-c", "-e", "-", "uv", "bash", "./x.sh", "a.py", "&&", "||", ";", "|", "&", ">", "2>&1", "<<", "<<'EOF'", "EOF", "(", ")", "{", "}", "if", "then", "do", "done", "for", "in", "'", '"', "$(", "`", "\\", "#", "$X", "'a", "b'", "--fix", "-X=y", "x=1", "export", "cd", "sudo", "env", "timeout", "5", "\n", "[", "]", "é", "\x00"]
)  # fmt: skip
LINES = st.lists(WORDS, max_size=12).map(" ".join)


@given(st.lists(st.tuples(LINES, st.integers(0, 3), st.text(max_size=40)), max_size=6), st.text(max_size=60))
def test_no_line_and_no_output_breaks_it(did: list[tuple[str, int, str]], said: str) -> None:
    events = trace(*(shell(line, code, text) for line, code, text in did))
    ids = {each.id for each in events}
    for episode in mine(events, said):
        assert set(episode.events) <= ids
        assert (
            max(map(len, (episode.failed, episode.worked, episode.needed, episode.error, episode.said)))
            <= 300
        )
    assert hard_calls(events) <= len(did)


@given(st.text(max_size=200))
def test_splitting_keeps_every_line_readable(line: str) -> None:
    assert all(piece.text.strip() for piece in split(line))
