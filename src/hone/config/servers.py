"""The MCP servers of the settings, as typed values. They are spelled as other clients do, so what only those know is passed over."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hone.errors import ConfigError

_NAME = Annotated[str, Meta(pattern=r"^(?=.{1,40}$)[a-zA-Z0-9-]+(_[a-zA-Z0-9-]+)*$")]
_SECONDS = 60.0


class McpServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One server: a `command` to start, or a `url` that speaks streamable HTTP. Texts may hold ${NAME}.

    `timeout` is in seconds for a call. `allow` are tools that run unasked (`*`: all), `deny` those that are not offered.
    """

    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    cwd: str = ""
    url: str = ""
    headers: dict[str, str] = {}
    type: Literal["stdio", "http", "streamable-http", "streamable_http", "streamableHttp"] | None = None
    disabled: bool = False
    timeout: Annotated[float, Meta(gt=0)] = _SECONDS
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


def servers(entries: Mapping[str, Any]) -> dict[str, McpServer]:
    """The servers that are on, by name. Raises ConfigError for an entry that is none."""
    found: dict[str, McpServer] = {}
    for name, entry in entries.items():
        where = f"mcp.{name} in config.yaml"
        try:
            msgspec.convert(name, _NAME)
            server = msgspec.convert(entry, McpServer, strict=False)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{where}: {error}") from error
        if bool(server.command) == bool(server.url):
            raise ConfigError(f"{where}: it needs a command to start or a url, one of the two")
        if server.url and not server.url.startswith(("http://", "https://", "${")):
            raise ConfigError(f"{where}: url must begin with http:// or https://")
        if not server.disabled:
            found[name] = server
    return found


def passed_over(entries: Mapping[str, Any]) -> Iterator[str]:
    """What there is to say of keys that hone does not know."""
    for name, entry in entries.items():
        unknown = [key for key in entry if key not in McpServer.__struct_fields__]
        if unknown:
            yield f"mcp.{name} in config.yaml: {', '.join(map(str, unknown))} is not known to hone and passed over"


def written_keys(entries: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What entries give to processes and send as headers, by name: some of it may be keys that stand there as they are."""
    for entry in entries.values():
        for part in ("env", "headers"):
            values = entry.get(part) if isinstance(entry, Mapping) else None
            if isinstance(values, Mapping):
                words = {str(name).replace("-", "_"): str(value).split() for name, value in values.items()}
                yield {name: each[-1] for name, each in words.items() if each and "${" not in each[-1]}
