"""The system prompt: what is in it, in which order, and how small the fixed part is."""

import datetime
from pathlib import Path

import msgspec
import pytest

from hone.messages import estimate_tokens
from hone.prompt.assemble import PromptParts, Section, assemble

TEMPLATES = Path(__file__).parents[2] / "src" / "hone" / "prompt" / "templates"
BARE = PromptParts(
    workspace=Path("/w"),
    working_directory=Path("/w"),
    platform="Linux x86_64",
    today=datetime.date(2026, 11, 22),
)


def test_the_bare_prompt_has_neither_memory_nor_skills() -> None:
    text = assemble(BARE)
    assert "Workspace: /w\n" in text
    assert "Date: 2026-11-22\n" in text
    assert "Memory" not in text
    assert "Skills" not in text
    assert estimate_tokens(text) <= 500


def test_a_compact_prompt_names_no_path_that_a_small_model_would_put_before_every_name() -> None:
    text = assemble(msgspec.structs.replace(BARE, compact=True))
    assert "/w" not in text
    assert "Date: 2026-11-22\n" in text
    assert estimate_tokens(text) <= 350


def test_parts_stand_in_their_order() -> None:
    parts = PromptParts(
        workspace=Path("/w"),
        working_directory=Path("/w/sub"),
        platform="Linux",
        today=datetime.date(2026, 11, 22),
        memory=(Section("user.md", "- likes tea"), Section("memory.md", " \n")),
        instructions=(Section("AGENTS.md", "Run make."),),
        skill_index="- deploy: how to deploy",
    )
    text = assemble(parts)
    places = [
        text.index(part) for part in ("Working directory: /w/sub", "- likes tea", "Run make.", "- deploy")
    ]
    assert places == sorted(places)
    assert "<memory.md>" not in text  # it says nothing


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.md")), ids=lambda path: path.name)
def test_templates_stay_short(template: Path) -> None:
    bounds = {"system.md": 400, "system_compact.md": 300, "review.md": 900, "compact.md": 300}
    assert estimate_tokens(template.read_text(encoding="utf-8")) <= bounds.get(template.name, 80)
