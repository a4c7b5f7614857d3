"""`read` and `write` on real files."""

import asyncio
import os
import resource
import stat
from pathlib import Path

import pytest

from hone.safety.approve import Intent
from hone.safety.paths import PathPolicy
from hone.tools.access import FileAccess, decode
from hone.tools.base import ToolOutput
from hone.tools.files import MAX_CHARS, Read, Write, excerpt, file_tools


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return workspace


def call(workspace: Path, arguments: Read | Write) -> ToolOutput:
    policy = PathPolicy(workspace=workspace, hidden=(workspace.parent / "keys",))
    files = FileAccess(policy, lambda: workspace, {})
    (tool,) = (tool for tool in file_tools(files) if tool.arguments is type(arguments))

    async def run() -> ToolOutput:
        return await tool.run(arguments)

    return asyncio.run(run())


def read(workspace: Path, data: bytes, **arguments: int) -> str:
    (workspace / "f").write_bytes(data)
    return call(workspace, Read("f", **arguments)).text


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"a\nb\n", "a\nb"),
        (b"a\r\nb", "a\nb"),
        (b"", "[empty]"),
        (b"\xef\xbb\xbfa", "a"),
        ("ä".encode("utf-16"), "ä"),
        ("ä".encode("utf-32"), "ä"),
        (b"caf\xe9", "caf�"),
    ],
)
def test_a_text_is_shown_whatever_its_encoding(workspace: Path, data: bytes, shown: str) -> None:
    assert read(workspace, data) == shown


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "an image (PNG), 8 bytes"),
        (b"%PDF-1.7", "a PDF document"),
        (b"a\0b", "binary, 3 bytes"),
        (b"PK\x03\x04\0\0", "a ZIP archive"),
    ],
)
def test_what_is_no_text_is_named_with_its_size(workspace: Path, data: bytes, kind: str) -> None:
    (workspace / "f").write_bytes(data)
    output = call(workspace, Read("f"))
    assert not output.ok
    assert output.text.startswith(f"f is {kind}")


def test_a_cut_text_says_how_to_go_on(workspace: Path) -> None:
    assert read(workspace, b"a\nb\nc\n", limit=2) == "a\nb\n[lines 1-2 of 3; go on with offset 3]"
    assert read(workspace, b"a\nb\nc\n", offset=3) == "c\n[lines 3-3 of 3]"
    assert read(workspace, b"a\nb\nc\n", offset=9) == "there are only 3 lines; use a smaller offset"
    assert read(workspace, b"a\nb\n", offset=-5, limit=-5) == "a\n[lines 1-1 of 2; go on with offset 2]"


def test_the_default_limits_hold_for_lines_and_characters() -> None:
    assert excerpt("x\n" * 2310).endswith("\n[lines 1-2,000 of 2,310; go on with offset 2001]")
    wide = excerpt("y" * 1000 + "\n" + "\n".join(["y" * 1000] * 99))
    assert len(wide) < MAX_CHARS + 100
    assert wide.endswith("of 100; go on with offset 40]")


def test_a_long_line_is_cut_and_said() -> None:
    assert excerpt("z" * 2500) == "z" * 2000 + "… [500 more characters]"


def test_a_directory_is_listed(workspace: Path) -> None:
    assert call(workspace, Read(".")).text == "[empty directory]"
    (workspace / "b").mkdir()
    (workspace / "a").touch()
    assert call(workspace, Read(".")).text == "a\nb/"
    for number in range(250):
        (workspace / f"n{number:03}").touch()
    assert call(workspace, Read(".")).text.endswith("\n[200 of 252 entries; use find for the rest]")


def test_an_absent_file_is_answered_with_what_is_there(workspace: Path) -> None:
    (workspace / "server.py").touch()
    assert call(workspace, Read("sever.py")).text == "sever.py does not exist; did you mean server.py?"
    assert call(workspace, Read("zzz")).text == "zzz does not exist; its directory has server.py"
    assert (
        call(workspace, Read("no/x")).text
        == f"no/x does not exist, nor does its directory; the nearest that does is {workspace}"
    )
    assert not call(workspace, Read("server.py/x")).ok


