"""What the strict rules let through, the official validator accepts."""

from pathlib import Path
from typing import Any

import pytest
import skills_ref
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.skills.spec import lint, problems

GOOD = '---\nname: greet\ndescription: "Say hello. Use it to greet."\nmetadata:\n  author: "me"\n---\n\n# Greet\n'


def errors(text: str) -> list[str]:
    return [problem.message for problem in lint(text, "greet") if problem.level == "error"]


def official(root: Path, text: str) -> list[str]:
    directory = root / "greet"
    directory.mkdir(exist_ok=True)
    (directory / "SKILL.md").write_bytes(text.encode())
    found: list[str] = skills_ref.validate(directory)
    return found


def test_a_good_skill_has_no_problems(tmp_path: Path) -> None:
    assert lint(GOOD, "greet") == ()
    assert official(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Greet\n", "no frontmatter"),
        ("---\nname: greet\n", "not closed"),
        ("---\n{\n---\n", "not valid YAML"),
        ("---\nname: greet\n---\n", "description is missing"),
        ("---\nname: greet\ndescription: ''\n---\n", "description is missing"),
        (f"---\nname: greet\ndescription: {'d' * 1025}\n---\n", "1,024 are allowed"),
        ("---\ndescription: d\n---\n", "name is missing"),
        ("---\nname: hello\ndescription: d\n---\n", "differ"),
        (f"---\nname: {'a' * 65}\ndescription: d\n---\n", "64 are allowed"),
        *[
            (f"---\nname: {name}\ndescription: d\n---\n", "lower-case")
            for name in ("Greet", "a--b", "-a", "a-", "a_b")
        ],
        ("---\nname: greet\ndescription: d\nversion: 1\n---\n", "unknown field version"),
        (f"---\nname: greet\ndescription: d\ncompatibility: {'c' * 501}\n---\n", "1 to 500"),
        ("---\nname: greet\ndescription: d\nmetadata: {a: b}\n---\n", "block style"),
        ("---\nname: greet\ndescription: &a d\nlicense: *a\n---\n", "anchors"),
        ("---\nname: greet\ndescription: !!str d\n---\n", "tags"),
        ("---\nname: greet\ndescription: d\nname: greet\n---\n", "twice"),
        ("\ufeff" + GOOD, "byte order mark"),
    ],
)
def test_an_error_of_ours_is_one_of_the_official_validator(tmp_path: Path, text: str, message: str) -> None:
    assert any(message in error for error in errors(text)), errors(text)
    assert official(tmp_path, text)


def test_dashes_inside_are_an_error_because_other_readers_cut_there(tmp_path: Path) -> None:
    text = "---\nname: greet\ndescription: a --- b\n---\n"
    official(tmp_path, text)
    assert skills_ref.read_properties(tmp_path / "greet").description == "a"
    assert errors(text) == ["--- inside the frontmatter: other readers take it for its end"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"allowed-tools": ["a"]}, "allowed-tools must be one string"),
        ({"license": 1}, "license must be one string"),
        ({"compatibility": ""}, "1 to 500"),
        ({"metadata": "x"}, "metadata must map"),
        ({"metadata": {"a": {"b": "c"}}}, "metadata must map"),
    ],
)
def test_the_format_is_stricter_than_the_validator_where_it_says_so(
    fields: dict[str, Any], message: str
) -> None:
    found = problems({"name": "greet", "description": "d", **fields}, "greet", GOOD)
    assert [message in problem.message for problem in found] == [True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("\n", "\r\n"), "CR"),
        (GOOD + "x\n" * 500, "lines"),
        (GOOD + "x" * 20_001, "tokens"),
    ],
)
def test_advice_is_a_warning(text: str, message: str) -> None:
    found = lint(text, "greet")
    assert [problem.level for problem in found] == ["warning"]
    assert message in found[0].message


def test_text_that_is_no_yaml_is_an_error_even_if_fields_are_given() -> None:
    found = problems({"name": "greet", "description": "d"}, "greet", "---\n{\n---\n")
    assert [problem.message for problem in found] == ["the frontmatter is not valid YAML"]


scalars = st.text(alphabet="ab :#'\"-,[]{}&*!|>%@`?\\é0.\n", max_size=20)
fields_text = st.lists(
    st.tuples(st.sampled_from(["name", "description", "license", "metadata", "compatibility", "x"]), scalars),
    max_size=4,
).map(lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=fields_text | fields_text.map(lambda text: f"name: greet\ndescription: d\n{text}"))
def test_whatever_passes_here_passes_the_official_validator(tmp_path: Path, written: str) -> None:
    text = f"---\n{written}---\nbody\n"
    if not errors(text):
        assert official(tmp_path, text) == []
