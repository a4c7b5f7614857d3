"""Project instructions: nearest last, nothing twice, each within its budget."""

import os
from pathlib import Path

import pytest

from hone.memory.instructions import Instructions, read_instructions


def texts(workspace: Path, cwd: Path | None = None, budget: int = 2_000) -> list[str]:
    return [each.text for each in read_instructions(workspace, cwd or workspace, budget_tokens=budget)]


def test_files_come_from_the_workspace_down_to_the_working_directory(tmp_path: Path) -> None:
    sub = tmp_path / "repo/a/b"
    sub.mkdir(parents=True)
    (tmp_path / "AGENTS.md").write_text("outside")
    (tmp_path / "repo/AGENTS.md").write_text("root agents\n")
    (tmp_path / "repo/CLAUDE.md").write_text("root claude")
    (sub / "AGENTS.md").write_bytes(b"\xef\xbb\xbfnear \xff")
    found = read_instructions(tmp_path / "repo", sub)
    assert found[0] == Instructions(tmp_path / "repo/AGENTS.md", "root agents")
    assert [each.text for each in found] == ["root agents", "root claude", "near \ufffd"]
    assert texts(tmp_path / "repo") == ["root agents", "root claude"]


@pytest.mark.parametrize("claude", ["@AGENTS.md\n", "@./AGENTS.md", "the same\n"])
def test_a_claude_file_that_only_repeats_is_left_out(tmp_path: Path, claude: str) -> None:
    (tmp_path / "AGENTS.md").write_text("the same")
    (tmp_path / "CLAUDE.md").write_text(claude)
    assert texts(tmp_path) == ["the same"]


def test_a_link_is_left_out_and_a_lone_claude_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "CLAUDE.md").write_text("alone")
    assert texts(tmp_path) == ["alone"]
    (tmp_path / "AGENTS.md").symlink_to("CLAUDE.md")
    assert texts(tmp_path) == ["alone"]


def test_a_long_file_is_cut_at_a_line_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("line\n" * 50_000)
    (text,) = texts(tmp_path, budget=100)
    assert text.startswith("line\nline")
    assert text.endswith(f"line\n[AGENTS.md goes on from here; `read` {tmp_path}/AGENTS.md shows the rest]")
    assert len(text.rpartition("\n")[0]) <= 400


def test_what_cannot_be_read_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").mkdir()
    os.mkfifo(tmp_path / "CLAUDE.md")
    assert ["not a regular file" in text for text in texts(tmp_path)] == [True, True]
    (tmp_path / "CLAUDE.md").unlink()
    (tmp_path / "CLAUDE.md").symlink_to("CLAUDE.md")
    assert texts(tmp_path)[-1].startswith("[CLAUDE.md is there and cannot be read")
