"""`hone skills new|edit|archive|restore|pin|unpin`: through the one door; what a person wrote is never lost."""

import json
import subprocess
from pathlib import Path

import pexpect
import pytest
from tests.cli.driving import Hone

from hone.safety.grants import Grants
from hone.skills.read import MAX_BYTES

TEXT = '---\nname: demo\ndescription: "Makes demos. Use it to show."\n---\n\n# Demo\n\n## Steps\n\n1. Run `make demo`\n'
TOKEN = "ghp_" + "9Rk2mQx7Lw4TzB8nVc3H" * 2
FORM_STEP = "The first command that is known to work."


@pytest.fixture
def demo(hone: Hone) -> Hone:
    """A machine with a skill `demo`, recorded by hone."""
    assert hone.here("skills", "new", "demo", "--file", written(hone, TEXT)).code == 0
    return hone


def skill_md(hone: Hone, name: str = "demo") -> Path:
    return hone.home / "skills" / name / "SKILL.md"


def written(hone: Hone, text: str | bytes) -> str:
    file = hone.work / "new.md"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(file)


def files(hone: Hone) -> dict[str, bytes | None]:
    """All that is on the machine but caches."""
    return {name: data for name, data in hone.contents().items() if "/.cache" not in name}


def log(hone: Hone) -> list[tuple[str, str, str]]:
    """Of each change, oldest first: op, origin, status."""
    rows = json.loads(hone.here("log", "--json").out)
    return [(row["op"], row["origin"], row["status"]) for row in reversed(rows)]


def test_a_skill_from_a_file_is_a_change_by_the_user(hone: Hone) -> None:
    done = hone.here("skills", "new", "demo", "--file", written(hone, TEXT))
    assert done.code == 0
    assert done.out.endswith(f"\n{skill_md(hone)}\n")
    assert skill_md(hone).read_text() == TEXT
    assert not (skill_md(hone).parent / "hone.yaml").exists()
    assert log(hone) == [("write", "user", "applied")]
    status = subprocess.run(
        ["git", "-C", hone.home, "status", "--short"], capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_without_a_terminal_the_form_is_the_skill_and_that_is_said(hone: Hone) -> None:
    done = hone.here("skills", "new", "demo", "--description", 'Shows "it": to\nall. Use it.')
    assert (done.code, done.err) == (0, "note: it is a form so far: fill it in\n")
    assert 'description: "Shows \\"it\\": to all. Use it."' in skill_md(hone).read_text()
    assert FORM_STEP in skill_md(hone).read_text()
    assert hone.here("skills", "lint", "demo").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Demo",), "'Demo' is no name of a skill"),
        (("../demo",), "'../demo' is no name of a skill"),
        (("",), "'' is no name of a skill"),
        (("x\udcff",), "is no name of a skill"),
        (("x" * 65,), "64 are allowed"),
        (("demo", "--description", " "), "description is missing"),
        (("demo", "--description", "x" * 1_025), "1,024 are allowed"),
        (("demo", "--file", "none.md"), "none.md: cannot be read: No such file or directory"),
        (("demo", "--file", "."), ".: not a regular file"),
        (("demo", "--file", "/dev/null", "--description", "d"), "--description is for the form"),
    ],
)
def test_a_skill_that_cannot_be_made_is_one_line_and_nothing_changes(
    hone: Hone, arguments: tuple[str, ...], said: str
) -> None:
    before = files(hone)
    done = hone.here("skills", "new", *arguments)
    assert done.is_usage_error(), done
    assert said in done.err
    assert files(hone) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no frontmatter"),
        (b"\xff", "not UTF-8"),
        (b"x" * (MAX_BYTES + 1), "larger than 1,000,000 bytes"),
        (TEXT.replace("name: demo", "name: other").encode(), "name 'other' and directory 'demo' differ"),
    ],
)
def test_a_text_that_is_no_skill_is_refused(hone: Hone, text: bytes, said: str) -> None:
    for done in (
        hone.here("skills", "new", "demo", "--file", written(hone, text)),
        hone("skills", "new", "demo", "--file", "-", stdin=text),
    ):
        assert done.is_usage_error(), done
        assert said in done.err
    assert not skill_md(hone).exists()


