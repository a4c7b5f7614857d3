"""The settings in force: defaults < user file < trusted project file < `HONE_…` environment < flags, and where each
value came from. Reading YAML is `yaml_file`'s part, checking it `schema`'s, changing it `edit`'s."""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hone.config import schema
from hone.config.environ import hone_home, shown
from hone.config.project import loosened, permitted
from hone.config.settings import Settings
from hone.config.yaml_file import MAX_BYTES, Node, Scalar, Sequence, Table, at, decode, parse, quoted
from hone.errors import ConfigError
from hone.files import home_error

FILE = "config.yaml"
OTHER_FILE = "cli-config.yaml"
_NOT_SETTINGS = frozenset({"HONE_HOME", "HONE_MODEL", "HONE_DEBUG"})
_PROVIDER_NAME = re.compile(r"[\w.-]+")
_REFERENCE = re.compile(r"\$\{([^}]*)\}?")
_REFERENCE_BODY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and for each dotted key "default", "~/.hone/config.yaml:12", "HONE_LEARNING_MODE" or "--model".

    `notices` are lines for the user about what was ignored or looks wrong.
    """

    settings: Settings
    origins: Mapping[str, str]
    notices: tuple[str, ...] = ()


def load(
    environ: Mapping[str, str],
    *,
    project_file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Loaded:
    """All layers, merged key by key; a list replaces a list.

    `project_file` is the `.hone/config.yaml` of a folder that the user trusts; what it may set is told in
    `hone.config.project`. `flags` maps dotted keys to values, None meaning not given.
    Raises ConfigError (one line: file, line, nearest key) and HomeError (a file that cannot be read).
    """
    tree, notices = _user_layer(environ)
    settings: Settings = schema.build(tree, schema.settings_type())
    _check_provider_names(tree, settings)
    if project_file is not None and (text := _read(project_file, shown(project_file, environ))) is not None:
        layer, ignored = permitted(parse(text, shown(project_file, environ)), settings)
        tree, before = _overlay(tree, layer), settings
        settings = schema.build(tree, schema.settings_type())
        notices += [*ignored, *(f"{layer.source} sets {change}" for change in loosened(before, settings))]
    above = [*_environ_layer(environ), *_flag_layer(flags or {})]
    for dotted, node in above:
        tree = _overlay(tree, _nest(dotted, node))
    if above:
        settings = schema.build(tree, schema.settings_type())
    notices += _misspelled_variables(environ)
    return Loaded(settings, _origins(tree), tuple(notices))


def config_path(home: Path) -> Path:
    """The settings file in force below `home`, or the one to create. Raises HomeError if that cannot be told."""
    path, other = home / FILE, home / OTHER_FILE
    return other if not _exists(path) and _exists(other) else path


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """`text` with each ${NAME} and ${NAME:-default} replaced; an empty variable counts as missing.

    `where` names the user of the value, such as "provider sandbase". Raises ConfigError if a variable is missing.
    """

    def value(match: re.Match[str]) -> str:
        body = _REFERENCE_BODY.fullmatch(match[1]) if match[0].endswith("}") else None
        if body is None:
            raise ConfigError(f"{where}: a reference is written ${{NAME}} or ${{NAME:-default}}")
        found = environ.get(body[1]) or body[2]
        if found is None:
            raise ConfigError(
                f"{where} needs the environment variable {body[1]}, which is not set; export it, or run hone setup"
            )
        return found

    return _REFERENCE.sub(value, text)


def referenced_names(settings: Settings) -> frozenset[str]:
    """The environment variables that keys, headers, tool servers and search entries are read from: no command's business."""
    private = [(provider.api_key, provider.headers) for provider in settings.providers]
    text = msgspec.json.encode([private, settings.mcp, settings.search]).decode()
    bodies = (_REFERENCE_BODY.fullmatch(body) for body in _REFERENCE.findall(text))
    return frozenset(body[1] for body in bodies if body)


def _user_layer(environ: Mapping[str, str]) -> tuple[Table, list[str]]:
    home = hone_home(environ)
    path = config_path(home)
    source = shown(path, environ)
    text = _read(path, source)
    tree = parse(text or "", source)
    both = path.name == FILE and _exists(home / OTHER_FILE) and text is not None
    return tree, [
        f"{shown(home / OTHER_FILE, environ)} is not read, because {source} is there"
    ] if both else []