def test_a_pipe_is_not_waited_for(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    assert "no ordinary file" in call(workspace, Read("pipe")).text
    assert "no ordinary file" in call(workspace, Write("pipe", "x")).text


def test_a_huge_file_is_refused_with_advice(workspace: Path) -> None:
    with (workspace / "huge").open("wb") as file:
        file.truncate(30_000_000)
    assert call(workspace, Read("huge")).text.startswith("huge has 30,000,000 bytes, too many; use find")


def test_the_policy_is_obeyed(workspace: Path) -> None:
    hidden = call(workspace, Read("../keys/id"))
    assert not hidden.ok
    assert "is hidden" in hidden.text
    outside = call(workspace, Write("../x", ""))
    assert not outside.ok
    assert "is outside the workspace" in outside.text
    assert not (workspace.parent / "x").exists()
    assert "is no path" in call(workspace, Write("a\0b", "")).text


def test_a_new_file_gets_its_directories_and_the_usual_mode(workspace: Path) -> None:
    assert call(workspace, Write("a/b/c.txt", "1\n2")).text == "created a/b/c.txt (2 lines)"
    assert (workspace / "a/b/c.txt").read_bytes() == b"1\n2"
    (workspace / "usual").touch()
    assert (workspace / "a/b/c.txt").stat().st_mode == (workspace / "usual").stat().st_mode


def test_a_replaced_file_keeps_its_mode_and_gets_exactly_what_was_given(workspace: Path) -> None:
    script = workspace / "run.sh"
    script.write_text("old")
    script.chmod(0o751)
    assert call(workspace, Write("run.sh", "a\r\n")).text == "replaced run.sh (1 line)"
    assert script.read_bytes() == b"a\r\n"
    assert stat.S_IMODE(script.stat().st_mode) == 0o751


def test_a_link_stays_a_link_when_its_target_is_written(workspace: Path) -> None:
    (workspace / "target").write_text("old")
    (workspace / "link").symlink_to("target")
    call(workspace, Write("link", "new"))
    assert (workspace / "link").is_symlink()
    assert (workspace / "target").read_text() == "new"


def test_a_write_that_cannot_be_done_says_why_and_leaves_nothing(workspace: Path) -> None:
    (workspace / "dir").mkdir()
    (workspace / "file").touch()
    assert call(workspace, Write("dir", "x")).text == "dir is a directory; name a file in it"
    assert "cannot be written" in call(workspace, Write("file/below", "x")).text
    assert "name too long" in call(workspace, Write("n" * 300, "x")).text
    assert "half a character" in call(workspace, Write("half", "\ud800")).text
    assert sorted(path.name for path in workspace.iterdir()) == ["dir", "file"]


def test_a_disk_that_takes_no_more_leaves_the_files_as_they_were(workspace: Path) -> None:
    (workspace / "old").write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        outputs = [call(workspace, Write(name, "x" * 5000)) for name in ("old", "new")]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [output.text for output in outputs] == [
        "old cannot be written: File too large; it is as it was",
        "new cannot be written: File too large; it is as it was",
    ]
    assert [(path.name, path.read_text()) for path in workspace.iterdir()] == [("old", "old")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file_is_not_replaced(workspace: Path) -> None:
    (workspace / "f").write_text("old")
    (workspace / "f").chmod(0o444)
    assert not call(workspace, Write("f", "new")).ok
    assert (workspace / "f").read_text() == "old"


def test_the_approvals_see_the_absolute_path(workspace: Path) -> None:
    files = FileAccess(PathPolicy(workspace=workspace), lambda: workspace, {})
    tools = {tool.name: tool for tool in file_tools(files)}
    assert tools["read"].intent(Read("a")) == Intent("read", str(workspace / "a"))
    assert tools["write"].intent(Write("a", "")) == Intent("write", str(workspace / "a"))
    assert tools["read"].intent(Read("\0")) == Intent("read", "\0")
    assert [name for name, tool in tools.items() if tool.parallel] == ["read", "find"]


@pytest.mark.parametrize(
    "data",
    [b"", b"a\xe9\r\n", b"\xef\xbb\xbfx", "ä\n".encode("utf-16"), b"\xfe\xff\0a", "ä".encode("utf-32")],
)
def test_a_decoded_text_encodes_to_the_same_bytes(data: bytes) -> None:
    text = decode(data)
    assert text is not None
    assert text.encoded(text.text) == data
