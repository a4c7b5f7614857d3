"""Where a model is reached and how it is spoken to: an endpoint's facts, and what it turned out not to understand."""

import re
from collections.abc import Mapping
from typing import Literal

import httpx2
import msgspec

from hone.config.settings import ModelEntry
from hone.late import late


class Endpoint(msgspec.Struct, frozen=True):
    """One model behind one Chat Completions address. `idle_timeout` is in seconds without a byte."""

    provider: str
    api_base: str
    api_key: str
    entry: ModelEntry
    headers: Mapping[str, str] = {}
    idle_timeout: float = 90.0

    def __repr__(self) -> str:
        return f"Endpoint({self.name} at {self.shown_base})"

    @property
    def name(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.entry.id}"

    @property
    def shown_base(self) -> str:
        """`api_base` for messages: without a user, a password or a query."""
        return re.sub(r"//[^/]*@", "//", self.api_base).partition("?")[0].rstrip("/")


def is_web_address(text: str) -> bool:
    """Whether `text` is a URL that a request can be sent to: of http or https, with a host."""
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


ToolUse = Literal["native", "text", "schema"]
"""How tools are offered: by the protocol, in the prompt, or in the prompt with replies that a JSON Schema constrains."""


class Dialect(msgspec.Struct, frozen=True):
    """The parts of the protocol that an endpoint is asked to understand, and what it wants beside."""

    stream: bool = True
    stream_options: bool = True
    output_limit: str = "max_tokens"
    tools: ToolUse = "native"
    alternating: bool = False  # the user and the assistant by turns


_NO_TOOLS = late(
    r"not support[^.]{0,40}\b(tool|function)"
    r"|\b(tools?|tool.?(use|calls?|calling|choice)|functions?|function.?calling)\b[^.]{0,60}(not supported|unsupported)"
    r"|endpoints found that support tool"
    r"|enable-auto-tool-choice"
    r"|requires --jinja",
    re.IGNORECASE,
)
_MUST_ALTERNATE = late(r"roles must alternate|alternate user/assistant", re.IGNORECASE)
_NO_SCHEMA = late(r"response_format|json_schema|grammar", re.IGNORECASE)
_REFUSAL = late(
    r"support|allow|permit|unknown|unrecogni[sz]ed|unexpected|extra|invalid|forbidden", re.IGNORECASE
)


def without_refused(dialect: Dialect, status: int, body: str) -> Dialect | None:
    """A dialect without what the error answer names as not understood; None if it names nothing that can be left out."""
    if dialect.tools == "native" and status in (400, 404, 422, 500, 501) and _NO_TOOLS.search(body):
        return msgspec.structs.replace(dialect, tools="text")
    if dialect.tools == "schema" and status in (400, 422, 500, 501) and _NO_SCHEMA.search(body):
        return msgspec.structs.replace(dialect, tools="text")
    if not dialect.alternating and status in (400, 422, 500) and _MUST_ALTERNATE.search(body):
        return msgspec.structs.replace(dialect, alternating=True)
    if status not in (400, 422):
        return None
    if dialect.stream and dialect.stream_options and "stream_options" in body:
        return msgspec.structs.replace(dialect, stream_options=False)
    if dialect.output_limit == "max_tokens" and re.search(r"\bmax_tokens\b", body):
        return msgspec.structs.replace(dialect, output_limit="max_completion_tokens")
    if dialect.stream and re.search(r"\bstream(ing)?\b", body) and _REFUSAL.search(body):
        return msgspec.structs.replace(dialect, stream=False)
    return None