def test_a_text_may_come_through_a_pipe(hone: Hone) -> None:
    done = hone("skills", "new", "demo", "--file", "-", stdin=TEXT.encode())
    assert done.code == 0
    assert skill_md(hone).read_text() == TEXT


def test_a_secret_is_refused_by_its_kind_and_place_and_reaches_no_file(hone: Hone) -> None:
    done = hone.here("skills", "new", "demo", "--file", written(hone, f"{TEXT}\nUse {TOKEN}.\n"))
    assert done.is_usage_error()
    assert "a secret (github-token) in line 12 of skills/demo/SKILL.md" in done.err
    assert TOKEN not in done.err
    (hone.work / "new.md").unlink()
    assert not any(TOKEN.encode() in (data or b"") for data in hone.contents().values())


def test_a_name_that_is_taken_is_to_be_edited(demo: Hone) -> None:
    done = demo.here("skills", "new", "demo", "--description", "Another.")
    assert done.is_usage_error()
    assert done.err == "hone: there is a skill demo already: hone skills edit demo\n"
    assert skill_md(demo).read_text() == TEXT


def test_a_new_text_takes_the_place_of_the_old_and_undo_brings_it_back(demo: Hone) -> None:
    done = demo.here("skills", "edit", "demo", "--file", written(demo, TEXT + "2. Look\n"))
    assert done.code == 0
    assert skill_md(demo).read_text().endswith("2. Look\n")
    assert demo.here("undo", done.out.split()[0]).code == 0
    assert skill_md(demo).read_text() == TEXT


def test_the_same_text_again_is_no_change(demo: Hone) -> None:
    done = demo.here("skills", "edit", "demo", "--file", written(demo, TEXT))
    assert (done.code, done.out) == (0, "nothing to do: it says so already\n")
    assert len(log(demo)) == 1


def test_a_hand_edit_before_a_new_text_is_recorded_first(demo: Hone) -> None:
    skill_md(demo).write_text(TEXT + "2. By hand\n")
    assert demo.here("skills", "edit", "demo", "--file", written(demo, TEXT + "2. New\n")).code == 0
    newest = json.loads(demo.here("log", "--json").out)[0]["id"]
    demo.here("undo", newest)
    assert skill_md(demo).read_text() == TEXT + "2. By hand\n"


def test_what_was_wrong_before_may_stay_wrong(demo: Hone) -> None:
    skill_md(demo).write_text(TEXT.replace("name: demo", "name: Demo\nowner: me"))
    better = TEXT.replace("name: demo", "name: demo\nowner: me")
    assert demo.here("skills", "edit", "demo", "--file", written(demo, better)).code == 0
    worse = better.replace("description", "describes")
    done = demo.here("skills", "edit", "demo", "--file", written(demo, worse))
    assert done.is_usage_error()
    assert "this is no sound SKILL.md, nothing was changed: description is missing" in done.err
    assert skill_md(demo).read_text() == better


def test_a_skill_that_is_no_text_any_more_can_be_replaced(demo: Hone) -> None:
    skill_md(demo).write_bytes(b"\xff")
    assert demo.here("skills", "edit", "demo", "--file", written(demo, TEXT)).code == 0
    assert skill_md(demo).read_text() == TEXT


def test_without_a_terminal_there_is_no_editor(demo: Hone) -> None:
    done = demo.here("skills", "edit", "demo")
    assert done.is_usage_error()
    assert "hone skills edit demo --file FILE" in done.err


@pytest.mark.parametrize("verb", ["edit", "archive", "pin", "unpin", "restore"])
def test_an_unknown_name_gets_the_known_ones(demo: Hone, verb: str) -> None:
    before = files(demo)
    for name in ("dmeo", "../demo", ".archive", "", "x\udcff"):
        done = demo.here("skills", verb, name)
        assert done.is_usage_error(), done
        kind, _, rest = done.err.partition(" named ")
        assert (kind, "demo" in rest) == (
            ("hone: no retired skill", "demo" in name) if verb == "restore" else ("hone: no skill", True)
        )
    assert files(demo) == before


