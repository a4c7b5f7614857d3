"""A first config file: an endpoint chosen by a known name or an address, written as a person would write it."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hone.config import schema
from hone.config.detect import HOSTED, LOCAL
from hone.config.edit import write_scalar
from hone.config.settings import ModelEntry, Provider
from hone.config.yaml_file import parse
from hone.errors import NotFound, UsageError
from hone.files import home_error, write_atomic

KNOWN = tuple(preset.name for preset in (*HOSTED, *LOCAL))
"""Names that stand for an endpoint."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def endpoint(choice: str) -> Provider:
    """The endpoint that `choice` (a name in KNOWN, or an address) stands for; models only if they are known here.

    `api_key` is a reference to the variable that usually holds the key, empty for a local server.
    Raises UsageError if it is neither.
    """
    for hosted in HOSTED:
        if choice.lower() == hosted.name or choice.rstrip("/") == hosted.api_base.rstrip("/"):
            return Provider(
                name=hosted.name, api_base=hosted.api_base, api_key=f"${{{hosted.key}}}", models=hosted.models
            )
    for local in LOCAL:
        if choice.lower() == local.name:
            return Provider(name=local.name, api_base=local.api_base)
    if "://" not in choice:
        raise NotFound("endpoint", choice, KNOWN)
    name = _name_of(choice)
    key = "" if name == "local" else f"${{{re.sub('[^A-Z0-9]', '_', name.upper())}_API_KEY}}"
    return Provider(name=name, api_base=choice, api_key=key)


def as_reference(key: str, environ: Mapping[str, str]) -> str:
    """`key`, or `${NAME}` if it is the name of a variable that is set: so a key need not stand in the file."""
    return f"${{{key}}}" if _VARIABLE.fullmatch(key) and environ.get(key) else key


def config_text(provider: Provider) -> str:
    """The YAML of a file with this one provider."""
    lines = [
        "# Settings of hone. `hone config show --origin` lists every key and where its value comes from.",
        "providers:",
        f"  - name: {write_scalar(provider.name)}",
        f"    api_base: {write_scalar(provider.api_base)}",
        *([f"    api_key: {write_scalar(provider.api_key)}"] if provider.api_key else []),
        "    models:",
    ]
    uses = ["  # main and writer", "  # routine: titles, summaries, chores"]
    for model, use in zip(provider.models, uses, strict=False):
        lines.append(f"      - {write_scalar(model.id if isinstance(model, ModelEntry) else model)}{use}")
    return "\n".join(lines) + "\n"


def write_config(path: Path, provider: Provider) -> Path | None:
    """Write `config_text` to `path` with mode 0600. A file that was there is kept beside it; its new path is returned.

    Raises ConfigError if the values do not make a valid file, HomeError if it cannot be written; nothing is changed.
    """
    text = config_text(provider)
    schema.build(parse(text, str(path)), schema.settings_type())
    path = path.resolve()
    try:
        old = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise home_error(path, error) from error
    kept = None
    if old is not None:
        kept = path.with_name(f"{path.name}.bak")
        write_atomic(kept, old)
    write_atomic(path, text.encode())
    return kept


def with_models(provider: Provider, api_key: str, models: tuple[str, ...]) -> Provider:
    """`provider` with this key and these models."""
    return msgspec.structs.replace(provider, api_key=api_key, models=models)


def _name_of(address: str) -> str:
    """A short name for an address: `sandbase` of https://api.sandbase.ai/v1, `local` of this machine's."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port  # raises if the port is out of range
    except ValueError as error:
        raise UsageError(f"{address} is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{address} is not an address such as https://host/v1")
    labels = [label for label in host.split(".") if label not in ("api", "www")]
    if host == "localhost" or ":" in host or host.replace(".", "").isdigit() or not labels:
        return "local"
    return re.sub(r"[^\w-]", "-", labels[0])
