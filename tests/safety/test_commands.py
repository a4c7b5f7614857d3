"""How shell lines are read into simple commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.safety.commands import Command, Redirect, parse, positionals


def words_of(line: str) -> list[tuple[str | None, ...]]:
    return [command.words for command in parse(line).commands]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ls -l 'a b' \"c d\" e\\ f", [("ls", "-l", "a b", "c d", "e f")]),
        ("a && b || c; d & e | f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("(a; { b; })", [("a",), ("b",)]),
        ("for i in x; do a $i; done", [("a", None)]),
        ("if a; then b; else c; fi", [("a",), ("b",), ("c",)]),
        ("echo $(a `b`)", [("echo", None), ("a", None), ("b",)]),
        ('echo "x $(a)"', [("echo", None), ("a",)]),
        ("cat <<E\n$(a)\nE", [("cat",), ("a",)]),
        ("diff <(a) b", [("diff", None, "b"), ("a",)]),
        ("r''m 'x'\"y\"", [("rm", "xy")]),
        ("\\rm x", [("rm", "x")]),
        ("echo {a,b} a{1..3} {} ~me ~/x *.py", [("echo", None, None, None, None, "~/x", "*.py")]),
        ("echo $'a' $'\\x61'", [("echo", "a", None)]),
        ("! time a", [("a",)]),
        ("bash -lc 'a && b c'", [("a",), ("b", "c")]),
        ("sh -c \"sh -c 'a'\"", [("a",)]),
        ("eval 'a b' c", [("a", "b", "c")]),
        ("bash script.sh x", [("bash", "script.sh", "x")]),
        ("find . -name x -exec a {} b \\;", [("find", ".", "-name", "x", "-exec", "a", None, "b", ";"), ("a", None, "b")]),
        ("[ -f x ] && [[ -d $(a) ]]", [("a",)]),
        ("export A=1", [("export", None), ()]),
        ("", []),
        ("# a comment", []),
    ],
)  # fmt: skip
def test_a_line_is_its_simple_commands(line: str, expected: list[tuple[str | None, ...]]) -> None:
    assert words_of(line) == expected
    assert parse(line).unknown == ()


@pytest.mark.parametrize(
    ("line", "wrappers", "words"),
    [
        ("sudo -u me -E a b", ("sudo",), ("a", "b")),
        ("timeout -k 5 --signal=KILL 10 a", ("timeout",), ("a",)),
        ("nice -n 5 nohup a", ("nice", "nohup"), ("a",)),
        ("xargs -0 -n1 -I {} a {}", ("xargs",), ("a", None, None)),
        ("xargs", ("xargs",), ("echo", None)),
        ("env -u X -i a", ("env",), ("a",)),
        ("command a", ("command",), ("a",)),
        ("command -- a", ("command",), ("a",)),
    ],
)
def test_a_wrapper_is_seen_through(
    line: str, wrappers: tuple[str, ...], words: tuple[str | None, ...]
) -> None:
    (command,) = parse(line).commands
    assert (command.wrappers, command.words) == (wrappers, words)


def test_looking_up_a_command_is_not_running_it() -> None:
    assert words_of("command -v a") == [("command", "-v", "a")]
    assert words_of("sudo") == [("sudo",)]


def test_variables_that_are_set_are_known_by_name() -> None:
    assert parse("A=1 env B=2 c").commands == (Command(("c",), ("A", "B"), ("env",)),)
    assert parse("A=$(b)").commands == (Command((), ("A",)), Command(("b",)))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a > x 2>> 'y z' < in", [(">", "x"), (">>", "y z"), ("<", "in")]),
        ("a 2>&1 >&2 2>&-", []),
        ("a &> $X", [("&>", None)]),
        ("(a) > x", [(">", "x")]),
        ("a >& x", [(">&", "x")]),
    ],
)
def test_redirections_to_files_are_seen(line: str, expected: list[tuple[str, str | None]]) -> None:
    assert parse(line).redirects == tuple(Redirect(*pair) for pair in expected)


@pytest.mark.parametrize(
    "line",
    [
        "$X a",
        "`a` b",
        "l? a",
        "a | bash",
        "bash -s < x",
        "bash -c \"$X\"",
        "eval $X",
        "f() { a; }; f",
        "if a; then",
        "a 'b",
        "a\0b",
        "gi\\\nt push",
        "env -S 'a b'",
        "(" * 500 + "a" + ")" * 500,
        "sh -c '" * 30,
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_said_to_be_unknown(line: str) -> None:
    assert parse(line).unknown


@given(st.text(alphabet="ab $`'\"(){}<>|&;\\\n-=*~[]!#", max_size=60) | st.text(max_size=40))
def test_any_text_is_read_without_an_error(line: str) -> None:
    parse(line)


def test_options_and_their_values_are_told_from_other_words() -> None:
    with_value = frozenset({"-o", "--output", "-H"})
    words = ("-s", "a", "-o", "x", "-so", "y", "--output", "z", "--output=z", "-oq", "-", "--", "-b", None)
    assert positionals(words, with_value) == ["a", "-", "-b", None]
