"""What a server offers, made fit for a prompt: names, descriptions and schemas are other people's text. And its cache."""

import hashlib
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hone.config.servers import McpServer
from hone.errors import HoneError
from hone.files import write_atomic
from hone.messages import estimate_tokens
from hone.safety.injection import find_injections
from hone.safety.invisible import reveal

_NOT_OF_A_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_MAX_NAME = 64  # characters: the protocol's limit
_MAX_DESCRIPTION = 1_000  # characters
_MAX_SCHEMA = 8_000  # characters
_MAX_DEPTH = 12
_REMEMBERED = 86_400.0  # seconds
_DROPPED = ("$schema", "$id", "$comment", "title", "examples", "default")


class Offer(msgspec.Struct, frozen=True):
    """A tool of a server, in the server's own words. `destructive`: the server says that it may destroy something."""

    name: str
    description: str
    schema: dict[str, Any]
    destructive: bool = False


class Fitted(msgspec.Struct, frozen=True):
    """A tool as a model may see it; `name` is unique in a session."""

    server: str
    name: str
    offer: Offer

    @property
    def tokens(self) -> int:
        """What it takes in a prompt."""
        return estimate_tokens(
            self.name + self.offer.description + msgspec.json.encode(self.offer.schema).decode()
        )


def fitted(
    server: str, entry: McpServer, offers: Sequence[Offer], taken: Collection[str]
) -> tuple[list[Fitted], list[str]]:
    """The tools of a server that can be offered beside the names `taken`, and why others are left out."""
    names, kept, problems = set(taken), [], []
    for offer in offers:
        if offer.name in entry.deny or "*" in entry.deny:
            continue
        clean = cleaned(offer)
        text = f"{clean.name}\n{clean.description}\n{msgspec.json.encode(clean.schema).decode()}"
        found = [each for each in find_injections(text) if each.severity == "obvious"]
        if found:
            problems.append(
                f"tool {offer.name!r} of the MCP server {server} is left out: its description reads like an attack"
                f" ({found[0].reason})"
            )
            continue
        name = _unique(f"mcp__{server}__{_NOT_OF_A_NAME.sub('_', offer.name) or 'tool'}", names)
        names.add(name)
        kept.append(Fitted(server, name, clean))
    return kept, problems


def cleaned(offer: Offer) -> Offer:
    """The offer without what cannot be seen or only costs tokens, and within bounds."""
    schema = _schema(offer.schema, 0)
    if not isinstance(schema, dict) or len(msgspec.json.encode(schema)) > _MAX_SCHEMA:
        schema = {"type": "object"}
    schema.setdefault("type", "object")
    description = " ".join(reveal(offer.description).split())
    if len(description) > _MAX_DESCRIPTION:
        description = f"{description[: _MAX_DESCRIPTION - 1]}…"
    return msgspec.structs.replace(offer, description=description, schema=schema)


def cache_path(home: Path, server: str, entry: McpServer) -> Path:
    """Where the offers of a server are remembered: another file once its entry changes."""
    digest = hashlib.sha256(msgspec.json.encode([server, entry], order="sorted")).hexdigest()[:16]
    return home / ".cache" / "mcp" / f"{digest}.json"


def read_cache(path: Path, now: float) -> list[Offer] | None:
    """The remembered offers; None if there are none, or they are older than a day."""
    try:
        if now - path.stat().st_mtime > _REMEMBERED:
            return None
        return msgspec.json.decode(path.read_bytes(), type=list[Offer])
    except (OSError, ValueError, RecursionError):  # none yet, or not as we write it
        return None


def write_cache(path: Path, offers: Sequence[Offer]) -> str:
    """Remember them; why that did not work, or nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(path, msgspec.json.encode(list(offers)))
    except (HoneError, OSError) as error:
        return str(error)
    return ""


def _schema(node: Any, depth: int) -> Any:
    """Without what only costs tokens, and no deeper than can be of use."""
    if depth > _MAX_DEPTH:
        return {}
    if isinstance(node, list):
        return [_schema(item, depth + 1) for item in node]
    if isinstance(node, str):
        return reveal(node)
    if not isinstance(node, dict):
        return node
    return {
        key: _schema(value, depth + 1)
        for key, value in node.items()
        if key not in _DROPPED or not isinstance(value, str | list)
    }


def _unique(name: str, taken: Collection[str]) -> str:
    short = name[:_MAX_NAME]
    number = 2
    while short in taken:
        short = f"{name[: _MAX_NAME - len(str(number)) - 1]}_{number}"
        number += 1
    return short
