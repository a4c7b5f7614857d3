"""The tool `web_fetch`: one page of the web as text, from public hosts and from those that the user allows.

Each hop of a redirect is resolved once, checked, and connected to at the very address that was checked. Nothing of the
user goes along: no cookies, no credentials, no proxy of the environment (which would look the host up again).
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import httpx2
import msgspec

from hone.messages import Trust
from hone.safety.approve import Intent
from hone.tools.access import Refusal, printable
from hone.tools.addresses import Address, is_allowed, is_loopback, is_public, parse
from hone.tools.base import Tool, ToolOutput
from hone.tools.pages import decoded, markdown, title_of

MAX_BYTES = 5_000_000
MAX_CHARS = 40_000
_MAX_ERROR_CHARS = 2000
_MAX_REDIRECTS = 5
_MAX_ADDRESSES = 4  # of one host, tried in turn
_SECONDS = 30.0
_CONNECT_SECONDS = 6.0
_HEADERS = {
    "User-Agent": "hone (web_fetch)",
    "Accept": "text/markdown, text/html;q=0.9, application/json;q=0.9, text/*;q=0.8, */*;q=0.1",
    "Accept-Encoding": "gzip",
}
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript", "application/yaml")
_TEXT_ENDINGS = ("+json", "+xml", "/x-yaml", "/toml", "/x-sh", "/x-ndjson", "/graphql", "/sql")
_HTML_TYPES = ("text/html", "application/xhtml+xml")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host and port, in the order in which to try them. Raises OSError."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class WebAccess(msgspec.Struct, frozen=True):
    """What web tools work with: `allow_private` names hosts (or host:port) whose addresses need not be public."""

    allow_private: tuple[str, ...] = ()
    resolve: Resolve = system_resolve


class WebFetch(msgspec.Struct, frozen=True):
    """Arguments of `web_fetch`."""

    url: str
    raw: Annotated[bool, msgspec.Meta(description="HTML source instead of Markdown")] = False
    offset: Annotated[int, msgspec.Meta(description="first character")] = 0


class _Page(msgspec.Struct, frozen=True):
    url: str
    status: int
    type: str
    charset: str | None
    data: bytes
    cut: bool
    trust: Trust


def web_tools(web: WebAccess) -> tuple[Tool, ...]:
    """`web_fetch`."""

    async def web_fetch(arguments: WebFetch) -> ToolOutput:
        try:
            async with asyncio.timeout(_SECONDS):
                page = await _fetch(web, arguments.url)
                return await asyncio.to_thread(_output, page, arguments)
        except TimeoutError:
            return Refusal(f"{arguments.url} took longer than {_SECONDS:.0f} s").output
        except Refusal as refusal:
            return refusal.output

    return (
        Tool(
            name="web_fetch",
            description="Fetch a web page as Markdown.",
            arguments=WebFetch,
            run=web_fetch,
            parallel=True,
            intent=lambda arguments: Intent("fetch", arguments.url),
        ),
    )


async def _fetch(web: WebAccess, text: str) -> _Page:
    """The page at `text` after redirects. Raises Refusal."""
    url = _url(text)
    trust: Trust = "workspace"
    transport = await asyncio.to_thread(httpx2.AsyncHTTPTransport)  # reads certificates, which takes a while
    async with transport:
        for _ in range(_MAX_REDIRECTS + 1):
            addresses = await _checked_addresses(web, url)
            if not all(is_loopback(address) for address in addresses):
                trust = "external"
            response = await _get(transport, url, addresses)
            try:
                target = response.headers.get("location")
                if response.status_code not in (301, 302, 303, 307, 308) or not target:
                    return await _read(response, url, trust)
            finally:
                await response.aclose()
            url = _url(target, url)
    raise Refusal(f"{text} redirects more than {_MAX_REDIRECTS} times")


def _url(text: str, base: httpx2.URL | None = None) -> httpx2.URL:
    try:
        url = base.join(text) if base is not None else httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise Refusal(f"{text[:200]!r} is no web address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Refusal(f"{str(url)[:200]!r} is no web address; it must begin with https:// or http://")
    if url.userinfo:
        raise Refusal(f"{url.scheme}://{url.host} was given with a name or password; leave those out")
    return url.copy_with(fragment=None)


async def _checked_addresses(web: WebAccess, url: httpx2.URL) -> list[Address]:
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        addresses = [parse(text) for text in await web.resolve(url.host, port)][:_MAX_ADDRESSES]
    except (OSError, UnicodeError, ValueError, OverflowError) as error:
        raise Refusal(f"the host {url.host} is not known; check the address") from error
    if not addresses:
        raise Refusal(f"the host {url.host} has no address; check the address")
    if is_allowed(url.host, port, web.allow_private):
        return addresses
    for address in addresses:
        if not is_public(address):
            raise Refusal(
                f"{url.host} ({address}) is a private or reserved address; "
                f"the user can allow it: web.allow_private: [{url.host}:{port}] in the configuration"
            )
    return addresses


async def _get(
    transport: httpx2.AsyncHTTPTransport, url: httpx2.URL, addresses: Sequence[Address]
) -> httpx2.Response:
    """The answer of the first address that takes a connection; its body is not read yet."""
    problem: Exception | None = None
    for address in addresses:
        request = httpx2.Request(
            "GET",
            url.copy_with(host=str(address)),
            headers={**_HEADERS, "Host": url.netloc.decode("ascii")},
            extensions={
                "sni_hostname": url.raw_host.decode("ascii"),
                "timeout": {
                    "connect": _CONNECT_SECONDS,
                    "read": _SECONDS,
                    "write": _SECONDS,
                    "pool": _SECONDS,
                },
            },
        )
        try:
            response = await transport.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            problem = error
        except httpx2.HTTPError as error:
            raise Refusal(f"{url} gave no usable answer: {_said(error)}") from error
        else:
            response.request = request
            return response
    assert problem is not None
    raise Refusal(f"{url} cannot be reached: {_said(problem)}") from problem


async def _read(response: httpx2.Response, url: httpx2.URL, trust: Trust) -> _Page:
    kind, _, _ = response.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind and not kind.startswith(_TEXT_TYPES) and not kind.endswith(_TEXT_ENDINGS):
        size = response.headers.get("content-length", "")
        length = f", {int(size):,} bytes" if re.fullmatch(r"[0-9]{1,15}", size) else ""
        raise Refusal(
            f"{url} ({response.status_code}) is no text: {kind}{length}; use the shell to download it"
        )
    data = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > MAX_BYTES:
                break
    except httpx2.HTTPError as error:
        raise Refusal(f"{url} broke off: {_said(error)}") from error
    return _Page(
        url=str(url),
        status=response.status_code,
        type=kind,
        charset=response.charset_encoding,
        data=bytes(data[:MAX_BYTES]),
        cut=len(data) > MAX_BYTES,
        trust=trust,
    )


def _output(page: _Page, arguments: WebFetch) -> ToolOutput:
    source = decoded(page.data, page.charset)
    if source is None:
        raise Refusal(f"{page.url} ({page.status}) is no text: binary data; use the shell to download it")
    is_html = page.type in _HTML_TYPES or (not page.type and source.lstrip()[:1] == "<")
    title = title_of(source) if is_html else ""
    text = markdown(source, page.url) if is_html and not arguments.raw else source
    start = max(arguments.offset, 0)
    ok = page.status < 400
    shown = text[start : start + (MAX_CHARS if ok else _MAX_ERROR_CHARS)]
    end = start + len(shown)
    lines = [
        f"{page.url} ({page.status}, {page.type or 'no type'})",
        *([f"Title: {title}"] if title else []),
        "",
        shown,
    ]
    if start or end < len(text):
        more = f"; go on with offset {end}" if shown and end < len(text) else ""
        lines.append(f"[characters {start:,}-{end:,} of {len(text):,}{more}]")
    if page.cut:
        lines.append(f"[only the first {MAX_BYTES:,} bytes were read]")
    return ToolOutput(printable("\n".join(lines)), ok=ok, trust=page.trust)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
