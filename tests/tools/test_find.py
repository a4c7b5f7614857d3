"""`find` over real trees, with ripgrep and with the stand-in."""

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hone.safety.approve import Intent
from hone.safety.paths import PathPolicy
from hone.tools import find as find_module
from hone.tools import grep
from hone.tools.access import FileAccess, Refusal
from hone.tools.base import ToolOutput
from hone.tools.find import Find, find_tool
from hone.tools.globs import matcher

RG = shutil.which("rg")


@pytest.fixture(params=[pytest.param(True, marks=pytest.mark.skipif(RG is None, reason="no rg")), False])
def environ(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A PATH with git and, in one of two runs, ripgrep."""
    programs = tmp_path_factory.mktemp("bin")
    for name in ("git", "rg") if request.param else ("git",):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    return {"PATH": str(programs)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        "b.py": "import os\nprint('hello')\n",
        "a/z.py": "HELLO = 1\nhello = 2\r\n",
        "a.txt": "hello\n",
        ".github/ci.yml": "hello: ci\n",
        "node_modules/x.js": "hello\n",
        "debug.log": "hello\n",
        "data.bin": "hello\0",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def find(
    tree: Path, environ: dict[str, str], *, hidden: tuple[Path, ...] = (), **arguments: str
) -> ToolOutput:
    files = FileAccess(PathPolicy(workspace=tree, hidden=hidden), lambda: tree, environ)

    async def run() -> ToolOutput:
        return await find_tool(files).run(Find(**arguments))

    return asyncio.run(run())


def repository(tree: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    (tree / ".gitignore").write_text("*.log\n")


def test_names_come_in_order_without_generated_directories(tree: Path, environ: dict[str, str]) -> None:
    output = find(tree, environ)
    assert output.ok
    assert output.text.split("\n") == [".github/ci.yml", "a/z.py", "a.txt", "b.py", "data.bin", "debug.log"]


@pytest.mark.parametrize("pattern", ["a", "a/", "./a", "a/**"])
def test_a_pattern_that_names_a_directory_means_what_is_in_it(
    tree: Path, environ: dict[str, str], pattern: str
) -> None:
    assert find(tree, environ, pattern=pattern).text == "a/z.py"
    assert find(tree, environ, pattern=pattern, content="HELLO").text == "a/z.py:1: HELLO = 1"
    assert len(find(tree, environ, pattern=".").text.split("\n")) == 6


def test_ignored_files_are_left_out_of_a_repository(tree: Path, environ: dict[str, str]) -> None:
    repository(tree)
    (tree / "gone").touch()
    subprocess.run(["git", "-C", str(tree), "add", "gone"], check=True)
    (tree / "gone").unlink()
    names = find(tree, environ).text.split("\n")
    assert names == [".github/ci.yml", ".gitignore", "a/z.py", "a.txt", "b.py", "data.bin"]
    assert "debug.log" not in find(tree, environ, content="hello").text


def test_lines_are_found_by_content(tree: Path, environ: dict[str, str]) -> None:
    output = find(tree, environ, content="^hello")
    assert output.text.split("\n") == [
        ".github/ci.yml:1: hello: ci",
        "a/z.py:2: hello = 2",
        "a.txt:1: hello",
        "debug.log:1: hello",
    ]


def test_a_pattern_narrows_the_files_that_are_searched(tree: Path, environ: dict[str, str]) -> None:
    assert (
        find(tree, environ, pattern="*.py", content="hello").text
        == "a/z.py:2: hello = 2\nb.py:2: print('hello')"
    )
    assert find(tree, environ, pattern="a/*.py").text == "a/z.py"
    assert find(tree, environ, pattern=f"{tree}/a/*").text == "a/z.py"


def test_a_path_narrows_the_search_to_a_directory_or_a_file(tree: Path, environ: dict[str, str]) -> None:
    assert find(tree, environ, path="a").text == "a/z.py"
    assert find(tree, environ, path="node_modules").text == "node_modules/x.js"
    assert find(tree, environ, path="b.py").text == "b.py"
    assert find(tree, environ, path="b.py", content="os", pattern="*.c").text == "b.py:1: import os"


def test_an_ignored_directory_that_is_named_is_searched(tree: Path, environ: dict[str, str]) -> None:
    repository(tree)
    (tree / ".gitignore").write_text("a/\n")
    assert find(tree, environ, path="a").text == "a/z.py"


def test_nothing_found_is_no_failure(tree: Path, environ: dict[str, str]) -> None:
    for output in (find(tree, environ, content="absent"), find(tree, environ, pattern="*.rs")):
        assert output.ok
        assert output.text == "nothing found (ignored files are not searched)"


@pytest.mark.parametrize("content", ["foo(", "[a", "a{99999999999999}", "*"])
def test_a_bad_expression_is_a_failed_call_that_says_so(
    tree: Path, environ: dict[str, str], content: str
) -> None:
    output = find(tree, environ, content=content)
    assert not output.ok
    assert output.text.startswith("content is no regular expression: ")
    if content == "foo(":
        assert "position 3" in output.text


def test_hidden_paths_are_left_out(tree: Path, environ: dict[str, str]) -> None:
    output = find(tree, environ, content="^hello", hidden=(tree / "a", tree / "debug.log"))
    assert output.text.split("\n") == [".github/ci.yml:1: hello: ci", "a.txt:1: hello"]
    assert "is hidden" in find(tree, environ, path="a", hidden=(tree / "a",)).text


def test_many_hits_are_cut_with_their_number(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "f").write_text("x\n" * 1234)
    lines = find(tmp_path, environ, content="x").text.split("\n")
    assert len(lines) == 201
    assert lines[-1] == "[200 of 1,234; narrow pattern or path]"
    (tmp_path / "f").write_text("x\n" * 20_000)
    assert find(tmp_path, environ, content="x").text.endswith(
        "[200 of more than 10,000; narrow pattern or path]"
    )


def test_a_long_line_is_cut(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "f").write_text("x" * 3_000_000)
    output = find(tmp_path, environ, content="x")
    assert output.text == "f:1: " + "x" * 300 + "…"


def test_links_are_not_followed(tree: Path, environ: dict[str, str]) -> None:
    (tree / "loop").symlink_to(".")
    (tree / "a/copy").symlink_to("../b.py")
    assert find(tree, environ, path="a").text == "a/z.py"
    assert "loop" not in find(tree, environ).text


def test_a_path_that_is_absent_is_refused(tree: Path, environ: dict[str, str]) -> None:
    assert find(tree, environ, path="src/*.py").text.startswith("src/*.py does not exist; give a directory")


def test_a_search_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_text("a" * 60 + "b\n")
    monkeypatch.setattr(find_module, "_SECONDS", 1.0)
    output = find(tmp_path, {"PATH": ""}, content="(a+)+$")
    assert not output.ok
    assert output.text == "[stopped after 1 s; narrow pattern or path]"


def test_the_approvals_see_a_read(tmp_path: Path) -> None:
    files = FileAccess(PathPolicy(workspace=tmp_path), lambda: tmp_path, {})
    assert find_tool(files).intent(Find(path="a")) == Intent("read", str(tmp_path / "a"))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.py", "a/b/c.py", True),
        ("*.py", "c.pyc", False),
        ("*", "a/b", True),
        ("a/*.py", "a/c.py", True),
        ("a/*.py", "a/b/c.py", False),
        ("a/**/*.py", "a/c.py", True),
        ("a/**/*.py", "a/b/b/c.py", True),
        ("**/b/**", "a/b/c", True),
        ("**/b/**", "a/c", False),
        ("a/", "a/b/c", True),
        ("./a/b", "a/b", True),
        ("*.{ts,tsx}", "x/y.tsx", True),
        ("*.{ts,tsx}", "x/y.js", False),
        ("{a,b}/{c,d}", "b/c", True),
        ("[!a].c", "b.c", True),
        ("?.c", "ab.c", False),
        ("a.c", "abc", False),
        ("", "a", False),
    ],
)
def test_globs_match_as_people_expect(pattern: str, path: str, expected: bool) -> None:
    assert matcher(pattern)(path) == expected


def test_a_pattern_of_too_many_alternatives_is_refused() -> None:
    with pytest.raises(Refusal, match="more than 100 alternatives"):
        matcher("{a,b}" * 30)


def test_the_stand_in_leaves_out_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"one\r\ntwo\n")
    (tmp_path / "binary").write_bytes(b"one\0")
    names = [os.fsencode(tmp_path / name) for name in ("absent", "binary", "f")]
    assert list(grep.matching_lines(re.compile("o$|e$"), names)) == [
        names[2] + b"\x001:one\n",
        names[2] + b"\x002:two\n",
    ]


def test_the_stand_in_answers_a_bad_expression_as_ripgrep_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    assert grep.main("(", b"") == 2
    assert "position 0" in errors.getvalue()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out := io.BytesIO()))
    (tmp_path / "f").write_text("a\n")
    assert grep.main("a", os.fsencode(tmp_path / "f")) == 0
    assert out.getvalue().endswith(b"1:a\n")