def test_a_retired_skill_is_kept_and_comes_back_as_it_was(demo: Hone) -> None:
    (skill_md(demo).parent / "scripts").mkdir()
    (skill_md(demo).parent / "scripts/go.sh").write_text("echo go\n")
    assert demo.here("skills", "archive", "demo").code == 0
    assert (demo.home / "skills/.archive/demo/scripts/go.sh").exists()
    assert demo.here("skills", "list").out.startswith("no skills yet")
    again = demo.here("skills", "archive", "demo")
    assert again.err == "hone: skill demo is retired: hone skills restore demo\n"
    assert demo.here("skills", "restore", "demo").code == 0
    assert skill_md(demo).read_text() == TEXT
    assert "skill demo is not retired" in demo.here("skills", "restore", "demo").err


def test_a_retired_skill_that_does_not_load_can_be_brought_back(demo: Hone) -> None:
    skill_md(demo).write_text("---\n[\n---\n")
    demo.here("skills", "archive", "demo")
    assert demo.here("skills", "restore", "demo").code == 0
    assert skill_md(demo).exists()


def test_a_pin_is_set_once_and_taken_back(demo: Hone) -> None:
    def pinned() -> bool:
        shown = json.loads(demo.here("skills", "show", "demo", "--json").out)
        return bool(shown["pinned"])

    assert demo.here("skills", "pin", "demo").code == 0
    assert pinned()
    assert demo.here("skills", "pin", "demo").out == "nothing to do: it says so already\n"
    assert demo.here("skills", "unpin", "demo").code == 0
    assert not pinned()


def test_a_skill_is_known_by_the_name_that_it_gives_itself(demo: Hone) -> None:
    directory = skill_md(demo).parent
    directory.rename(directory.with_name("renamed"))
    assert demo.here("skills", "pin", "demo").code == 0
    assert "pinned: true" in (directory.with_name("renamed") / "hone.yaml").read_text()


def test_a_skill_of_a_project_is_not_changed_from_here(hone: Hone) -> None:
    theirs = hone.work / ".hone/skills/demo"
    theirs.mkdir(parents=True)
    (theirs / "SKILL.md").write_text(TEXT)
    Grants(hone.home).trust_folder(hone.work.resolve(), yes=True)
    before = files(hone)
    for verb in ("edit", "archive", "pin"):
        done = hone.here("skills", verb, "demo")
        assert done.is_usage_error(), done
        assert f"skill demo lies in {theirs}, not in hone's home" in done.err
    assert files(hone) == before


def test_the_help_lists_every_verb(hone: Hone) -> None:
    shown = hone.here("skills", "-h").out
    for verb in ("list", "show", "search", "lint", "new", "edit", "archive", "restore", "pin", "unpin"):
        assert f"\n  {verb} " in shown


class Editor:
    """Runs hone at a terminal with an editor that is a shell script; `$1` is the file."""

    def __init__(self, hone: Hone) -> None:
        self._hone = hone
        self._program = hone.directory / "editor"
        hone.environ |= {"EDITOR": str(self._program), "TMPDIR": str(hone.directory / "tmp")}
        (hone.directory / "tmp").mkdir()

    def __call__(self, script: str, *arguments: str, ctrl_c_at: str = "") -> tuple[int, str]:
        """The exit code, and what was on the screen."""
        self._program.write_text(f"#!/bin/sh\n{script}\n")
        self._program.chmod(0o755)
        terminal = self._hone.at_terminal("skills", *arguments)
        if ctrl_c_at:
            terminal.expect_exact(ctrl_c_at)
            terminal.sendintr()
        terminal.expect(pexpect.EOF)
        terminal.close()
        return terminal.exitstatus, str(terminal.before).replace("\r\n", "\n")

    @property
    def kept(self) -> list[Path]:
        """What is left where the editor worked."""
        return list((self._hone.directory / "tmp").iterdir())


