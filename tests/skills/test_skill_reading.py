"""Skills of others load if their meaning is clear; what cannot be read says why, and nothing ever raises."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.errors import UsageError
from hone.skills.read import MAX_BYTES, Diagnostic, Skill, read_body, read_skill


def write(root: Path, text: str | bytes, sidecar: str | bytes | None = None, name: str = "greet") -> Path:
    directory = root / name
    directory.mkdir(exist_ok=True)
    (directory / "SKILL.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    if sidecar is not None:
        (directory / "hone.yaml").write_bytes(sidecar if isinstance(sidecar, bytes) else sidecar.encode())
    return directory


def loaded(root: Path, text: str | bytes, sidecar: str | bytes | None = None) -> Skill:
    skill = read_skill(write(root, text, sidecar))
    assert isinstance(skill, Skill), skill
    return skill


GOOD = "---\nname: greet\ndescription: Say hello. Use it to greet.\n---\n\n# Greet\n"


def test_a_good_skill_loads_without_notes(tmp_path: Path) -> None:
    skill = loaded(tmp_path, GOOD)
    assert (skill.name, skill.description) == ("greet", "Say hello. Use it to greet.")
    assert (skill.source, skill.trusted, skill.status, skill.scope) == ("home", True, "proven", "all")
    assert skill.path == tmp_path / "greet/SKILL.md"
    assert skill.notes == ()
    assert skill.changed == skill.path.stat().st_mtime_ns


@pytest.mark.parametrize(
    ("text", "name", "description", "note"),
    [
        ("---\nname: other\ndescription: d\n---\n", "other", "d", "the directory is named 'greet'"),
        (f"---\nname: {'a' * 65}\ndescription: d\n---\n", "a" * 65, "d", "longer than 64"),
        ("---\nname: My Skill\ndescription: d\n---\n", "My Skill", "d", "lower-case"),
        ("---\ndescription: d\n---\n", "greet", "d", "no name"),
        ("---\nname:\n- x\ndescription: d\n---\n", "greet", "d", "no name"),
        (f"---\nname: greet\ndescription: {'d' * 1025}\n---\n", "greet", "d" * 1025, "longer than 1,024"),
        ("---\nname: greet\ndescription: Use: when: you\n---\n", "greet", "Use: when: you", "unquoted colon"),
        (
            "---\nname: greet\ndescription: `x` does\n  more: y\n---\n",
            "greet",
            "`x` does more: y",
            "unquoted",
        ),
        ("---\nname: greet\ndescription: d\nversion: 1\n---\n", "greet", "d", "unknown fields: version"),
        (
            "---\nname: greet\ndescription: d\nallowed-tools: [a, b]\n---\n",
            "greet",
            "d",
            "allowed-tools is a list",
        ),
        (
            "# T\n\nIntro.\n\n## When to use\n\nTo greet\nsomeone.\n\nMore",
            "greet",
            "To greet someone.",
            "no frontm",
        ),
        ("# T\n\nIntro.\n\n## Steps\n", "greet", "Intro.", "no frontmatter"),
        ("## When to use\n## Steps\n\nDo it.", "greet", "Do it.", "no frontmatter"),
    ],
)
def test_lenient_reading_says_what_it_put_right(
    tmp_path: Path, text: str, name: str, description: str, note: str
) -> None:
    skill = loaded(tmp_path, text)
    assert (skill.name, skill.description) == (name, description)
    assert note in "; ".join(skill.notes)


@pytest.mark.parametrize(
    ("text", "description"),
    [
        (b"\xef\xbb\xbf" + GOOD.encode(), "Say hello. Use it to greet."),
        (GOOD.replace("\n", "\r\n"), "Say hello. Use it to greet."),
        ("---\nname: greet\ndescription: a --- b\n---\n", "a --- b"),
        ("---\nname: greet\ndescription: |\n  two\n  lines\n---\n", "two lines"),
        ("---\nname: greet\ndescription: [a, b]\n---\n", "a b"),
        ("---\nname: greet\ndescription: yes\n---\n", "yes"),
        (
            "---\nname: greet\ndescription: hid\u200bden \u001b[31m\n---\n".replace("\u001b", ""),
            "hidden [31m",
        ),
    ],
)
def test_form_that_means_nothing_is_accepted_silently(
    tmp_path: Path, text: str | bytes, description: str
) -> None:
    skill = loaded(tmp_path, text)
    assert (skill.description, skill.notes) == (description, ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\nname: greet\n---\n", "no description"),
        ("---\nname: greet\ndescription: ' '\n---\n", "no description"),
        ("---\nname: greet\ndescription:\n  a: b\n---\n", "no description"),
        ("---\n---\ntext", "no description"),
        ("", "no description"),
        ("# Only\n## Headings\n", "no description"),
        ("---\nname: greet\n", "not closed"),
        ("---\nname: greet\n text\n\t- {\n---\n", "not valid YAML"),
        ("---\nname: greet\ndescription: [a\n---\n", "not valid YAML"),
        ("---\nname: [x\ndescription: d\n---\n", "not valid YAML"),
        ("---\nname: greet\ndescription: 'a: b\n---\n", "not valid YAML"),
        ("---\nname: [x\ndescription: Use: it\n---\n", "not valid YAML"),
        ("---\n- {\n---\n", "not valid YAML"),
        ("---\n- a\n---\n", "must be fields"),
        ("---\n[[[\n---\n", "not valid YAML"),
        ("---\n" + "- " * 900 + "\n---\n", "not valid YAML"),
        ("---\n" + "- " * 30_000 + "\n---\n", "nested deeper"),
        ("---\ndescription: " + "a" * 70_000 + "\n---\n", "longer than 65,536"),
        (b"---\nname: \xff\ndescription: d\n---\n", "not UTF-8"),
        (b"a" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_cannot_be_read_is_skipped_with_the_reason(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    found = read_skill(write(tmp_path, text))
    assert isinstance(found, Diagnostic)
    assert (found.path, found.level) == (str(tmp_path / "greet/SKILL.md"), "error")
    assert reason in found.message


def test_a_yaml_bomb_stays_small(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    found = read_skill(write(tmp_path, f"---\n{bomb}name: greet\ndescription: d\n---\n"))
    assert isinstance(found, Skill)


def test_a_missing_file_a_directory_and_a_named_pipe_are_diagnostics(tmp_path: Path) -> None:
    (tmp_path / "folder" / "SKILL.md").mkdir(parents=True)
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "SKILL.md")
    for name, reason in [
        ("none", "cannot be read"),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
    ]:
        found = read_skill(tmp_path / name)
        assert isinstance(found, Diagnostic)
        assert reason in found.message


@pytest.mark.parametrize(
    ("sidecar", "status", "scope", "pinned"),
    [
        (
            "v: 1\nstatus: trial\nscope: project:a-12345678\npinned: true\n",
            "trial",
            "project:a-12345678",
            True,
        ),
        ("status: retired\nwhatever: {x: 1}\npins: []\n", "retired", "all", False),
        ("", "proven", "all", False),
        ("pinned: on", "proven", "all", True),
    ],
)
def test_hone_yaml_gives_status_scope_and_pin(
    tmp_path: Path, sidecar: str, status: str, scope: str, pinned: bool
) -> None:
    skill = loaded(tmp_path, GOOD, sidecar)
    assert (skill.status, skill.scope, skill.pinned, skill.notes) == (status, scope, pinned, ())


@pytest.mark.parametrize(
    ("sidecar", "note"),
    [
        ("status: great", "status should be"),
        ("status: [trial]", "status should be"),
        ("scope: here", "scope should be"),
        ("scope: {}", "scope should be"),
        ("{", "not valid YAML"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_wrong_hone_yaml_is_noted_and_the_skill_loads(
    tmp_path: Path, sidecar: str | bytes, note: str
) -> None:
    skill = loaded(tmp_path, GOOD, sidecar)
    assert (skill.status, skill.scope) == ("proven", "all")
    assert note in skill.notes[0]


def test_the_body_is_read_anew_and_without_frontmatter(tmp_path: Path) -> None:
    skill = loaded(tmp_path, GOOD)
    skill.path.write_text("---\nname: greet\ndescription: d\n---\nNew.\n")
    assert read_body(skill) == "New.\n"
    skill.path.unlink()
    with pytest.raises(UsageError, match=r"greet/SKILL\.md: cannot be read"):
        read_body(skill)


yaml_like = st.text(alphabet="-: \n#'\"[]{}&*!|>%@`abcdescriptionname\t\r\x00\u2028é", max_size=200)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.binary(max_size=300)
    | yaml_like.map(lambda part: f"---\n{part}\n---\nbody".encode())
    | yaml_like.map(lambda part: f"---\nname: greet\ndescription: {part}\n---\nbody".encode()),
    sidecar=st.binary(max_size=100) | yaml_like.map(str.encode),
)
def test_any_bytes_are_a_skill_or_a_diagnostic_and_stay_as_they_are(
    tmp_path: Path, text: bytes, sidecar: bytes
) -> None:
    directory = write(tmp_path, text, sidecar)
    found = read_skill(directory)
    if isinstance(found, Skill):
        assert found.name
        assert found.description
        assert "\n" not in found.name + found.description
        assert isinstance(read_body(found), str)
    else:
        assert found.message
    assert (directory / "SKILL.md").read_bytes() == text
    assert (directory / "hone.yaml").read_bytes() == sidecar
