"""Keys of one model's entry in the user's YAML file: a bare name becomes an entry, every other byte stays as it was."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hone.config import schema
from hone.config.edit import write_scalar
from hone.config.settings import ModelEntry, Settings
from hone.config.yaml_file import Node, Scalar, Sequence, Table, decode, parse
from hone.errors import ConfigError, NotFound
from hone.files import home_error, write_atomic

Values = Mapping[str, str | int]


def set_model(path: Path, provider: str, model: str, values: Values) -> None:
    """Give `model` of `provider` these keys of `ModelEntry`; a model that is not listed is added to the list.

    Raises NotFound if the file has no such provider, ConfigError if it is not valid or is written in a way that cannot
    be changed safely; the file is then untouched. HomeError: it cannot be read or written.
    """
    path = path.resolve()  # a symlink stays one
    try:
        old = path.read_bytes()
    except FileNotFoundError:
        raise NotFound("provider", provider, ()) from None
    except OSError as error:
        raise home_error(path, error) from error
    before = decode(old, str(path))
    settings = _settings(before, path)
    if provider not in (names := [each.name for each in settings.providers]):
        raise NotFound("provider", provider, names)
    after = _changed(before, path, names.index(provider), model, values)
    if after == before:
        return
    expected = _expected(settings, provider, model, values)
    try:
        is_right = _settings(after, path) == expected
    except ConfigError:
        is_right = False
    if not is_right:
        raise _by_hand(path, model, values)
    data = after.encode()
    write_atomic(path, b"\xef\xbb\xbf" + data if old.startswith(b"\xef\xbb\xbf") else data)


def as_yaml(model: str, values: Values) -> str:
    """The entry as it stands in a list of models, on one line."""
    return _flow({"id": model, **values})


def _settings(text: str, path: Path) -> Settings:
    settings: Settings = schema.build(parse(text, str(path)), schema.settings_type())
    return settings


def _changed(text: str, path: Path, provider: int, model: str, values: Values) -> str:
    table = _provider_table(text, path, provider)
    models = table.items.get("models")
    if not isinstance(models, Sequence):
        empty = models.start if isinstance(models, Scalar) else None
        return _with_key(text, table, "models", f"[{as_yaml(model, values)}]", empty)
    place = next((n for n, item in enumerate(models.items) if _name_of(item) == model), None)
    if place is None:
        return _with_item(text, models, as_yaml(model, values))
    if isinstance(item := models.items[place], Scalar):
        written = text[item.start : item.end]
        # a word of a list in lines may hold what ends it in braces
        name = written if item.flow or not item.plain else write_scalar(item.text)
        entry = "{id: " + name + _flow(values).replace("{", ", ", 1)
        return text[: item.start] + entry + text[item.end :]
    for key, value in values.items():
        models_now = _provider_table(text, path, provider).items["models"]
        assert isinstance(models_now, Sequence)
        entry_now = models_now.items[place]
        assert isinstance(entry_now, Table)
        text = _with_value(text, entry_now, key, write_scalar(str(value)))
    return text


def _provider_table(text: str, path: Path, index: int) -> Table:
    providers = parse(text, str(path)).items["providers"]
    assert isinstance(providers, Sequence)
    table = providers.items[index]
    assert isinstance(table, Table)
    return table


def _name_of(item: Node) -> str | None:
    name = item.items.get("id") if isinstance(item, Table) else item
    return name.text if isinstance(name, Scalar) else None


def _with_value(text: str, table: Table, key: str, value: str) -> str:
    old = table.items.get(key)
    if old is None:
        return _with_key(text, table, key, value)
    if old.start == old.end:
        return _with_key(text, table, key, value, old.start)
    return text[: old.start] + value + text[old.end :]


def _with_key(text: str, table: Table, key: str, value: str, empty: int | None = None) -> str:
    """`key` in `table`: behind its colon at `empty`, or a new one behind the others."""
    if empty is not None:
        return text[:empty] + ("" if text[empty - 1].isspace() else " ") + value + text[empty:]
    last = list(table.items.values())[-1]
    if table.flow:
        return f"{text[: last.end]}, {key}: {value}{text[last.end :]}"
    return _with_line(text, last, f"{' ' * table.column}{key}: {value}")


def _with_item(text: str, models: Sequence, item: str) -> str:
    if models.flow:
        if not models.items:
            return text[: models.start + 1] + item + text[models.start + 1 :]
        end = models.items[-1].end
        return f"{text[:end]}, {item}{text[end:]}"
    dash = text.rfind("-", 0, models.items[0].start)
    indent = dash - text.rfind("\n", 0, dash) - 1
    return _with_line(text, models.items[-1], f"{' ' * indent}- {item}")


def _with_line(text: str, after: Node, line: str) -> str:
    found = re.compile(r"\r?\n|$").search(text, _last(text, after))
    assert found is not None
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text[: found.start()]}{newline}{line}{text[found.start() :]}"


def _last(text: str, node: Node) -> int:
    """Where the last written character of `node` stands; the ends of blocks lie behind the comments that follow."""
    if isinstance(node, Scalar) or node.flow:
        return max(len(text[: node.end].rstrip()), node.start)
    return _last(text, (list(node.items.values()) if isinstance(node, Table) else node.items)[-1])


def _flow(values: Values) -> str:
    return "{" + ", ".join(f"{key}: {_word(value)}" for key, value in values.items()) + "}"


def _word(value: str | int) -> str:
    return str(value) if isinstance(value, int) else write_scalar(value)


def _expected(settings: Settings, provider: str, model: str, values: Values) -> Settings:
    place, old = next((n, p) for n, p in enumerate(settings.providers) if p.name == provider)
    models = list(old.models)
    names = [each if isinstance(each, str) else each.id for each in models]
    if model in names:
        listed = models[names.index(model)]
        entry = ModelEntry(id=listed) if isinstance(listed, str) else listed
        models[names.index(model)] = _as_read(entry, values)
    else:
        models.append(_as_read(ModelEntry(id=model), values))
    providers = list(settings.providers)
    providers[place] = msgspec.structs.replace(old, models=tuple(models))
    return msgspec.structs.replace(settings, providers=tuple(providers))


def _as_read(entry: ModelEntry, values: Values) -> ModelEntry:
    return msgspec.convert(msgspec.to_builtins(entry) | dict(values), ModelEntry)


def _by_hand(path: Path, model: str, values: Values) -> ConfigError:
    return ConfigError(f"{path}: cannot be changed safely; write {as_yaml(model, values)} into it by hand")
