"""grants.yaml: what a user allowed for always and whom they trust, as a file that people edit."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.errors import HomeError
from hone.safety.grants import Grants

PROJECT = Path("/home/me/project")


def test_a_grant_of_the_session_is_not_written(tmp_path: Path) -> None:
    grants = Grants(tmp_path)
    grants.add(PROJECT, ["npm test"], always=False)
    assert grants.allows(PROJECT, "npm test")
    assert not grants.allows(Path("/other"), "npm test")
    assert not (tmp_path / "grants.yaml").exists()


def test_a_grant_for_good_is_written_once_as_a_small_file(tmp_path: Path) -> None:
    Grants(tmp_path).add(PROJECT, ["npm test", "make"], always=True)
    Grants(tmp_path).add(PROJECT, ["make"], always=True)
    assert (tmp_path / "grants.yaml").read_text() == (
        "# What hone may do without asking, folder by folder. Delete a line to be asked again.\n"
        "folders:\n  /home/me/project:\n    allow:\n    - npm test\n    - make\n"
    )
    assert (tmp_path / "grants.yaml").stat().st_mode & 0o777 == 0o600
    assert Grants(tmp_path).allows(PROJECT, "make all")


def test_trust_is_remembered_and_absent_until_somebody_was_asked(tmp_path: Path) -> None:
    grants = Grants(tmp_path)
    assert grants.folder_trusted(PROJECT) is None
    grants.trust_folder(PROJECT, True)
    assert Grants(tmp_path).folder_trusted(PROJECT) is True
    grants.trust_folder(PROJECT, False)
    assert Grants(tmp_path).folder_trusted(PROJECT) is False


def test_what_another_session_or_the_user_wrote_is_kept(tmp_path: Path) -> None:
    grants = Grants(tmp_path)
    text = (
        "note: mine\nfolders:\n  /home/me/project: {allow: [make], since: 2026}\n  /other: {trusted: true}\n"
    )
    (tmp_path / "grants.yaml").write_text(text)
    grants.add(PROJECT, ["npm test"], always=True)
    folders = yaml.safe_load((tmp_path / "grants.yaml").read_text())["folders"]
    assert folders == {
        "/home/me/project": {"allow": ["make", "npm test"], "since": 2026},
        "/other": {"trusted": True},
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("folders: [", "grants.yaml:1: cannot be read"),
        ("a: 1\nb: [", "cannot be read"),
        ("[1]", "there should be `folders:`"),
        ("folders: 3", "there should be `folders:`"),
        ("folders: {/x: 3}", "the entry '/x' is not understood"),
        ("folders: {3: {}}", "the entry 3 is not understood"),
    ],
)
def test_what_cannot_be_read_allows_nothing_is_said_and_is_not_overwritten(
    tmp_path: Path, text: str, problem: str
) -> None:
    (tmp_path / "grants.yaml").write_text(text)
    grants = Grants(tmp_path)
    assert problem in grants.problems[0]
    assert not grants.allows(PROJECT, "make")
    with pytest.raises(HomeError, match="left as it is"):
        grants.trust_folder(PROJECT, True)
    assert (tmp_path / "grants.yaml").read_text() == text


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "folders: {}", "folders: {/home/me/project: {allow: make}}"]
)
def test_an_empty_file_or_entry_is_no_problem_and_allows_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "grants.yaml").write_text(text)
    grants = Grants(tmp_path)
    assert grants.problems == []
    assert not grants.allows(PROJECT, "make")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_read_without_an_error_and_left_alone(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "grants.yaml").write_bytes(data)
    assert not Grants(tmp_path).allows(PROJECT, "make")
    assert (tmp_path / "grants.yaml").read_bytes() == data


def test_a_text_is_allowed_by_its_hash_and_everything_else_stays(tmp_path: Path) -> None:
    grants = Grants(tmp_path)
    (tmp_path / "grants.yaml").write_text("note: mine\nfolders:\n  /other: {trusted: true}\n")
    assert not grants.allows_text("ab12")
    grants.allow_text("ab12", "skill notes")
    grants.add(PROJECT, ["make"], always=True)
    written = yaml.safe_load((tmp_path / "grants.yaml").read_text())
    assert written["note"] == "mine"
    assert written["texts"] == {"ab12": "skill notes"}
    assert Grants(tmp_path).allows_text("ab12")
    assert Grants(tmp_path).folder_trusted(Path("/other")) is True
    assert Grants(tmp_path).allows(PROJECT, "make")


def test_texts_alone_are_a_file_of_grants(tmp_path: Path) -> None:
    Grants(tmp_path).allow_text("ab12", "skill notes")
    grants = Grants(tmp_path)
    assert grants.problems == []
    assert grants.allows_text("ab12")


def test_texts_that_are_no_mapping_allow_nothing_and_are_said(tmp_path: Path) -> None:
    (tmp_path / "grants.yaml").write_text("texts: [ab12]\nfolders:\n  /other: {trusted: true}\n")
    grants = Grants(tmp_path)
    assert not grants.allows_text("ab12")
    assert grants.problems == [f"{tmp_path}/grants.yaml: `texts:` should be a hash and a name each"]
    with pytest.raises(HomeError, match="mend or delete it"):
        grants.allow_text("cd34", "skill x")
