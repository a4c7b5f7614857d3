"""The MCP servers of the settings, as typed values. They are spelled as other clients do, so what only those know is passed over."""

from collections.abc import Mapping
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
