"""`hone config set` changes one value and nothing else, or nothing at all."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hone.config.edit import set_value, write_scalar
from hone.config.load import load, variable
from hone.config.settings import Settings
from hone.config.yaml_file import Scalar, parse
from hone.errors import ConfigError, HomeError

SAMPLE = """\
providers:
  - name: a
    api_base: b
    api_key: ${KEY}          # ${NAME}, ${NAME:-default}
    models:
      - c
roles:                       # optional
  writer: [a:c, other:model] # a chain
learning:
  holdout: {run: 0.2, repl: 0}
approvals: {mode: auto}      # auto | ask
"""


def set_in(directory: Path, text: str, key: str, value: str) -> str:
    file = directory / "config.yaml"
    file.write_bytes(text.encode())
    set_value(file, key, value)
    return file.read_bytes().decode()


def value_in(directory: Path, key: str) -> object:
    return value_of(load({"HONE_HOME": str(directory)}).settings, key)


def value_of(settings: Settings, key: str) -> object:
    found: object = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(
    ("text", "key", "value", "result"),
    [
        ("learning:\n  mode: auto  # why\n", "learning.mode", "off", "learning:\n  mode: off  # why\n"),
        ("learning: {mode: 'auto'}", "learning.mode", "off", "learning: {mode: off}"),
        (
            "approvals: {mode: auto}  # x\n",
            "approvals.network",
            "no",
            "approvals: {mode: auto, network: no}  # x\n",
        ),
        ("learning: {}\n", "learning.mode", "off", "learning: {mode: off}\n"),
        ("{}", "learning.holdout.run", "0.5", "{learning: {holdout: {run: 0.5}}}"),
        ("", "learning.mode", "off", "learning:\n  mode: off\n"),
        ("# mine\n", "learning.mode", "off", "# mine\nlearning:\n  mode: off\n"),
        ("mcp: {}", "learning.mode", "off", "mcp: {}\nlearning:\n  mode: off\n"),
        (
            "learning:\n    mode: off  # a\n\n# b\nmcp: {}\n",
            "learning.daily_tokens",
            "5",
            "learning:\n    mode: off  # a\n    daily_tokens: 5\n\n# b\nmcp: {}\n",
        ),
        (
            "learning:\n  mode: off\n",
            "learning.holdout.run",
            "0",
            "learning:\n  mode: off\n  holdout:\n    run: 0\n",
        ),
        ("learning:  # a\n  # b\n", "learning.mode", "off", "learning:  # a\n  mode: off\n  # b\n"),
        ("learning:\n  mode:  # a\n", "learning.mode", "off", "learning:\n  mode: off  # a\n"),
        ("learning: {mode: }\n", "learning.mode", "off", "learning: {mode: off}\n"),
        ("roles:\n  main: [a, b] # x\n", "roles.main", "c", "roles:\n  main: c # x\n"),
        ("roles:\n  main: a\n", "roles.main", "b:c, d", "roles:\n  main: [b:c, d]\n"),
        (
            "web: {allow_private: []}",
            "web.allow_private",
            "localhost:80",
            "web: {allow_private: [localhost:80]}",
        ),
        ("roles: {main: a}", "roles.main", "a #b", 'roles: {main: "a #b"}'),
        ("roles: {main: a}", "roles.main", "null", 'roles: {main: "null"}'),
        ("limits:\n  steps: 5\n", "limits.steps", "none", "limits:\n  steps: none\n"),
        (
            "learning:\r\n  mode: off\r\n",
            "limits.usd",
            "1",
            "learning:\r\n  mode: off\r\nlimits:\r\n  usd: 1\r\n",
        ),
        ("\ufefflearning: {mode: off}\n", "learning.mode", "hold", "\ufefflearning: {mode: hold}\n"),
        (
            "mcp: {é: {}}\nlearning: {mode: off}\n",
            "learning.mode",
            "hold",
            "mcp: {é: {}}\nlearning: {mode: hold}\n",
        ),
        (
            "  learning:\n    mode: off",
            "limits.usd",
            "1",
            "  learning:\n    mode: off\n  limits:\n    usd: 1\n",
        ),
        (
            "roles:\n  main: |-\n    a\n\n# b\nmcp: {}\n",
            "roles.writer",
            "c",
            "roles:\n  main: |-\n    a\n  writer: c\n\n# b\nmcp: {}\n",
        ),
    ],
)
def test_one_value_changes_and_every_other_byte_stays(
    tmp_path: Path, text: str, key: str, value: str, result: str
) -> None:
    assert set_in(tmp_path, text, key, value) == result


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("approvals.mode", "ask"),
        ("approvals.network", "off"),
        ("learning.holdout.run", "1"),
        ("roles.writer", "a"),
    ],
)
def test_the_form_of_the_design_can_be_changed(tmp_path: Path, key: str, value: str) -> None:
    result = set_in(tmp_path, SAMPLE, key, value)

    changed = [new for old, new in zip(SAMPLE.splitlines(), result.splitlines(), strict=True) if old != new]
    assert len(changed) == 1
    assert changed[0].partition("#")[2] in SAMPLE


def test_a_new_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "home" / "config.yaml"

    set_value(file, "learning.mode", "off")

    assert file.read_text() == "learning:\n  mode: off\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_symlink_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.yaml"
    target.write_text("learning: {mode: off}")
    link = tmp_path / "config.yaml"
    link.symlink_to(target)

    set_value(link, "learning.mode", "hold")

    assert link.is_symlink()
    assert target.read_text() == "learning: {mode: hold}"


@pytest.mark.parametrize(
    ("text", "key", "value", "message"),
    [
        ("", "learning.mod", "off", 'unknown key "learning.mod"; did you mean learning.mode'),
        ("", "learning", "off", 'unknown key "learning"'),
        ("", "providers", "x", "providers is more than one value; edit .* by hand"),
        ("", "mcp", "x", "mcp is more than one value; edit .* by hand"),
        ("", "learning.mode", "never", 'learning.mode must be auto, hold or off, not "never"'),
        ("", "learning.daily_tokens", "many", 'learning.daily_tokens must be an integer, not "many"'),
        ("", "roles.main", "\udc80", "not valid text"),
        ("lerning: {}", "learning.mode", "off", r':1: unknown key "lerning"'),
        (
            "roles:\n  main:\n  - a\n",
            "roles.main",
            "b",
            ":2: roles.main stands on several lines; edit it by hand",
        ),
        (
            "roles:\n  main: >\n    a\n",
            "roles.main",
            "b",
            ":2: roles.main stands on several lines; edit it by hand",
        ),
        ("mcp: {}\n...\n", "learning.mode", "off", "cannot be changed safely in this file; edit it by hand"),
        ("~", "learning.mode", "off", "cannot be changed safely in this file; edit it by hand"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_changes(
    tmp_path: Path, text: str, key: str, value: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        set_in(tmp_path, text, key, value)

    assert (tmp_path / "config.yaml").read_text() == text


def test_a_file_that_cannot_be_read_is_a_home_error(tmp_path: Path) -> None:
    with pytest.raises(HomeError):
        set_value(tmp_path, "learning.mode", "off")


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda text: "," not in text and text.strip() == text
)
CHANGES = (
    st.tuples(st.just("learning.mode"), st.sampled_from(["auto", "hold", "off"]))
    | st.tuples(st.just("learning.daily_tokens"), st.integers(0, 10**9).map(str))
    | st.tuples(st.just("limits.usd"), st.floats(0, 1e9).map(str) | st.just("none"))
    | st.tuples(st.just("approvals.network"), st.sampled_from(["yes", "off", "true", "0"]))
    | st.tuples(st.sampled_from(["roles.main", "roles.judge"]), WORDS)
)
SECTIONS = st.permutations(
    [
        "learning:\n  mode: off  # one\n",
        "# a comment\n",
        "\n",
        "roles: {main: a, writer: [b, 'c d']}\n",
        "limits:\n    steps: 3\n\n    # inner\n    tokens: ~\n",
        "approvals:\n",
        'mcp:\n  "é":\n    command: |\n      x\n      y\n',
    ]
).map("".join)


@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=SECTIONS, change=CHANGES)
def test_what_was_set_is_read_back_and_the_other_lines_stay(
    tmp_path: Path, text: str, change: tuple[str, str]
) -> None:
    key, value = change

    result = set_in(tmp_path, text, key, value)

    if key.startswith("roles"):
        assert value_in(tmp_path, key) == value
    else:
        expected = load({"HOME": str(tmp_path), variable(key): value}).settings
        assert value_in(tmp_path, key) == value_of(expected, key)
    assert len(set(text.splitlines()) - set(result.splitlines())) <= 1


@given(text=st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_is_written_on_one_line_that_reads_back(text: str) -> None:
    written = write_scalar(text)

    (node,) = parse(f"key: {written}\n", "x").items.values()
    assert isinstance(node, Scalar)
    assert node.text == text
    assert "\n" not in written
    assert not node.is_null