def _check_provider_names(tree: Table, settings: Settings) -> None:
    """A name stands before the colon of `provider:model`, so it has no colon itself and is there once."""
    seen: set[str] = set()
    nodes = at(tree, "providers")
    for i, provider in enumerate(settings.providers):
        if not _PROVIDER_NAME.fullmatch(provider.name) or provider.name in seen:
            assert isinstance(nodes, Sequence)
            what = "is there twice" if provider.name in seen else "must be letters, digits, . _ or -"
            raise ConfigError(f"{nodes.items[i].where}: the provider name {quoted(provider.name)} {what}")
        seen.add(provider.name)


def _read(path: Path, source: str) -> str | None:
    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_BYTES + 1), source)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise home_error(path, error) from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise home_error(path, error) from error


def _overlay(lower: Table, upper: Table) -> Table:
    """`upper` over `lower`. A key with nothing behind it leaves what is below."""
    items = dict(lower.items)
    for key, item in upper.items.items():
        below = items.get(key)
        if isinstance(below, Table) and isinstance(item, Table):
            items[key] = _overlay(below, item)
        elif below is None or not (isinstance(item, Scalar) and item.is_null):
            items[key] = item
    return Table(source=lower.source, line=lower.line, items=items)


def _environ_layer(environ: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
    if text := environ.get("HONE_MODEL"):
        yield "roles.main", _words(text, "HONE_MODEL", schema.find("roles.main"))
    for dotted, kind in schema.leaves(schema.settings_type()):
        name = variable(dotted)
        if (text := environ.get(name)) and (schema.takes_scalar(kind) or schema.takes_words(kind)):
            yield dotted, _words(text, name, kind)


def variable(dotted: str) -> str:
    """The environment variable of a dotted key: `HONE_LEARNING_MODE`."""
    return f"HONE_{dotted.upper().replace('.', '_')}"


def _words(text: str, source: str, kind: Any) -> Node:
    """One word, or a list of words if there is a comma or `kind` is nothing but a list."""
    if schema.takes_words(kind) and ("," in text or not schema.takes_scalar(kind)):
        words = [word.strip() for word in text.split(",") if word.strip()]
        return Sequence(source=source, items=tuple(Scalar(source=source, text=word) for word in words))
    return Scalar(source=source, text=text)


def _flag_layer(flags: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    for dotted, value in flags.items():
        if value is None:
            continue
        source = _flag_name(dotted)
        if isinstance(value, (list, tuple)):
            words = tuple(Scalar(source=source, text=str(word), plain=False) for word in value)
            yield dotted, Sequence(source=source, items=words)
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield dotted, Scalar(source=source, text=text)


def _flag_name(dotted: str) -> str:
    """The flag that sets a key, as the command line spells it: --model, --approvals, --max-steps."""
    section, _, name = dotted.rpartition(".")
    if section == "roles":
        return "--model"
    if section == "limits":
        return "--timeout" if name == "seconds" else f"--max-{name}"
    return f"--{section if name == 'mode' else name.replace('_', '-')}"


def _nest(dotted: str, node: Node) -> Table:
    for part in reversed(dotted.split(".")):
        node = Table(source=node.source, items={part: node})
    assert isinstance(node, Table)
    return node


def _misspelled_variables(environ: Mapping[str, str]) -> list[str]:
    known = {variable(dotted) for dotted, _ in schema.leaves(schema.settings_type())} | _NOT_SETTINGS
    strange = [name for name in environ if name.startswith("HONE_") and name not in known]
    close = ((name, difflib.get_close_matches(name[:80], known, n=1, cutoff=0.85)) for name in strange)
    return [f"the variable {name} is not read; did you mean {near[0]}?" for name, near in close if near]


def _origins(tree: Table) -> dict[str, str]:
    return {
        dotted: "default"
        if (node := at(tree, dotted)) is None or schema.is_absent(node, kind)
        else node.where
        for dotted, kind in schema.leaves(schema.settings_type())
    }
