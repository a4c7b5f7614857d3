"""What is written to a model's entry changes that entry and nothing else."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hone.config.edit import write_scalar
from hone.config.entries import as_yaml, set_model
from hone.config.load import load
from hone.config.settings import ModelEntry
from hone.errors import ConfigError, HomeError, NotFound

HEAD = "providers:\n  - name: p  # mine\n    api_base: http://h/v1\n"
KEYS: dict[str, str | int] = {"tools": "schema", "context": 8192}
FLOW = "tools: schema, context: 8192"


def after(directory: Path, text: str, model: str = "m") -> str:
    file = directory / "config.yaml"
    file.write_bytes(text.encode())
    set_model(file, "p", model, KEYS)
    return file.read_bytes().decode()


@pytest.mark.parametrize(
    ("models", "changed"),
    [
        ("    models:\n      - m  # fast\n", f"    models:\n      - {{id: m, {FLOW}}}  # fast\n"),
        ("    models: [a, m, b]  # two\n", f"    models: [a, {{id: m, {FLOW}}}, b]  # two\n"),
        ('    models: ["m"]\n', f'    models: [{{id: "m", {FLOW}}}]\n'),
        (
            "    models:\n      - {id: m, tools: native}\n",
            "    models:\n      - {id: m, tools: schema, context: 8192}\n",
        ),
        (
            "    models:\n      - id: m  # it\n        tools: text  # why\n      # end\n      - b\n",
            "    models:\n      - id: m  # it\n        tools: schema  # why\n        context: 8192\n      # end\n      - b\n",
        ),
        (
            "    models:\n    - id: m\n      tools:\n",
            "    models:\n    - id: m\n      tools: schema\n      context: 8192\n",
        ),
        (
            "    models:\n      - a\n      # end\nmcp: {}\n",
            f"    models:\n      - a\n      - {{id: m, {FLOW}}}\n      # end\nmcp: {{}}\n",
        ),
        ("    models: [a]\n", f"    models: [a, {{id: m, {FLOW}}}]\n"),
        ("    models: []\n", f"    models: [{{id: m, {FLOW}}}]\n"),
        ("    models:\n", f"    models: [{{id: m, {FLOW}}}]\n"),
        ("", f"    models: [{{id: m, {FLOW}}}]\n"),
    ],
)
def test_the_entry_gets_the_keys_where_it_stands(tmp_path: Path, models: str, changed: str) -> None:
    assert after(tmp_path, HEAD + models) == HEAD + changed


def test_line_ends_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    text = "\ufeff" + HEAD + "    models:\n      - id: m\n"

    changed = after(tmp_path, text.replace("\n", "\r\n"))

    assert changed == (text + "        tools: schema\n        context: 8192\n").replace("\n", "\r\n")


def test_what_is_written_already_is_not_written_again(tmp_path: Path) -> None:
    once = after(tmp_path, HEAD + "    models: [m]\n")

    assert after(tmp_path, once) == once


def test_an_unknown_provider_and_no_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        set_model(tmp_path / "config.yaml", "p", "m", KEYS)
    (tmp_path / "config.yaml").write_text(HEAD)
    with pytest.raises(NotFound):
        set_model(tmp_path / "config.yaml", "q", "m", KEYS)
    with pytest.raises(HomeError):
        set_model(tmp_path, "p", "m", KEYS)


@pytest.mark.parametrize(
    "models",
    [
        "    models: [m, m]\n    models: []\n",  # no YAML of ours
        "    models:\n      - id: m\n        context: 1\n        context: 2\n",
        "    models:\n      - id: m\n        tools: |\n          text\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone(tmp_path: Path, models: str) -> None:
    with pytest.raises(ConfigError):
        after(tmp_path, HEAD + models)
    assert (tmp_path / "config.yaml").read_text() == HEAD + models


def test_the_entry_can_be_shown() -> None:
    assert as_yaml("qwen: 7b", {"tools": "text"}) == '{id: "qwen: 7b", tools: text}'


NAMES = st.text(st.sampled_from("abc:/.-_ 7#{},'\""), min_size=1, max_size=12).filter(str.strip)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    st.lists(NAMES, min_size=1, max_size=3, unique=True),
    st.integers(0, 2),
    st.sampled_from(["flow", "lines", "maps"]),
    st.sampled_from(["", "  # note"]),
)
def test_after_it_everything_reads_as_before_but_for_the_keys(
    tmp_path: Path, names: list[str], which: int, style: str, comment: str
) -> None:
    words = [write_scalar(name) for name in names]
    models = {
        "flow": f"    models: [{', '.join(words)}]{comment}\n",
        "lines": "    models:\n" + "".join(f"      - {word}{comment}\n" for word in words),
        "maps": "    models:\n"
        + "".join(f"      - id: {word}{comment}\n        max_output: 9\n" for word in words),
    }[style]
    model = names[which % len(names)]
    (tmp_path / "config.yaml").write_text(HEAD + models + "learning: {mode: hold}  # end\n")
    before = load({"HONE_HOME": str(tmp_path)}).settings

    set_model(tmp_path / "config.yaml", "p", model, KEYS)

    now = load({"HONE_HOME": str(tmp_path)}).settings
    listed = [ModelEntry(id=each) if isinstance(each, str) else each for each in before.providers[0].models]
    keyed = [
        msgspec.structs.replace(each, tools="schema", context=8192) if each.id == model else each
        for each in listed
    ]
    read = [ModelEntry(id=each) if isinstance(each, str) else each for each in now.providers[0].models]
    assert read == keyed
    assert msgspec.structs.replace(now, providers=()) == msgspec.structs.replace(before, providers=())
    text = (tmp_path / "config.yaml").read_text()
    assert text.count("#") == (HEAD + models).count("#") + 1
