"""A tripwire stops the call that repeats a known mistake, says why once, and stands in the way of nothing else."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.events import AnyEvent, StepFinished, ToolFinished, ToolStarted, Tripped
from hone.messages import Assistant, ToolCall, ToolReply, Usage
from hone.skills.literals import holds, searched
from hone.skills.shell_text import without_text
from hone.skills.tripwires import (
    MAX_TEXT,
    MOST_STOPS,
    Armed,
    Condition,
    Tripwire,
    hits,
    objection,
    subject_of,
    tripwires_from,
)

HITS = [
    ("/health", "curl http://127.0.0.1:8123/health"),
    ("/health", "curl http://h:1/health?x=1"),
    ("/health", "curl -s 'http://h/health'"),
    ("/health", "curl http://h/health/"),
    ("/health", "curl http://h/api/health/db"),
    ("/health", "curl http://h/health."),
    ("/health", "curl http://h/health#top"),
    ("npm", "cd web && npm test"),
    ("npm test", "npm   test"),
    ("npm test", "npm \\\n  test"),
    ("npm test", "npm\ttest -- --watch"),
    ("--retry", "curl --retry 3 h"),
    ("--retry", "curl --retry=3 h"),
    ("-n auto", "pytest -n auto tests"),
    ("8080", "curl localhost:8080/x"),
    ("localhost:8080", "curl http://localhost:8080"),
    ("docker", "/usr/bin/docker ps"),
    ("HEAD", "git reset HEAD~1"),
    ("react", "npm install react@18"),
    ("nginx", "docker pull nginx:latest"),
    ("main", "git push origin HEAD:main"),
    ("main", "git log main..dev"),
    ("dev", "git log main..dev"),
    ("dev", "git log main...dev"),
    ("PORT", "PORT=3000 npm start"),
    ("--env=", "make --env=prod"),
    ("src/", "ls src/app"),
    ("src/app.py", "python ./src/app.py"),
    ("./run.sh", "bash ./run.sh"),
    (".env", "cat config/.env"),
    ('git commit -m "wip"', "git commit -m 'wip'"),
    ("--name 'my app'", 'tool --name "my app"'),
    ("--name my app", 'tool --name "my app"'),
    ('--name "x"', "tool --name x"),
    ('--name ""', "tool --name '' y"),
    ("a'b", 'echo "a\'b"'),
    ("my app", "cd my\\ app"),
    ("curl -f", "ssh host 'curl -f h'"),
    ("*.py", "ls src/*.py"),
    ("git add .", "git add . && git commit"),
    ("..", "cd .."),
    ('"mode":"rw"', '{"path":"/x","mode":"rw"}'),
    ("rw", '{"path":"/x","mode":"rw"}'),
    ("FROM users", r'{"sql":"SELECT *\nFROM users"}'),
    ("naïve", "ls naïve"),
]

MISSES = [
    ("/health", "curl http://h/healthz"),
    ("/health", "curl http://h/health-check"),
    ("/health", "curl http://h/health_check"),
    ("/health", "curl http://h/health.json"),
    ("/health", "curl http://h/healthé"),
    ("npm", "pnpm test"),
    ("npm", "npm-run-all x"),
    ("npm test", "npm testing"),
    ("npm test", "npm run test"),
    ("--retry", "curl --retry-all-errors h"),
    ("--retry", "curl --no--retry"),
    ("-retry", "curl --retry 3"),
    ("retry", "curl --retry 3"),
    ("8080", "curl localhost:18080"),
    ("8080", "curl localhost:80801"),
    ("example.com", "curl api.example.com"),
    ("app", "python app.py"),
    ("py", "python app.py"),
    ("3.1", "python3.11"),
    ("1.2.3", "pip install x==1.2.3.4"),
    ("app", "cd my-app"),
    ("deploy", "./pre-deploy"),
    ("env", "cat .env"),
    (".env", "cat prod.env"),
    (".env", "cat .env.local"),
    ("./run.sh", "bash ../run.sh"),
    ("git add .", "git add .gitignore"),
    ("git add .", "git add ./src"),
    ("cd ..", "cd ../x"),
    ("..", "git log main...dev"),
    ("--", "git log --oneline"),
    ("-f", "rm -rf x"),
    ('--name ""', "tool --name x"),
    ('""', "tool x"),
    ("'", "tool x"),
    ("", "anything"),
    ("   ", "any thing"),
    ("Health", "curl h/health"),
    ("PORT", "EXPORT=1 x"),
    ("$FOO", "echo $FOOBAR"),
]


@pytest.mark.parametrize(("literal", "text"), HITS)
def test_a_literal_is_found_where_it_is_a_token_of_the_call(literal: str, text: str) -> None:
    assert holds(searched(text), literal)


@pytest.mark.parametrize(("literal", "text"), MISSES)
def test_a_literal_is_not_found_within_a_longer_token(literal: str, text: str) -> None:
    assert not holds(searched(text), literal)


words = st.text("abZ09_é", min_size=1, max_size=6)
literals = st.text("ab-./:=\"' \\$", min_size=1, max_size=8).filter(lambda text: text.strip() != "")


@given(
    literals, st.sampled_from(["", "x ", "x;", "(", "x | "]), st.sampled_from(["", " y", ";y", ")", " | y"])
)
def test_what_stands_alone_is_always_found(literal: str, before: str, after: str) -> None:
    assert holds(searched(f"{before} {literal} {after}"), literal)


@given(literals.filter(lambda text: text.strip("\"' \\") != ""), words)
def test_a_word_grown_at_either_end_is_never_found(literal: str, more: str) -> None:
    word = f"a{literal}b"
    assert not holds(searched(more + word), word)
    assert not holds(searched(word + more), word)


@given(st.text(" \n\t", min_size=1, max_size=6), words, words)
def test_white_space_and_quotes_do_not_matter(space: str, first: str, second: str) -> None:
    assert holds(searched(f"run '{first}'{space}\"{second}\" now"), f"{first} {second}")


TEXT_ONLY = [
    "grep -rn /health src",
    "grep -rn '/health' src",
    'rg -A 3 "/health"',
    "git grep -n '/health'",
    "sudo grep /health /var/log/nginx.log",
    "git commit -m 'Use /healthz, not /health'",
    'git commit -am "drop /health"',
    "git log -S'/health' --oneline",
    "git log --grep '/health'",
    "gh pr create --title 'Drop /health'",
    "sed -i 's#/health#/healthy#' deploy.sh",
    "ls # curl h/health is gone",
    "# /health is gone\nls",
    "echo 'the check is not at /health' >> README.md",
    'printf "GET /health\\n" > notes.txt',
    "cat > check.sh <<'EOF'\ncurl h/health\nEOF",
    "cat <<EOF >> notes.md\nnot /health\nEOF\nls",
    "tee notes.md <<-EOF\n\tnot /health\n\tEOF",
    "git commit -F - <<EOF\nDrop /health\nEOF",
    "A=1 time grep /health f | wc -l",
]

COMMANDS = [
    "curl h/health",
    "curl 'h/health' # the check",
    "grep -q up f && curl h/health",
    "grep /health f; curl h/health",
    "curl h/health | grep ok",
    "echo h/health",
    "echo 'curl h/health' | sh",
    "echo 'curl h/health' > f | sh",
    "echo h/health > f",
    "echo 'h/health' > /dev/null",
    "echo 'h/health' 2>&1",
    'git commit -m "$(curl h/health)"',
    'git commit -m "`curl h/health`"',
    "bash <<EOF\ncurl h/health\nEOF",
    "python - <<'EOF'\nget('h/health')\nEOF",
    "cat <<EOF | sh\ncurl h/health\nEOF",
    "cat > f <<EOF\nx\nEOF\ncurl h/health",
    "cat <<< 'h/health'",
    "ssh host 'grep /health f'",
    "bash -c 'curl h/health'",
    "curl 'h/health",
    "grep x /health",
    "grep -c | curl h/health",
    "cd /health#1",
    "git",
    "git /health",
    "while ! curl h/health; do sleep 1; done",
    f"grep /health f {'x' * 20_000}",
    f"grep /health f {'<<a ' * 51}",
]


@pytest.mark.parametrize("command", TEXT_ONLY)
def test_a_mistake_that_is_only_mentioned_is_let_pass(command: str) -> None:
    assert holds(searched(command), "/health")
    assert not hits(Condition("shell", ("/health",)), "shell", command, ())


@pytest.mark.parametrize("command", [each for each in COMMANDS if "/health" in each])
def test_a_mistake_that_is_run_is_hit_whatever_stands_beside_it(command: str) -> None:
    assert hits(Condition("shell", ("/health",)), "shell", command, ())


@pytest.mark.parametrize(
    ("has", "command"),
    [
        (("grep", "-P", "\\d"), "grep -P '\\d' f"),
        (("git commit", "wip"), "git commit -m 'wip'"),
        (("commit -m wip",), "git commit -m 'wip'"),
        (("cat", "/health"), "cat > f <<EOF\n/health\nEOF"),
        (("echo", "a b"), "echo 'a b' > f"),
        (("git", "a b"), "git commit -m 'a b'"),
        (("commit", "a b"), "git commit -m 'a b'"),
    ],
)
def test_of_a_program_that_the_condition_names_everything_counts(has: tuple[str, ...], command: str) -> None:
    assert hits(Condition("shell", has), "shell", command, ())


@pytest.mark.parametrize(
    ("has", "command"),
    [
        (("git push", "--force"), "git commit -m 'No git push --force'"),
        (("git push", "main"), "git log --grep 'git push origin main'"),
        (("/var/log",), "git log --grep '/var/log'"),
        (("a-cat b",), "cat > f <<EOF\na-cat b\nEOF"),
    ],
)
def test_another_command_of_the_same_program_is_not_meant(has: tuple[str, ...], command: str) -> None:
    assert not hits(Condition("shell", has), "shell", command, ())


@given(st.text("ab'\"#<>|;&()\\\n -/$`EOF", max_size=60))
def test_text_is_cleared_and_nothing_else_changes(line: str) -> None:
    kept = without_text(line, lambda _program: False).split("\0")
    at = 0
    for part in kept:
        at = line.index(part, at) + len(part)


def test_the_order_of_conditions_is_has_lacks_and_what_came_before() -> None:
    condition = Condition("shell", ("npm", "test"), ("--ci",), ("npm ci",))
    assert hits(condition, "shell", "npm test", ())
    assert hits(condition, "shell", "npm test", ("npm cite", "ls"))
    assert not hits(condition, "shell", "npm test", ("ls", "cd web && npm ci"))
    assert not hits(condition, "shell", "npm test --ci", ())
    assert hits(condition, "shell", "npm test --cis", ())
    assert not hits(condition, "shell", "npm start", ())
    assert not hits(condition, "read", "npm test", ())
    assert not hits(Condition("shell", ()), "shell", "npm test", ())


def test_the_text_of_other_tools_is_not_taken_apart() -> None:
    assert hits(Condition("read", ("old.md",)), "read", "docs/old.md", ())
    assert hits(Condition("sql", ("DROP",)), "sql", '{"q":"# DROP"}', ())


@pytest.mark.parametrize(
    ("tool", "arguments", "subject"),
    [
        ("shell", '{"command": "ls -l", "timeout": 3}', "ls -l"),
        ("shell", '{"job": "j1"}', ""),
        ("shell", '{"command": ["ls"]}', ""),
        ("read", '{"path": "a.py", "offset": 2}', "a.py"),
        ("write", '{"content": "x", "path": "a.py"}', "a.py"),
        ("edit", '{"path": "a.py", "old": "x", "new": "y"}', "a.py"),
        ("find", '{"pattern": "*.py", "path": "src"}', "src"),
        ("find", '{"pattern": "*.py"}', ""),
        ("deploy", '{ "b": 1,\n "a": [true, null, "\\u00e9"] }', '{"b":1,"a":[true,null,"é"]}'),
        ("deploy", "", "{}"),
        ("deploy", "[1]", ""),
        ("deploy", '{"a": ', ""),
        ("shell", '{"command": "\\ud800"}', ""),
        ("deploy", '{"a": ' + "[" * 5000, ""),
    ],
)
def test_what_conditions_look_at(tool: str, arguments: str, subject: str) -> None:
    assert subject_of(tool, arguments) == subject


class Turn:
    """The events of a turn, as the loop would record them, with a tripwire check before each call."""

    def __init__(self, *armed: Armed) -> None:
        self.armed = armed
        self.events: list[AnyEvent] = []
        self.count = 0

    def step(self, *calls: ToolCall) -> None:
        self.events.append(StepFinished(1, Assistant(tool_calls=calls), Usage(), "m", 0.0))

    def check(self, call: ToolCall) -> Tripped | None:
        tripped = objection(call, self.armed, self.events)
        if tripped is not None:
            self.events.append(tripped)
        return tripped

    def end(self, call: ToolCall, *, ok: bool) -> None:
        self.events.append(ToolFinished(ToolReply(call.id, call.name, "", ok=ok), 0.0))

    def say(self, command: str, *, ok: bool = True, **more: Any) -> Tripped | None:
        """A step with one shell command, run if nothing stands against it."""
        self.count += 1
        call = ToolCall(f"c{self.count}", "shell", json.dumps({"command": command, **more}))
        self.step(call)
        tripped = self.check(call)
        runs = tripped is None or tripped.passed
        if runs:
            self.events.append(ToolStarted(call))
        self.end(call, ok=ok and runs)
        return tripped


def wire(
    *has: str, unless_after: Sequence[str] = (), name: str = "t1", skill: str = "deploy", **more: Any
) -> Armed:
    return Armed(
        skill,
        Tripwire("shell", has, unless_after=tuple(unless_after), id=name, say="It is /healthz.", **more),
    )


def stopped(tripped: Tripped | None) -> bool:
    return tripped is not None and not tripped.passed


def passed(tripped: Tripped | None) -> bool:
    return tripped is not None and tripped.passed


def test_a_stopped_call_is_told_why_what_works_and_how_to_insist() -> None:
    tripped = Turn(wire("/health")).say("curl h/health")
    assert tripped is not None
    assert (tripped.skill, tripped.tripwire, tripped.passed) == ("deploy", "t1", False)
    assert tripped.text == (
        "Not run: `/health` is a known mistake here (skill deploy, t1). It is /healthz. "
        "To run it all the same, send the identical call again."
    )


def test_the_text_is_short_whatever_the_skill_says() -> None:
    long = Armed("s" * 200, Tripwire("shell", ("x", "y " * 200 + "z"), say="word " * 200, id="t1"))
    tripped = objection(ToolCall("c", "shell", json.dumps({"command": "x " + "y " * 200 + "z"})), [long], [])
    assert tripped is not None
    assert len(tripped.text) <= MAX_TEXT
    assert tripped.text.endswith("send the identical call again.")
    assert "word word" in tripped.text


def test_the_identical_call_passes_once_it_is_sent_again_and_then_is_not_spoken_of() -> None:
    turn = Turn(wire("/health"))
    assert stopped(turn.say("curl h/health"))
    assert passed(turn.say("curl h/health"))
    assert turn.say("curl h/health") is None


def test_the_order_of_arguments_does_not_make_another_call() -> None:
    turn = Turn(wire("/health"))
    assert stopped(turn.say("curl h/health", timeout=3))
    again = ToolCall("x", "shell", '{"timeout":3,"command":"curl h/health"}')
    turn.step(again)
    assert passed(turn.check(again))


@pytest.mark.parametrize("other", ["curl -v h/health", "curl h/health "])
def test_another_matching_call_is_stopped_again(other: str) -> None:
    turn = Turn(wire("/health"))
    turn.say("curl h/health")
    assert stopped(turn.say(other))


def test_a_tripwire_stops_three_calls_of_a_turn_and_the_others_theirs() -> None:
    turn = Turn(wire("/health"), wire("-k", name="t2"), wire("/health", skill="other"))
    calls = [turn.say(f"curl -{number} h/health") for number in range(MOST_STOPS * 2 + 1)]
    assert [each.skill if each else "" for each in calls] == ["deploy"] * 3 + ["other"] * 3 + [""]
    assert stopped(turn.say("curl -k h"))


def test_the_same_call_twice_in_one_step_is_stopped_twice_for_nobody_has_insisted() -> None:
    turn = Turn(wire("/health"))
    one, two = (ToolCall(name, "shell", '{"command": "curl h/health"}') for name in "ab")
    turn.step(one, two)
    assert stopped(turn.check(one))
    turn.end(one, ok=False)
    assert stopped(turn.check(two))
    turn.end(two, ok=False)
    assert passed(turn.say("curl h/health"))


def test_a_call_that_was_stopped_when_the_process_ended_is_stopped_when_it_is_taken_up() -> None:
    turn = Turn(wire("/health"))
    call = ToolCall("a", "shell", '{"command": "curl h/health"}')
    turn.step(call)
    assert stopped(turn.check(call))
    assert stopped(turn.check(call))


def test_nothing_is_stopped_after_the_command_that_it_needs_has_succeeded() -> None:
    turn = Turn(wire("npm test", unless_after=["npm ci"]))
    assert stopped(turn.say("npm test"))
    turn.say("npm ci", ok=False)
    assert stopped(turn.say("npm test -- -x"))
    turn.say("npm ci")
    assert turn.say("npm test") is None  # heeded, not overridden
    assert turn.say("npm test -- -y") is None


def test_a_call_that_did_not_run_prepares_nothing() -> None:
    turn = Turn(wire("npm test", unless_after=["npm ci"]), wire("npm ci", name="t2"))
    assert stopped(turn.say("npm ci"))
    assert stopped(turn.say("npm test"))
    assert passed(turn.say("npm ci"))
    assert turn.say("npm test") is None


def test_a_retired_tripwire_stops_nothing() -> None:
    assert Turn(wire("/health", retired=True)).say("curl h/health") is None


def test_a_call_is_not_its_own_repetition_by_another_tool_or_with_other_arguments() -> None:
    turn = Turn(Armed("s", Tripwire("a", ("x",), id="t1")), Armed("s", Tripwire("b", ("x",), id="t2")))
    for name in "ab":
        call = ToolCall(name, name, '{"k": "x"}')
        turn.step(call)
        assert stopped(turn.check(call))


def test_a_malformed_call_is_nobodys_business() -> None:
    assert objection(ToolCall("c", "shell", '{"command": "/health'), [wire("/health")], []) is None


def test_tripwires_are_read_as_they_are_written_in_hone_yaml() -> None:
    tripwires, notes = tripwires_from(
        [
            {
                "id": "t3",
                "tool": "shell",
                "has": ["/health", " a  b "],
                "lacks": ["/healthz"],
                "unless_after": ["x"],
                "say": "Use /healthz",
                "evidence": ["e1", "e2"],
                "gotcha": "abc123",
                "retired": "Yes",
            }
        ]
    )
    assert notes == ()
    assert tripwires == (
        Tripwire(
            *("shell", ("/health", "a b"), ("/healthz",), ("x",), "Use /healthz"),
            *("t3", ("e1", "e2"), "abc123", True),
        ),
    )


@pytest.mark.parametrize(
    ("value", "kept", "note"),
    [
        (None, [], ""),
        ("", [], ""),
        ([], [], ""),
        ("x", [], "tripwires should be a list"),
        ({"id": "t1"}, [], "tripwires should be a list"),
        (["x"], [], "tripwire 1 is left out: it should be fields"),
        ([{"id": "t4", "tool": "shell"}], [], "tripwire t4 is left out: it has no `has`"),
        ([{"id": "t4", "tool": "shell", "has": [[], ""]}], [], "tripwire t4 is left out: it has no `has`"),
        ([{"has": ["x"]}], [], "tripwire t1 is left out: it has no `tool`"),
        ([{"id": "t1", "tool": "shell", "has": "x"}], ["t1"], ""),
        ([{"tool": "shell", "has": ["x"]}], ["t1"], "tripwire 1 has no id: t1 is assumed"),
        ([{"id": "t1", "tool": "a", "has": "x"}] * 2, ["t1", "t1"], "two tripwires have the id t1"),
        (
            [{"id": "t1", "tool": "a", "has": "x", "say": ["y"], "lacks": {"a": "b"}, "evidence": None}],
            ["t1"],
            "",
        ),
    ],
)
def test_what_is_malformed_is_a_note_and_never_an_error(value: object, kept: list[str], note: str) -> None:
    tripwires, notes = tripwires_from(value)
    assert [each.id for each in tripwires] == kept
    assert note in "; ".join(notes)
    assert bool(note) == bool(notes)
