"""What manifests say, and how versions are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import UsageError
from hone.skills.facts.digest import digest, digest_of_file
from hone.skills.facts.manifests import is_manifest, read_manifest, version_specs
from hone.skills.facts.versions import Range, differ, exactly, read_range, written


@pytest.mark.parametrize(
    ("spec", "expected", "short"),
    [
        ("18", Range((18, 0), (19, 0)), "18"),
        ("18.2.1", Range((18, 2), (18, 3)), "18.2"),
        ("v18.2", Range((18, 2), (18, 3)), "18.2"),
        ("18.x", Range((18, 0), (19, 0)), "18"),
        ("==3.1.*", Range((3, 1), (3, 2)), "3.1"),
        ("^18.2.0", Range((18, 2), (19, 0)), "18.2"),
        ("^0.3.1", Range((0, 3), (0, 4)), "0.3"),
        ("^0", Range((0, 0), (1, 0)), "0"),
        ("~1.2.3", Range((1, 2), (1, 3)), "1.2"),
        ("~=1.2", Range((1, 2), (2, 0)), "1.2"),
        ("~=1.2.3", Range((1, 2), (1, 3)), "1.2"),
        (">=2.16,<3", Range((2, 16), (3, 0)), "2.16 <3"),
        (">= 2.16, < 3.0.0", Range((2, 16), (3, 0)), "2.16 <3.0"),
        ("<3.2.5", Range((0, 0), (3, 3)), "<3.2"),
        ("<=3.2", Range((0, 0), (3, 3)), "<3.2"),
        (">1.4", Range((1, 4)), "1.4"),
        (">=1.4,!=1.5.1", Range((1, 4)), "1.4"),
        ("^16 || ^18", Range((16, 0), (19, 0)), "16"),
        ("^16 || >=18", Range((16, 0)), "16"),
        ("*", None, None),
        ("", None, None),
        ("!=1.5", None, None),
        ("git+https://example.org/x@1.2", None, None),
        ("1" * 300, None, None),
    ],
)
def test_a_version_is_read_as_a_range_of_majors_and_minors(
    spec: str, expected: Range | None, short: str | None
) -> None:
    assert read_range(spec) == expected
    assert written(spec) == short


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("18.2", "18.2", False),
        ("18.2", "18", False),
        ("18", "18.4", False),
        ("18.2", "18.3", True),
        ("18", "19", True),
        ("2.16 <3", "2.16 <4", True),
        ("2.16 <3", "2.16", True),
        ("<3", "3", True),
    ],
)
def test_versions_differ_by_what_both_name(old: str, new: str, expected: bool) -> None:
    assert differ(old, new) is expected
    assert differ(new, old) is expected


def test_ranges_meet_where_a_version_is_in_both() -> None:
    assert Range((3, 11)).meets(exactly("3.12"))
    assert not Range((3, 11)).meets(exactly("3.10"))
    assert Range((3, 11)).meets(exactly("3"))
    assert not exactly("18").meets(exactly("17.9"))


@given(spec=st.text(alphabet="0123456789.^~<>=!| ,xv*-", max_size=40))
def test_any_text_as_a_version_is_read_or_none(spec: str) -> None:
    found = read_range(spec)
    assert (written(spec) is None) is (found is None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("package.json", True),
        ("web/package.json", True),
        ("Makefile", True),
        ("docker/Dockerfile.prod", True),
        ("api.Dockerfile", True),
        ("docker-compose.override.yml", True),
        (".github/workflows/ci.yaml", True),
        (".gitlab-ci.yml", True),
        ("ci.yml", False),
        ("package-lock.json", False),
        ("README.md", False),
    ],
)
def test_which_files_are_manifests(path: str, expected: bool) -> None:
    assert is_manifest(path) is expected


def test_another_file_is_no_manifest() -> None:
    with pytest.raises(UsageError, match="no manifest"):
        read_manifest("x.json", "{}")
    assert version_specs("Makefile", "a:\n") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b: c\n\tx\n", {"targets.a", "targets.b"}),
        ("a: ; echo x\n", {"targets.a"}),
        ("a::\n\tx\n", {"targets.a"}),
        ("A := b\nC ::= d\nE = f:g\nH ?= x\n", set()),
        ("a: X = y\n", set()),
        (".PHONY: a\n%.o: %.c\n$(X): y\n", set()),
        ("define x\na: b\nendef\nb:\n", {"targets.b"}),
        ("ifeq (a,b)\na: b\nendif\n", {"targets.a"}),
        ("a \\\n  b: c\n", {"targets.a", "targets.b"}),
        ("# a: b\n\tstray\n", set()),
        ("just words\n", set()),
    ],
)
def test_which_targets_a_makefile_has(text: str, expected: set[str]) -> None:
    assert set(read_manifest("Makefile", text)) == expected


def test_a_makefile_says_what_a_target_does_and_not_how_it_is_laid_out() -> None:
    def target(text: str) -> str:
        return read_manifest("Makefile", text)["targets.a"]

    assert target("a: b c\n\tx  y\n") == target("a: c b # mine\n\n\t# z\n\tx y\n") == target("a: b c; x y\n")
    assert target("a: b\n\tx \\\n\t  y\n") == target("a: b\n\tx y\n")
    assert target("a: b\n\tx\n") != target("a: b\n\ty\n")


def test_a_dockerfile_says_its_stages_its_base_and_ports() -> None:
    text = """\
