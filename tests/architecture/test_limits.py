"""The limits that keep the code small and layered. They only ever get stricter."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "hone"
MODULES = sorted(SOURCE.rglob("*.py"))
PAGES = {"loop.py": 120, "turn.py": 120}
# Heavy libraries that only some runs need; everything else is imported at the top of its module.
LAZY = {
    "rich",
    "prompt_toolkit",
    "detect_secrets",
    "mcp",
    "html_to_markdown",
    "tree_sitter",
    "tree_sitter_bash",
    "opentelemetry",
    "matplotlib",
    "anyio",  # with mcp
    "httpx2",
    "mcp_types",
}

# What only later parts of a run need: the first request does not wait for it (docs/decisions/0010).
AFTER_THE_FIRST_REQUEST = {
    ("app.py", "hone.learner"),
    ("cli/root.py", "hone.cli.conversation.start"),  # only a conversation
    ("app.py", "hone.observe.tracing"),  # only with --trace or otel
    ("servers.py", "hone.tools.mcp.bundle"),  # only with servers in the settings
    ("cli/main.py", "hone.cli.verbs"),
    ("tools/loading.py", "hone.safety.vetting"),  # only once a skill is loaded
    ("tools/loading.py", "hone.skills.facts.freshness"),
    ("tools/loading.py", "hone.safety.injection"),
    ("remembered.py", "hone.safety.injection"),  # only if there is a memory
    ("remembered.py", "hone.memory.fresh"),
    ("remembered.py", "hone.skills.facts.project_versions"),
}

# Imports only point down; modules that share a row never import each other.
ROWS = [
    ["__main__"],
    ["testing", "cli"],
    ["benching", "proving"],
    ["agent", "rig"],
    ["app"],
    ["workbench", "learner", "backup"],
    ["cast"],
    ["prefix", "servers"],
    ["shelf", "remembered", "given", "place"],
    ["session"],
    ["turn"],
    ["tally", "results", "observe"],
    ["learning", "proof", "bench"],
    ["loop"],
    ["stopping"],
    ["prompt", "tools"],
    ["changes"],
    ["skills", "memory", "history", "models", "safety", "jobs", "checkpoints"],
    ["config", "events", "git", "database"],
    ["wire_server"],
    ["files", "messages", "clock", "scratch", "schema"],
    ["errors", "late"],
]
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}


BROAD_EXCEPT_ALLOWED = {"tools/execute.py": 1, "learner.py": 1}  # the tool and the background boundary

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """A module of hone, parsed once."""

    def __init__(self, path: Path) -> None:
        self.name = str(path.relative_to(SOURCE))
        self.unit = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.nodes = [*ast.walk(self.tree)]
        self.functions = [each for each in self.nodes if isinstance(each, AnyFunction)]


def imports(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import at line {node.lineno}"
            yield node.module or "", node.lineno


def more_than_400_lines(module: Module) -> Iterator[str]:
    count = len(module.text.splitlines())
    if count > PAGES.get(module.name, 400):
        yield f"{count} lines"


def functions_of_more_than_60_lines(module: Module) -> Iterator[str]:
    for each in module.functions:
        if (each.end_lineno or 0) - each.lineno + 1 > 60:
            yield each.name


def more_than_6_parameters(module: Module) -> Iterator[str]:
    if module.unit == "cli":
        return
    for function in module.functions:
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if sum(argument.arg not in ("self", "cls") for argument in every) > 6:
            yield function.name


def upward_imports(module: Module) -> Iterator[str]:
    if module.unit == "__init__":
        return
    for imported, line in imports(module.nodes):
        parts = imported.split(".")
        if parts[0] != "hone" or len(parts) == 1 or parts[1] == module.unit:
            continue
        if ROW_OF[parts[1]] <= ROW_OF[module.unit]:
            yield f"line {line}: {module.unit} imports {imported}"


def imports_inside_functions(module: Module) -> Iterator[str]:
    """But for named heavy libraries."""
    for function in module.functions:
        for imported, line in imports(ast.walk(function)):
            if imported.split(".")[0] not in LAZY and (module.name, imported) not in AFTER_THE_FIRST_REQUEST:
                yield f"line {line}: {imported}"


def environment_outside_of_config(module: Module) -> Iterator[str]:
    if module.unit == "config":
        return
    for node in module.nodes:
        match node:
            case ast.Attribute(attr="environ" | "getenv" | "putenv", value=ast.Name(id="os"), lineno=line):
                yield f"line {line}"
            case _:
                pass


def broad_excepts(module: Module) -> Iterator[str]:
    """But for the tool and the background boundary."""

    def is_broad(handler: ast.ExceptHandler) -> bool:
        broad = handler.type is None or (
            isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
        )
        return broad and not any(
            isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler)
        )

    found = [node.lineno for node in module.nodes if isinstance(node, ast.ExceptHandler) and is_broad(node)]
    if len(found) > BROAD_EXCEPT_ALLOWED.get(module.name, 0):
        yield f"lines {found}"


def no_docstring_or_one_of_more_than_5_lines(module: Module) -> Iterator[str]:
    docstring = ast.get_docstring(module.tree)
    if module.text.strip() and not docstring:
        yield "none"
    if (
        docstring and module.name != "errors.py" and len(docstring.splitlines()) > 5
    ):  # that one draws the hierarchy
        yield docstring


RULES = (
    more_than_400_lines,
    functions_of_more_than_60_lines,
    more_than_6_parameters,
    upward_imports,
    imports_inside_functions,
    environment_outside_of_config,
    broad_excepts,
    no_docstring_or_one_of_more_than_5_lines,
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_keeps_the_limits(path: Path) -> None:
    module = Module(path)
    broken = {rule.__name__: found for rule in RULES if (found := [*rule(module)])}
    assert broken == {}


BREAKS_ALL = """
import os
import hone.cli.main

def long(a, b, c, d, e, f, g):
    import json
    try:
        os.environ["A"]
    except Exception:
        pass
"""


def test_each_rule_finds_what_it_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    path = tmp_path / "files.py"
    path.write_text(BREAKS_ALL + "    print()\n" * 400)
    module = Module(path)
    assert [rule.__name__ for rule in RULES if not [*rule(module)]] == []


def test_every_module_has_its_place_in_the_layers() -> None:
    units = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert units == set(ROW_OF) & units, units - set(ROW_OF)
