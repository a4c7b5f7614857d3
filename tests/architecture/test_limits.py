"""The limits that keep the code small and layered. They only ever get stricter."""

import ast
from collections.abc import Iterator
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


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imports(node: ast.AST) -> Iterator[tuple[str, int]]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import at line {child.lineno}"
            yield child.module or "", child.lineno


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_has_more_than_400_lines(path: Path) -> None:
    limit = PAGES.get(named(path), 400)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_function_is_longer_than_60_lines(path: Path) -> None:
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno + 1 > 60]
    assert long == []


@pytest.mark.parametrize("path", [p for p in MODULES if "cli" not in p.parts], ids=named)
def test_no_function_has_more_than_6_parameters(path: Path) -> None:
    def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return sum(argument.arg not in ("self", "cls") for argument in every)

    assert [f.name for f in functions(path) if parameters(f) > 6] == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_only_point_down(path: Path) -> None:
    unit = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if unit == "__init__":
        return
    upward = []
    for module, line in imports(tree(path)):
        parts = module.split(".")
        if parts[0] != "hone" or len(parts) == 1 or parts[1] == unit:
            continue
        if ROW_OF[parts[1]] <= ROW_OF[unit]:
            upward.append(f"line {line}: {unit} imports {module}")
    assert upward == []


def test_every_module_has_its_place_in_the_layers() -> None:
    units = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert units == set(ROW_OF) & units, units - set(ROW_OF)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_named_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    hidden = [
        f"line {line}: {module}"
        for function in functions(path)
        for module, line in imports(function)
        if module.split(".")[0] not in LAZY and (named(path), module) not in AFTER_THE_FIRST_REQUEST
    ]
    assert hidden == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name != "config"], ids=named)
def test_the_environment_is_read_only_in_config(path: Path) -> None:
    reads = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv")
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    ]
    assert reads == []


BROAD_EXCEPT_ALLOWED = {"tools/execute.py": 1, "learner.py": 1}  # the tool and the background boundary


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_broad_excepts_stand_only_at_the_tool_boundary(path: Path) -> None:
    def is_broad(handler: ast.ExceptHandler) -> bool:
        broad = handler.type is None or (
            isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
        )
        return broad and not any(
            isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler)
        )

    found = [
        node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler) and is_broad(node)
    ]
    assert len(found) <= BROAD_EXCEPT_ALLOWED.get(named(path), 0), found


@pytest.mark.parametrize("path", [p for p in MODULES if p.read_text().strip()], ids=named)
def test_every_module_opens_with_a_docstring_of_at_most_five_lines(path: Path) -> None:
    docstring = ast.get_docstring(tree(path))
    assert docstring
    if named(path) != "errors.py":  # its docstring draws the whole hierarchy
        assert len(docstring.splitlines()) <= 5
