"""How what a command printed becomes a text for the model."""

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.tools.output import HEAD, TAIL, Shown, clean, show


def shown(data: bytes, start: int = 0) -> Shown:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return show(file.fileno(), "FILE", start)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\r\r\n", "a\nb\n"),
        (b"10%\r50%\r100%\ndone", "100%\ndone"),
        (b"10%\r100%\r\n", "100%\n"),
        (b"50%\r", "50%"),
        (b"\x1b[1;31mred\x1b[0m\x1b[K", "red"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        (b"a\0b\x07c\td", "abc\td"),
        ("äö".encode(), "äö"),
        (b"\xff\xfe", "��"),
    ],
)
def test_terminal_codes_and_overwritten_text_are_left_out(data: bytes, text: str) -> None:
    assert clean(data) == text


def test_output_is_cut_in_the_middle_only_if_it_is_too_long() -> None:
    fits = b"x" * (HEAD + TAIL)
    assert shown(fits) == Shown(fits.decode(), False)
    cut = shown(b"a" * HEAD + b"bb" + b"c" * TAIL)
    assert cut == Shown("a" * HEAD + "\n[… 2 characters left out; all of it in FILE]\n" + "c" * TAIL, True)


def test_of_a_huge_file_only_the_ends_are_read() -> None:
    cut = shown(b"a" * 400_000 + b"c" * 400_000)
    assert cut.text.startswith("a" * HEAD + "\n[… 790,000 characters")
    assert cut.text.endswith("c" * TAIL)


def test_a_later_part_can_be_shown_alone() -> None:
    assert shown(b"old\nnew\n", 4) == Shown("new\n", False)
    assert shown(b"old\n", 9) == Shown("", False)


@pytest.mark.parametrize("size", [1_000, 800_000])
def test_binary_data_is_named(size: int) -> None:
    assert shown(b"\x7fELF\0\1\xff\0" * (size // 8)).text == (
        f"[{size:,} bytes of binary output, not shown; all of it in FILE]"
    )


def test_a_nul_in_a_text_does_not_make_it_binary() -> None:
    assert shown(b"find -print0 wrote\0this") == Shown("find -print0 wrotethis", False)


@given(st.binary(max_size=300))
def test_any_bytes_become_a_text_without_control_characters(data: bytes) -> None:
    text = clean(data)
    assert not set(text) & {chr(code) for code in range(32) if chr(code) not in "\n\t"}