@pytest.fixture
def editor(demo: Hone) -> Editor:
    return Editor(demo)


def test_a_form_is_filled_in_and_one_that_is_not_makes_no_skill(editor: Editor, demo: Hone) -> None:
    code, screen = editor(":", "new", "idle")
    assert (code, screen) == (2, "hone: the form was left as it is: there is no skill idle\n")
    assert not skill_md(demo, "idle").exists()
    code, _ = editor(f"sed -i 's/{FORM_STEP}/Run `true`/' \"$1\"", "new", "made")
    assert code == 0
    assert "1. Run `true`" in skill_md(demo, "made").read_text()
    assert editor.kept == []


def test_the_editor_may_have_arguments_and_visual_comes_first(editor: Editor, demo: Hone) -> None:
    demo.environ |= {"VISUAL": f"{demo.environ['EDITOR']} -w", "EDITOR": "/nonexistent"}
    code, _ = editor('test "$1" = -w && echo "2. Look" >> "$2"', "edit", "demo")
    assert code == 0
    assert skill_md(demo).read_text() == TEXT + "2. Look\n"


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ('echo mine > "$1"', 2, "this is no sound SKILL.md, nothing was changed: no frontmatter"),
        ('echo mine >> "$1"; exit 3', 2, "ended with 3: nothing was changed"),
        (f'echo mine {TOKEN} >> "$1"', 2, "refused: a secret (github-token) in line 11"),
        (
            'echo mine >> "$1"; echo theirs >> "$HONE_HOME/skills/demo/SKILL.md"',
            1,
            "is not as it was when this was written: begin with the present text",
        ),
    ],
)
def test_what_was_written_and_cannot_be_taken_is_kept(
    editor: Editor, demo: Hone, script: str, code: int, said: str
) -> None:
    ended, screen = editor(script, "edit", "demo")
    assert ended == code
    assert said in screen
    (directory,) = editor.kept
    assert f"hone: what you wrote is kept in {directory}/SKILL.md\n" in screen
    assert "mine" in (directory / "SKILL.md").read_text()
    assert "mine" not in skill_md(demo).read_text()


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 3", "ended with 3: nothing was changed"), ('rm "$1"', "cannot be read: No such file")],
)
def test_an_editor_that_fails_changes_nothing(editor: Editor, demo: Hone, script: str, said: str) -> None:
    code, screen = editor(script, "edit", "demo")
    assert code == 2
    assert said in screen
    assert (skill_md(demo).read_text(), editor.kept) == (TEXT, [])


@pytest.mark.parametrize("program", ["/nonexistent", "'unbalanced"])
def test_an_editor_that_cannot_be_run_is_named(editor: Editor, demo: Hone, program: str) -> None:
    demo.environ["EDITOR"] = program
    code, screen = editor("", "edit", "demo")
    assert code == 2
    assert "cannot be run (" in screen
    assert screen.endswith("): set EDITOR\n")
    assert editor.kept == []


def test_ctrl_c_is_the_editors_and_if_that_ends_it_hone_stops(editor: Editor, demo: Hone) -> None:
    code, _ = editor("echo up; exec sleep 60", "edit", "demo", ctrl_c_at="up")
    assert code == 130
    assert (skill_md(demo).read_text(), editor.kept) == (TEXT, [])
    living = 'trap \'echo "2. Look" >> "$1"; exit 0\' INT; echo up; while :; do sleep 0.01; done'
    code, _ = editor(living, "edit", "demo", ctrl_c_at="up")
    assert code == 0
    assert skill_md(demo).read_text() == TEXT + "2. Look\n"


def test_a_description_that_is_not_utf_8_makes_no_skill(hone: Hone) -> None:
    done = hone.here("skills", "new", "demo", "--description", "caf\udce9")
    assert (done.code, done.err) == (2, "hone: the description is not UTF-8: write it in UTF-8\n")
    assert not (hone.home / "skills").exists()
