"""A file with a secret is left alone, and whoever asks for the log is told."""

from tests.cli.driving import Hone


def test_the_log_says_of_which_file_no_copy_is_kept(hone: Hone) -> None:
    (hone.home / "memory.md").write_text(f"- token ghp_{'a1B2' * 9}\n")
    done = hone.here("log")
    assert done.code == 0
    assert done.err == (
        "hone: memory.md holds what looks like a secret (github-token): hone keeps no copy of it until that is gone\n"
    )
    (hone.home / "memory.md").write_text("- tea\n")
    assert "memory: added by hand" in hone.here("log").out
