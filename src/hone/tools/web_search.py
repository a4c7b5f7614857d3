"""The tool `web_search`: asks the search service that the user named, a SearXNG, Brave or Tavily, and gives its results as text."""

import asyncio
import html
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import httpx2
import msgspec

from hone.config.settings import SearchEntry
from hone.errors import ConfigError
from hone.safety.approve import Intent
from hone.tools.access import Refusal, printable
from hone.tools.base import Tool, ToolOutput

_SECONDS = 20.0
_MAX_BYTES = 2_000_000
_MOST = 10  # results
_TITLE, _SNIPPET, _ADDRESS = 200, 400, 500  # characters
_TAG = re.compile(r"<[^>]{0,200}>")
_BRAVE = "https://api.search.brave.com/res/v1"
_TAVILY = "https://api.tavily.com"


class WebSearch(msgspec.Struct, frozen=True):
    """Arguments of `web_search`."""

    query: str
    count: Annotated[int, msgspec.Meta(description="results, at most 10")] = 5


class _Result(msgspec.Struct, frozen=True):
    """A result as one of the services gives it; each has its own words for the snippet."""

    url: str = ""
    title: str | None = ""
    content: str | None = None  # SearXNG, Tavily
    description: str | None = None  # Brave


class _Answer(msgspec.Struct, frozen=True):
    results: Sequence[_Result] = ()


class _BraveAnswer(msgspec.Struct, frozen=True):
    web: _Answer = _Answer()


class _Service(msgspec.Struct, frozen=True):
    """How a service is asked: method, path, headers, parameters or body; and how its answer is read."""

    base: str
    path: str
    asked: Callable[[str, int, str], dict[str, Any]]
    method: str = "GET"
    brave: bool = False


_SERVICES = {
    "searxng": _Service(
        "", "/search", lambda query, _count, _key: {"params": {"q": query, "format": "json"}}
    ),
    "brave": _Service(
        _BRAVE,
        "/web/search",
        lambda query, count, key: {
            "params": {"q": query, "count": str(count)},
            "headers": {"X-Subscription-Token": key},
        },
        brave=True,
    ),
    "tavily": _Service(
        _TAVILY,
        "/search",
        lambda query, count, key: {
            "json": {"query": query, "max_results": count},
            "headers": {"Authorization": f"Bearer {key}"},
        },
        method="POST",
    ),
}


def web_search_tool(search: SearchEntry, api_key: Callable[[], str]) -> Tool:
    """The tool for a configured service. `search.kind` is set; `api_key` gives its key, and may raise ConfigError."""
    assert search.kind is not None
    service = _SERVICES[search.kind]
    base = (search.url or service.base).rstrip("/")
    address = base if base.endswith(service.path) else f"{base}{service.path}"

    async def web_search(arguments: WebSearch) -> ToolOutput:
        count = min(max(arguments.count, 1), _MOST)
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _ask(service, address, service.asked(arguments.query, count, api_key()))
        except ConfigError as error:
            return ToolOutput(str(error), ok=False)
        except TimeoutError:
            return Refusal(f"the search at {address} took longer than {_SECONDS:.0f} s").output
        except Refusal as refusal:
            return refusal.output
        return _output(search.kind or "", service, body, count)

    return Tool(
        name="web_search",
        description="Search the web: titles, addresses, snippets.",
        arguments=WebSearch,
        run=web_search,
        parallel=True,
        intent=lambda arguments: Intent("fetch", str(httpx2.URL(address, params={"q": arguments.query}))),
        trust="external",
    )


async def _ask(service: _Service, address: str, asked: dict[str, Any]) -> bytes:
    headers = {"accept": "application/json", "user-agent": "hone (web_search)", **asked.pop("headers", {})}
    try:
        async with (
            httpx2.AsyncClient(timeout=_SECONDS) as client,
            client.stream(service.method, address, headers=headers, **asked) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise Refusal(f"the search at {address} gave more than {_MAX_BYTES:,} bytes")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        why = str(error) or type(error).__name__
        raise Refusal(f"the search at {address} gave no usable answer: {why}") from error
    if problem := _problem(response.status_code):
        raise Refusal(f"the search at {address} answered {response.status_code}: {problem}")
    return bytes(body)


def _problem(status: int) -> str:
    if status == 200:
        return ""
    if status in (401, 403):
        return "the user has to check search.api_key (SearXNG: search.formats in its settings must have json)"
    if status == 429:
        return "too many searches; wait, or go on without"
    return "go on without it, or fetch a page that you know"


def _output(kind: str, service: _Service, body: bytes, count: int) -> ToolOutput:
    try:
        answer = (
            msgspec.json.decode(body, type=_BraveAnswer).web
            if service.brave
            else msgspec.json.decode(body, type=_Answer)
        )
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        hint = "; a SearXNG needs json among search.formats in its settings" if kind == "searxng" else ""
        return ToolOutput(
            f"the search service answered with something else than JSON results{hint}", ok=False
        )
    found = [result for result in answer.results if result.url][:count]
    if not found:
        return ToolOutput("nothing was found; try other words")
    return ToolOutput(printable("\n\n".join(_told(number, each) for number, each in enumerate(found, 1))))


def _told(number: int, result: _Result) -> str:
    lines = [
        f"{number}. {_plain(result.title or result.url, _TITLE)}",
        f"   {_plain(result.url, _ADDRESS)}",
        f"   {_plain(result.content or result.description or '', _SNIPPET)}",
    ]
    return "\n".join(line for line in lines if line.strip())


def _plain(text: str, most: int) -> str:
    line = " ".join(html.unescape(_TAG.sub("", text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
