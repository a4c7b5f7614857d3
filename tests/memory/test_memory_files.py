"""Memory files as read, as shown in the prompt, and as found by words."""

import datetime
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.errors import HomeError
from hone.memory.entries import parse
from hone.memory.recall import search
from hone.memory.render import render_memory
from hone.memory.store import MAX_BYTES, MemoryFile, MemoryFiles
from hone.messages import estimate_tokens

TODAY = datetime.date(2026, 11, 22)


def memory(text: str) -> MemoryFile:
    return MemoryFile("memory", Path("memory.md"), parse(text))


def rendered(text: str, budget: int = 2_000) -> str:
    return render_memory(memory(text), TODAY, budget_tokens=budget)


def test_a_home_without_memory_has_empty_files(tmp_path: Path) -> None:
    files = MemoryFiles(tmp_path / "none")
    assert [(file.which, file.entries) for file in files.read_all("shop-12345678")] == [
        ("user", ()),
        ("memory", ()),
        ("project", ()),
    ]
    assert [file.which for file in files.read_all(None)] == ["user", "memory"]


def test_each_file_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "projects/shop-12345678").mkdir(parents=True)
    (tmp_path / "projects/shop-12345678/memory.md").write_text("- port 8080\n")
    file = MemoryFiles(tmp_path).read("project", "shop-12345678")
    assert file.path == tmp_path / "projects/shop-12345678/memory.md"
    assert [entry.text for entry in file.entries] == ["port 8080"]


def test_a_file_that_cannot_be_read_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "user.md").mkdir()
    os.mkfifo(tmp_path / "memory.md")
    with pytest.raises(HomeError, match=r"user\.md"):
        MemoryFiles(tmp_path).read("user")
    with pytest.raises(HomeError, match=r"memory\.md: not a regular file"):
        MemoryFiles(tmp_path).read("memory")
    (tmp_path / "memory.md").unlink()
    (tmp_path / "memory.md").symlink_to("memory.md")
    with pytest.raises(HomeError, match=r"memory\.md"):
        MemoryFiles(tmp_path).read("memory")


def test_a_giant_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "memory.md").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(HomeError, match="larger than 4 MB"):
        MemoryFiles(tmp_path).read("memory")


def test_what_fits_is_shown_as_it_is_written_less_what_expired() -> None:
    text = "\ufeff# Me\n\n\n\nFree words.\n- a\n- old (until 2026-11-21)\n- new (until 2026-11-22)\n"
    assert rendered(text) == "# Me\n\nFree words.\n- a\n- new (until 2026-11-22)"
    assert rendered("- old (until 2026-11-21)\n") == ""
    assert rendered("") == ""


def test_of_a_long_file_the_pinned_and_the_newest_are_shown_in_order_under_their_headings() -> None:
    body = "".join(f"- fact {number:03} {'x' * 30}\n" for number in range(100))
    text = rendered(f"# Empty later\n{body}## Pinned\n- keep me\n# Recent\n- newest\n", budget=100)
    lines = text.splitlines()
    assert lines[0] == f"[{100 - text.count('fact')} older entries left out; `recall` finds them]"
    assert lines[1] == "# Empty later"
    assert lines[2].startswith("- fact 09")
    assert lines[-4:] == ["## Pinned", "- keep me", "# Recent", "- newest"]
    assert 50 < estimate_tokens(text) <= 130


def test_a_heading_of_which_nothing_is_shown_is_left_out() -> None:
    text = rendered(f"# Gone\n- {'x' * 100}\n# Kept\n- y\n- {'z' * 100}\n- {'z' * 100}\n", budget=60)
    assert text.splitlines()[1] == "# Kept"


def test_pinned_entries_are_shown_even_if_they_fill_the_budget() -> None:
    pinned = "".join(f"- rule {number}\n" for number in range(100))
    text = rendered(f"- a\n## Pinned\n{pinned}", budget=50)
    assert text.count("rule") == 100
    assert text.startswith("[1 older entry left out; `recall` finds it]")


def test_free_prose_is_shown_and_counted() -> None:
    prose = "\n\n".join(f"Paragraph {number}. {'words ' * 20}" for number in range(20))
    text = rendered(prose, budget=200)
    assert "Paragraph 19" in text
    assert "passages left out; `recall` finds them]" in text
    assert estimate_tokens(text) <= 230


def test_one_passage_larger_than_everything_is_cut_at_a_word_and_says_so() -> None:
    text = rendered("word " * 5_000, budget=100)
    assert text.startswith("word word")
    assert text.endswith("word… [cut; `recall` finds the rest]")
    assert estimate_tokens(text) <= 100


def test_search_finds_entries_by_rare_words_first_and_newer_before_older() -> None:
    files = (memory("- the port is 8080\n- the port was 80\n- the shop\n\nProse about a zebra.\n"),)
    assert [hit.text for hit in search(files, "Which PORT?")] == ["the port was 80", "the port is 8080"]
    assert search(files, "the zebra")[0].text == "Prose about a zebra."
    assert search(files, "nothing-alike") == ()
    assert search(files, "") == ()
    assert len(search(files, "the port", limit=1)) == 1


def test_search_takes_chinese_japanese_and_korean_by_character() -> None:
    files = (memory("- 部署在星期五\n- サーバー\n"),)
    (hit,) = search(files, "星期")
    assert (hit.which, hit.text, len(hit.hash)) == ("memory", "部署在星期五", 6)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300)
    | st.text(alphabet="- #*\nPinnedab(until 2026-12-01)`\r", max_size=300).map(str.encode),
    budget=st.integers(min_value=20, max_value=60),
)
def test_any_bytes_can_be_read_shown_and_searched_and_stay_as_they_are(
    tmp_path: Path, data: bytes, budget: int
) -> None:
    (tmp_path / "user.md").write_bytes(data)
    file = MemoryFiles(tmp_path).read("user")
    render_memory(file, TODAY, budget_tokens=budget).encode()
    for hit in search((file,), "a b until"):
        hit.text.encode()
    assert "".join(block.raw for block in file.blocks).encode("utf-8", "surrogateescape") == data
    assert (tmp_path / "user.md").read_bytes() == data
