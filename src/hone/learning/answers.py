"""The writer's tools on the wire: schemas without what only costs tokens, and arguments as small models write them.

A number as text, a list as one string, null for what is left out. What the fields mean, `proposals` knows.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

_MOST_IDS = 20  # of events, for one item
_MARK = re.compile(r"(?:\d+[.)]|[-*+])\s+")  # of an item of a list


def lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema without descriptions, defaults and the null that stands for what is left out."""
    return {name: _lean(name, value) for name, value in schema.items() if name not in _WORDS}


def tidied(written: Mapping[str, Any], tool: str) -> dict[str, Any]:
    """The arguments of `tool` as its type has them, from what was written; what cannot be helped is left as it is."""
    fields = {name: value for name, value in written.items() if value is not None}
    if tool == "skill_revise" and "ops" not in fields and "op" in fields:  # one operation, not in a list
        fields["ops"] = [dict(fields)]
    for name, tidy in (("steps", _step), ("gotchas", _gotcha), ("ops", _operation)):
        if name in fields:
            fields[name] = [tidy(item) for item in _as_list(fields[name])]
    if tool == "memory_update":
        fields = {"text": ""} | _operation(fields)
        fields["file"] = str(fields.get("file", "")).removesuffix(".md")
    return fields if tool == "skill_create" else {"reason": ""} | fields


_WORDS = ("description", "default")


def _lean(name: str, value: Any) -> Any:
    if name == "properties":  # whose names are the fields' own
        return {field: _alone(lean(schema)) for field, schema in value.items()}
    return lean(value) if isinstance(value, dict) else value


def _alone(schema: dict[str, Any]) -> dict[str, Any]:
    """The one type of a field that may also be null."""
    types = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return lean(types[0]) if len(types) == 1 else schema


def _step(item: object) -> object:
    text = item.get("text") if isinstance(item, dict) else item
    return _unmarked(text) if isinstance(text, str) else text


def _gotcha(item: object) -> object:
    return _operation({"text": item}) if isinstance(item, str) else _operation(item)


def _operation(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    fields = {name: value for name, value in item.items() if value is not None}
    for name in ("text", "old"):
        if isinstance(fields.get(name), str):
            fields[name] = _unmarked(fields[name])
    if "evidence" in fields:
        named = re.findall(r"\d+", str(fields["evidence"]))
        fields["evidence"] = list(dict.fromkeys(f"e{number}" for number in named))[:_MOST_IDS]
    if "tripwire" in fields:
        fields["tripwire"] = _tripwire(fields["tripwire"], fields.get("text"))
    return fields


def _tripwire(written: Any, text: object) -> dict[str, Any] | None:
    """A tripwire's fields; words alone are its `has`, and where it does not say anything the gotcha does."""
    if not written:
        return None
    fields = written if isinstance(written, dict) else {"has": written}
    literals = {name: _literals(fields.get(name)) for name in ("has", "lacks", "unless_after")}
    say = next((each for each in (fields.get("say"), text) if isinstance(each, str) and each.strip()), "")
    tool = fields.get("tool")
    return {
        "tool": tool if isinstance(tool, str) and tool else "shell",
        "say": " ".join(say.split()),
    } | literals


def _literals(value: object) -> list[str]:
    """The texts of a list, or one text, without the backticks of a code span around it."""
    listed = value if isinstance(value, list) else [] if value is None else [value]
    texts = (" ".join(str(each).split()).strip("`") for each in listed if each is not None)
    return [text for text in texts if text]


def _as_list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        return [value]
    if value.lstrip().startswith(("[", "{")):
        try:
            return _as_list(msgspec.json.decode(value))
        except (ValueError, RecursionError):
            pass  # a text that happens to begin so
    return _items(value)


def _items(text: str) -> list[str]:
    """The items of a list written as one text: where some lines have a number or bullet, the others go on with theirs."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not any(map(_MARK.match, lines)):
        return lines
    items: list[str] = []
    for line in lines:
        if _MARK.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f"\n{line}"
    return items


def _unmarked(text: str) -> str:
    text = text.strip()
    return _MARK.sub("", text, count=1) if _MARK.match(text) else text
