"""A new skill is in the strict form whatever the words are, and says them."""

from pathlib import Path
from typing import Any

import pytest
import skills_ref
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.skills_ref_check import assert_valid_skill, assert_valid_skills

from hone.errors import UsageError
from hone.skills import frontmatter as fm
from hone.skills.markdown import clean
from hone.skills.outline import outline
from hone.skills.render import render_skill
from hone.skills.spec import lint

PLAIN: dict[str, Any] = {
    "title": "Deploy to staging",
    "description": "Deploy the shop to staging. Use it when a release is tested.",
    "when_to_use": "When the shop goes to staging.",
    "steps": ["Build", "Deploy"],
    "gotchas": ["The health check is at `/healthz`"],
}

DEPLOY = """\
---
name: deploy
description: "Deploy the shop to staging. Use it when a release is tested."
---

# Deploy to staging

## When to use

When the shop goes to staging.

## Steps

1. Build
2. Deploy

## Gotchas

- The health check is at `/healthz`
"""


def render(**fields: Any) -> str:
    return render_skill("deploy", **(PLAIN | fields))


def said(text: str, kind: Any) -> list[str]:
    page = outline(text)
    return [page.text(item, item.end) for section in page.of(kind) for item in section.listed]


def test_a_skill_has_a_title_and_its_sections() -> None:
    assert render() == DEPLOY


def test_a_section_that_would_be_empty_is_left_out() -> None:
    text = render(gotchas=[], when_to_use=" ", steps=[])
    assert text.endswith("---\n\n# Deploy to staging\n")


@pytest.mark.parametrize(
    ("step", "written"),
    [
        ("Build:\n```sh\nnpm ci\n\n# all\n```", "1. Build:\n   ```sh\n   npm ci\n\n   # all\n   ```\n"),
        ("1. Build", "1. Build\n"),
        ("- Build", "1. Build\n"),
        ("-v is needed", "1. -v is needed\n"),
        ("---", "1. \\---\n"),
        ("- - -", "1. \\- - -\n"),
        ("# Build", "1. # Build\n"),
        ("a\r\nb\rc", "1. a\n   b\n   c\n"),
        ("```\nopen", "1. ```\n   open\n   ```\n"),
        ("<!-- open", "1. <!-- open\n   -->\n"),
        ("do\n- ~~~\n  open", "1. do\n   - ~~~\n     open\n   ~~~\n"),
        ("a\x00\x1b[31mb\ud800", "1. a[31mb\ufffd\n"),
    ],
)
def test_a_step_stays_one_item(step: str, written: str) -> None:
    text = render(steps=[step, "next"], gotchas=[])
    assert text.partition("## Steps\n\n")[2] == f"{written}2. next\n"
    assert len(said(text, "steps")) == 2


@pytest.mark.parametrize(
    ("when", "written"),
    [
        ("## Steps\nfoo", "\\## Steps\nfoo"),
        ("foo\n---\n===", "foo\n\\---\n\\==="),
        ("```\n# code", "```\n# code\n```"),
        ("<!--\n## Steps", "<!--\n## Steps\n-->"),
        ("- a\n- b", "- a\n- b"),
    ],
)
def test_the_text_on_when_to_use_cannot_end_its_section(when: str, written: str) -> None:
    text = render(when_to_use=when)
    assert text == DEPLOY.replace("When the shop goes to staging.", written)
    assert [section.kind for section in outline(text).sections] == ["when", "steps", "gotchas"]


@pytest.mark.parametrize(
    "description",
    [
        'say "it": #1',
        "a --- b ---- c ----- d ------ e",
        "- x",
        "{a}",
        "\\n",
        "\ufeffx\uffff",
        "👩‍💻 ok",
        "x" * 1024,
    ],
)
def test_the_description_is_read_as_it_was_given(tmp_path: Path, description: str) -> None:
    text = render(description=description)
    assert fm.parse_mapping(fm.split(text).frontmatter or "")["description"] == description
    write(tmp_path, text)
    assert skills_ref.read_properties(tmp_path / "skills" / "deploy").description == description.strip()


def test_the_title_is_one_line_and_by_default_the_name() -> None:
    assert "\n# Ship it now\n" in render(title="# Ship it\nnow")
    assert "\n# deploy\n" in render(title=" # ")


@pytest.mark.parametrize("name", ["on", "null", "123", "y"])
def test_a_name_that_yaml_takes_for_something_else_is_quoted(name: str) -> None:
    assert f'name: "{name}"\n' in render_skill(name, **PLAIN)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"description": "x" * 1025}, "1,024 are allowed"),
        ({"description": " \n"}, "description is missing"),
        ({"steps": [" "]}, "no text"),
        ({"gotchas": ["\n"]}, "no text"),
    ],
)
def test_what_the_format_does_not_allow_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        render(**fields)


def test_how_long_a_skill_may_be_is_not_decided_here() -> None:
    assert [problem.level for problem in lint(render(steps=["a"] * 600), "deploy")] == ["warning"]


@pytest.mark.parametrize("name", ["Deploy", "a b", "", "x" * 65, "a\nlicense: b", "é"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        render_skill(name, **PLAIN)


texts = st.text(max_size=60) | st.text(alphabet="-*+#`~<!-> \n\t1.)'\":ab\\{}[]|&%@\r", max_size=60)
words = texts.filter(lambda text: bool(clean(text).strip()))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_the_words_are_the_skill_is_valid(tmp_path: Path, data: st.DataObject) -> None:
    steps, gotchas = data.draw(st.lists(words, max_size=4)), data.draw(st.lists(words, max_size=4))
    fields = {
        "title": data.draw(texts),
        "when_to_use": data.draw(texts),
        "description": f"d {data.draw(texts)}",
    }
    text = render(steps=steps, gotchas=gotchas, **fields)
    assert lint(text, "deploy") == ()
    write(tmp_path, text)
    assert_valid_skill(tmp_path / "skills" / "deploy")
    assert_valid_skills(tmp_path)
    assert len(said(text, "steps")) == len(steps)
    assert len(said(text, "gotchas")) == len(gotchas)


def write(home: Path, text: str) -> None:
    path = home / "skills" / "deploy" / "SKILL.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
