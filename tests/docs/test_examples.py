"""Every example in the documents is run: Python and console blocks by real processes, YAML blocks by hone.config."""

import json
import sys
from pathlib import Path

import pytest
from tests.docs.pages import PAGES, ROOT, Block, blocks, commands, named
from tests.docs.world import world

from hone.config.load import load
from hone.safety.sandbox import probe

RUN = ("python", "console", "yaml")
SHOWN = ("text", "markdown", "json")  # forms and output, nothing that could be run

BY_HAND = (ROOT / "docs" / "benchmarks.md", ROOT / "benchmarks")  # measurements take minutes
EXAMPLES = [page for page in PAGES if not any(page.is_relative_to(place) for place in BY_HAND)]
NOT_RUN = {
    ("README.md", "installs packages"),
    ("docs/live-model.md", "needs a real model"),
    ("docs/tutorial.md", "installs packages, serves until Ctrl-C"),
    ("docs/decisions/0002-libraries-for-shell-and-html.md", "takes half a minute and needs markdownify"),
    ("docs/decisions/0003-skills-are-checked-at-start.md", "writes 10,000 files"),
    ("docs/decisions/0007-one-import-for-all-commits.md", "writes 130 commits"),
}


def pages_with(language: str) -> list[Path]:
    return [page for page in EXAMPLES if any(block.language == language for block in to_run(page))]


def to_run(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.remark != "not run"]


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with("console"), ids=named)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    with world(tmp_path) as here:
        without_sandbox = probe(here.environ)
        for block in to_run(page):
            if block.language != "console" or (block.reason == "a sandbox" and without_sandbox):
                continue
            for command in commands(block):
                ran = here.run(command.text)
                if not here.agrees(command.output, ran.output):
                    where = f"{named(page)}, line {block.line}: $ {command.text}"
                    shown = f"the page shows:\n{command.output}"
                    pytest.fail(
                        f"{where}\n\n{shown}\n\nit prints (exit {ran.code}):\n{ran.output}", pytrace=False
                    )


@pytest.mark.parametrize("page", pages_with("python"), ids=named)
def test_python_blocks_run_and_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    with world(tmp_path) as here:
        ran = here.spawn([sys.executable, "-m", "tests.docs.run_blocks", str(page)])
        assert ran.code == 0, ran.output
        printed = json.loads(ran.output.splitlines()[-1])
        every = to_run(page)
        places = [index for index, block in enumerate(every) if block.language == "python"]
        for index, output in zip(places, printed, strict=True):
            following = every[index + 1 : index + 2]
            shown = following[0].code if following and following[0].language == "text" else ""
            assert here.agrees(shown.rstrip(), output), f"line {every[index].line} prints:\n{output}"


@pytest.mark.parametrize("page", pages_with("yaml"), ids=named)
def test_settings_that_a_page_shows_can_be_loaded(page: Path, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "HONE_HOME": str(tmp_path)}
    for block in to_run(page):
        if block.language == "yaml":
            of_project = block.code.startswith("# .hone/config.yaml")
            file = tmp_path / ("project.yaml" if of_project else "config.yaml")
            file.write_text(block.code, encoding="utf-8")
            notices = load(environ, project_file=file if of_project else None).notices
            assert not any("ignored" in notice for notice in notices), notices


def test_every_block_says_what_it_is_and_those_not_run_are_these() -> None:
    unknown = [
        f"{named(page)}, line {block.line}: {block.language or 'no language'}"
        for page in EXAMPLES
        for block in blocks(page)
        if block.language not in (*RUN, *SHOWN)
    ]
    assert unknown == []
    found = {
        (named(page), each.reason) for page in EXAMPLES for each in blocks(page) if each.remark == "not run"
    }
    assert found == NOT_RUN


def test_the_readme_shows_hone_at_work() -> None:
    shown = [block.code for block in to_run(ROOT / "README.md") if block.language == "console"]
    assert any("hone run" in code for code in shown)
