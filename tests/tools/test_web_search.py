"""`web_search` against local servers that speak the wire format of each service."""

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.models.raw_server import Got, RawServer, http

from hone.config.settings import SearchEntry
from hone.errors import ConfigError
from hone.tools.base import ToolOutput
from hone.tools.web_search import WebSearch, web_search_tool

FOUND: list[dict[str, str | None]] = [
    {"url": "https://a.example/x", "title": "The <b>first</b>", "content": "One &amp; only.\nNext line."},
    {"url": "https://b.example/", "title": None, "content": "second\x1b[2J"},
    {"title": "no address"},
]
BRAVE = [
    {"url": each.get("url", ""), "title": each.get("title"), "description": each.get("content")}
    for each in FOUND
]
TEXT = "1. The first\n   https://a.example/x\n   One & only. Next line.\n\n2. https://b.example/\n   https://b.example/\n   second\x1b[2J"


def answered(value: object, status: str = "200 OK", kind: str = "application/json") -> bytes:
    return http(value if isinstance(value, bytes) else json.dumps(value).encode(), status, kind)


def search(
    kind: str, answer: bytes | str, query: str = "how to", count: int = 5
) -> tuple[ToolOutput, list[Got]]:
    with RawServer([[answer]]) as server:  # type: ignore[list-item]
        base = f"http://127.0.0.1:{server.port}"
        tool = web_search_tool(SearchEntry(kind=kind, url=base), lambda: "the-key")  # type: ignore[arg-type]
        return asyncio.run(tool.run(WebSearch(query, count))), server.got


def test_a_searxng_is_asked_for_json() -> None:
    output, (got,) = search("searxng", answered({"query": "how to", "results": FOUND}))
    assert (output.text, output.ok) == (TEXT, True)
    assert got.line.startswith("GET /search?")
    assert parse_qs(urlsplit(got.line.split()[1]).query) == {"q": ["how to"], "format": ["json"]}


def test_a_brave_is_asked_with_its_key() -> None:
    output, (got,) = search("brave", answered({"type": "search", "web": {"results": BRAVE}}))
    assert (output.text, output.ok) == (TEXT, True)
    assert got.line.startswith("GET /web/search?q=how+to&count=5") or "q=how%20to&count=5" in got.line
    assert got.headers["x-subscription-token"] == "the-key"


def test_a_tavily_is_asked_with_its_key() -> None:
    output, (got,) = search("tavily", answered({"query": "how to", "results": FOUND}), count=99)
    assert (output.text, output.ok) == (TEXT, True)
    assert got.line.startswith("POST /search ")
    assert got.headers["authorization"] == "Bearer the-key"
    assert got.json == {"query": "how to", "max_results": 10}


def test_what_a_service_says_is_external_and_the_search_is_a_fetch() -> None:
    tool = web_search_tool(SearchEntry(kind="brave"), lambda: "")
    intent = tool.intent(WebSearch("a b"))
    assert (tool.trust, intent.kind) == ("external", "fetch")
    assert intent.subject.startswith("https://api.search.brave.com/res/v1/web/search?q=a")


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        ("searxng", answered(b"<html>", kind="text/html"), "needs json among search.formats"),
        ("searxng", answered({}, "403 Forbidden"), "search.formats"),
        ("tavily", answered({"detail": "no"}, "401 Unauthorized"), "check search.api_key"),
        ("brave", answered({}, "429 Too Many Requests"), "too many searches"),
        ("brave", answered({}, "500 Internal Server Error"), "answered 500"),
        ("brave", answered([1]), "something else than JSON results"),
        ("brave", "reset", "no usable answer"),
        ("brave", answered(b"x" * 2_100_000), "more than 2,000,000 bytes"),
    ],
)
def test_a_failure_is_a_result_that_says_what_to_do(kind: str, answer: bytes | str, said: str) -> None:
    output, _ = search(kind, answer)
    assert not output.ok
    assert said in output.text
    assert "the-key" not in output.text


def test_nothing_found_is_said() -> None:
    output, _ = search("brave", answered({"web": {"results": []}}))
    assert (output.text, output.ok) == ("nothing was found; try other words", True)


def test_a_key_that_is_missing_is_a_result() -> None:
    def missing() -> str:
        raise ConfigError("search.api_key: KEY is not set")

    tool = web_search_tool(SearchEntry(kind="brave"), missing)
    output = asyncio.run(tool.run(WebSearch("x")))
    assert (output.text, output.ok) == ("search.api_key: KEY is not set", False)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{kind: searxng}", "search.url is missing"),
        ("{kind: brave, url: nowhere}", "must begin with http"),
        ("{api_key: x}", "search.kind is missing"),
        ("{kind: google}", "search.kind"),
    ],
)
def test_settings_that_make_no_sense_end_with_one_line(tmp_path: Path, written: str, said: str) -> None:
    from tests.cli.driving import Hone

    hone = Hone(tmp_path).use("http://127.0.0.1:9/v1", f"search: {written}\n")
    done = hone("run", "x")
    assert done.is_usage_error(), done
    assert said in done.err
