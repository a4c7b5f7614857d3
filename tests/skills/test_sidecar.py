"""hone.yaml is written so that what a person put into it stays."""

import pytest

from hone.errors import SpliceError
from hone.skills.sidecar import new_sidecar, read_sidecar_fields, set_fields

MINE = """\
# about this skill
v: 1
status: trial   # since Monday
scope: >-
  project:shop-1a2b3c4d

triggers: {paths: [], words: ["a"]}
mine: 'x'
"""


def test_a_new_one_is_on_trial_everywhere() -> None:
    assert new_sidecar() == "v: 1\nstatus: trial\npinned: false\nscope: all\n"
    assert new_sidecar("proven", "project:shop-1a") == (
        "v: 1\nstatus: proven\npinned: false\nscope: project:shop-1a\n"
    )


def test_fields_are_set_in_their_place_and_new_ones_come_last() -> None:
    changed = set_fields(MINE, {"status": "proven", "pinned": True, "scope": "all"})
    expected = MINE.replace("trial ", "proven ").replace(">-\n  project:shop-1a2b3c4d", "all")
    assert changed == expected + "pinned: true\n"
    assert read_sidecar_fields(changed)["triggers"] == {"paths": [], "words": ["a"]}


def test_a_field_that_says_so_already_keeps_its_spelling() -> None:
    assert set_fields(MINE, {"scope": "project:shop-1a2b3c4d", "mine": "x", "v": 1}) == MINE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status: trial", "status: trial\npinned: true\n"),
        ("v: 1\r\nstatus: trial\r\n", "v: 1\r\nstatus: trial\r\npinned: true\r\n"),
        ("\ufeffpinned: false\n", "\ufeffpinned: true\n"),
        ("# nothing yet\n", "# nothing yet\npinned: true\n"),
        ("pinned:\nv: 1\n", "pinned: true\nv: 1\n"),
        ("{v: 1, pinned: false}\n", "{v: 1, pinned: true}\n"),
    ],
)
def test_any_form_is_kept(text: str, expected: str) -> None:
    assert set_fields(text, {"pinned": True}) == expected


@pytest.mark.parametrize("value", ["yes", "Null", "a b", "a: b", "", "12", "#a", 'q"', "-x", "a:", "\u20ac"])
def test_words_that_yaml_reads_otherwise_are_quoted(value: str) -> None:
    assert set_fields("", {"status": value}).startswith('status: "')
    assert read_sidecar_fields(set_fields("status: x\n", {"status": value})) == {"status": value}


@pytest.mark.parametrize("text", ["status: [\n", "- a\n", "words", "status: a: b\n", "status: [a]\n"])
def test_what_is_no_mapping_of_scalars_is_refused(text: str) -> None:
    with pytest.raises(SpliceError):
        set_fields(text, {"status": "proven", "pinned": True})