ARG BASE=x
from --platform=linux/amd64 python:3.11.4-slim@sha256:00 as Build
EXPOSE 1
FROM build
RUN x \\
  && y
EXPOSE 9090/tcp 80
expose 443
"""
    assert read_manifest("Dockerfile", text) == {
        "stage.build": "python:3.11-slim",
        "base": "python:3.11-slim",
        "expose": "443 80 9090/tcp",
    }
    assert read_manifest("Dockerfile", "# nothing\nFROM\n") == {}


def test_a_workflow_job_is_what_it_runs() -> None:
    def job(text: str) -> str:
        return read_manifest(".github/workflows/x.yml", f"jobs:\n  a:\n{text}")["jobs.a"]

    assert job("    uses: ./x.yml@v1\n") == job("    uses: ./x.yml@v2\n")
    assert job("    steps: [{run: x, name: y}]\n") == job("    steps: [{run: x}, {name: z}]\n")
    assert job("    needs: b\n") != job("    needs: c\n")
    assert read_manifest(".github/workflows/x.yml", "jobs: [a]\n") == {}


def test_a_job_of_gitlab_is_told_from_what_stands_beside_it() -> None:
    text = "stages: [a]\nimage: {name: x}\n.hidden: {script: x}\nvariables: {A: b}\nship: {script: x}\n"
    assert set(read_manifest(".gitlab-ci.yml", text)) == {"jobs.ship"}


def test_python_dependencies_are_found_wherever_they_are_written() -> None:
    text = """\
[project]
dependencies = ["A_b.c[x,y]>=1.2 ; python_version > '3'", "(odd", 3]
optional-dependencies = {x = ["d (>=2)"], y = "no list"}
[dependency-groups]
dev = ["e==3.1", {include-group = "x"}]
[tool.uv]
dev-dependencies = ["f"]
[tool.poetry]
scripts = {p = "a:b"}
[tool.poetry.dependencies]
python = "^3.11"
g = {version = "^4.1"}
[tool.poetry.group.t.dependencies]
h = "5.0"
[tool.poetry.dev-dependencies]
i = ["6"]
"""
    assert version_specs("pyproject.toml", text) == {
        "a-b-c": ">=1.2",
        "d": ">=2",
        "e": "3.1",
        "f": "",
        "g": "^4.1",
        "h": "5.0",
        "i": "",
        "python": "^3.11",
    } | {"e": "==3.1"}
    said = read_manifest("pyproject.toml", text)
    assert said["requires-python"] == "3.11"
    assert said["scripts.p"] == digest("a:b")
    assert said["dependencies.f"] == digest("")


def test_javascript_dependencies_count_before_those_of_development() -> None:
    text = '{"dependencies": {"@a/b": "^1.2.3"}, "devDependencies": {"@a/b": "2", "C": 3}, "engines": {"node": "20"}}'
    assert version_specs("package.json", text) == {"@a/b": "^1.2.3", "node": "20"}
    assert read_manifest("package.json", text)["dependencies.@a/b"] == "1.2"


@pytest.mark.parametrize("name", ["package.json", "pyproject.toml", "compose.yml", "Dockerfile", "Makefile"])
@given(text=st.text(alphabet='{}[]":,=\n\tab- &*\\#', max_size=60))
def test_any_text_is_read_or_refused_in_one_way(name: str, text: str) -> None:
    try:
        said = read_manifest(name, text)
    except UsageError:
        return
    assert all(isinstance(value, str) for value in said.values())


def test_a_value_nested_too_deep_is_refused() -> None:
    value: list[object] = []
    for _ in range(40):
        value = [value]
    with pytest.raises(UsageError, match="deeper than 30"):
        digest(value)


@pytest.mark.parametrize(
    ("path", "one", "other", "same"),
    [
        ("a.sh", b"#!/bin/sh\nx\n", b"#!/bin/sh\r\n# y\r\n\r\nx  \r\n", True),
        ("a.sh", b"#!/bin/sh\nx\n", b"#!/bin/bash\nx\n", False),
        ("run", b"#!/bin/sh\nx\n", b"#!/bin/sh\n# y\nx\n", True),
        ("a.js", b"#!/usr/bin/env node\nx\n", b"#!/usr/bin/env node\n# y\nx\n", False),
        ("a.c", b"x\n", b"# define y\nx\n", False),
        ("a.py", b"if x:\n  y\n", b"if x:\n    y\n", False),
        ("a.bin", b"\0a\n", b"\0a\n\n", False),
    ],
)
def test_of_a_text_file_what_it_says_counts(path: str, one: bytes, other: bytes, same: bool) -> None:
    assert (digest_of_file(path, one) == digest_of_file(path, other)) is same
