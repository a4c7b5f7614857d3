"""`web_fetch` against real servers on the loopback, with a resolver of our own where names matter."""

import asyncio
import contextlib
import gzip
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.safety.approve import Intent
from hone.tools import web as web_module
from hone.tools.addresses import is_allowed, is_loopback, is_public, parse
from hone.tools.base import ToolOutput
from hone.tools.pages import decoded, markdown, title_of
from hone.tools.web import MAX_BYTES, Resolve, WebAccess, WebFetch, system_resolve, web_tools

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]


class Server:
    """A web server with one page for each path; it remembers the requests' headers."""

    def __init__(self, pages: dict[str, Answer | Callable[[], Answer]]) -> None:
        self.pages = pages
        self.seen: list[tuple[str, Headers]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                page = outer.pages.get(self.path, (404, {}, b"no such page"))
                status, headers, body = page() if callable(page) else page
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> "Server":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server({}) as server:
        yield server


def fixed(*addresses: str) -> Resolve:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


def fetch(
    url: str, *allowed: str, resolve: Resolve = system_resolve, raw: bool = False, offset: int = 0
) -> ToolOutput:
    (tool,) = web_tools(WebAccess(allowed, resolve))

    async def run() -> ToolOutput:
        return await tool.run(WebFetch(url, raw, offset))

    return asyncio.run(run())


HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain"}


def test_a_page_becomes_markdown_with_its_title_and_absolute_links(server: Server) -> None:
    body = (
        "<title>A &amp; B</title><nav>menu</nav><script>code()</script><style>p{}</style>"
        "<main><h1>Häuser</h1><p>See <a href='x'>this</a>.</p></main><footer>foot</footer>"
    )
    server.pages["/dir/page"] = (200, HTML, body.encode())
    output = fetch(f"{server.url}/dir/page#part", "127.0.0.1")
    assert output == ToolOutput(
        f"{server.url}/dir/page (200, text/html)\nTitle: A & B\n\n# Häuser\n\nSee [this]({server.url}/dir/x)."
    )
    raw = fetch(f"{server.url}/dir/page", "127.0.0.1", raw=True)
    assert raw.text.endswith(f"\n\n{body}")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/problem+json", ""])
def test_other_text_is_shown_as_it_is(server: Server, kind: str) -> None:
    server.pages["/"] = (200, {"Content-Type": kind}, b'{"a": "<b>"}')
    assert fetch(server.url, "127.0.0.1").text.endswith('\n\n{"a": "<b>"}')


def test_a_compressed_page_is_read(server: Server) -> None:
    server.pages["/"] = (200, TEXT | {"Content-Encoding": "gzip"}, gzip.compress(b"hello"))
    assert fetch(server.url, "127.0.0.1").text.endswith("\n\nhello")
    server.pages["/"] = (200, TEXT | {"Content-Encoding": "gzip"}, b"not gzip")
    assert "broke off" in fetch(server.url, "127.0.0.1").text


def test_what_is_no_text_is_refused_with_its_type_and_size(server: Server) -> None:
    server.pages["/a"] = (200, {"Content-Type": "image/png", "Content-Length": "4"}, b"\x89PNG")
    server.pages["/b"] = (200, {"Content-Type": "text/plain"}, b"a\0b")
    assert fetch(f"{server.url}/a", "127.0.0.1").text.endswith(
        "/a (200) is no text: image/png, 4 bytes; use the shell to download it"
    )
    assert "binary data" in fetch(f"{server.url}/b", "127.0.0.1").text


def test_an_error_status_is_a_failed_call_with_the_beginning_of_the_body(server: Server) -> None:
    server.pages["/"] = (500, TEXT, b"x" * 5000)
    output = fetch(server.url, "127.0.0.1")
    assert not output.ok
    assert (
        output.text.startswith(f"{server.url}/ (500, text/plain)\n\nxxx")
        or "(500, text/plain)" in output.text
    )
    assert output.text.endswith("[characters 0-2,000 of 5,000; go on with offset 2000]")


def test_a_long_text_is_shown_in_parts(server: Server) -> None:
    server.pages["/"] = (200, TEXT, b"a" * 40_000 + b"b" * 10)
    first = fetch(server.url, "127.0.0.1").text
    assert first.endswith("a\n[characters 0-40,000 of 40,010; go on with offset 40000]")
    assert fetch(server.url, "127.0.0.1", offset=40_000).text.endswith(
        f"\n\n{'b' * 10}\n[characters 40,000-40,010 of 40,010]"
    )
    assert "[characters 50,000-50,000 of 40,010]" in fetch(server.url, "127.0.0.1", offset=50_000).text


def test_no_more_than_the_cap_is_read(server: Server) -> None:
    server.pages["/"] = (200, TEXT, b"a" * (MAX_BYTES + 500_000))
    assert fetch(server.url, "127.0.0.1").text.endswith("[only the first 5,000,000 bytes were read]")


def test_a_slow_server_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_module, "_SECONDS", 0.3)
    done = threading.Event()

    def slow() -> Answer:
        done.wait(10)
        return 200, TEXT, b""

    server.pages["/"] = slow
    started = time.monotonic()
    output = fetch(server.url, "127.0.0.1")
    done.set()
    assert not output.ok
    assert time.monotonic() - started < 5


def test_redirects_are_followed_and_every_hop_is_checked(server: Server) -> None:
    server.pages["/a"] = (302, {"Location": "b"}, b"")
    server.pages["/b"] = (200, TEXT, b"arrived")
    assert fetch(f"{server.url}/a", "127.0.0.1").text == f"{server.url}/b (200, text/plain)\n\narrived"
    for target in ("http://10.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://[::1]:1/"):
        server.pages["/a"] = (302, {"Location": target}, b"")
        assert not fetch(f"{server.url}/a", "127.0.0.1").ok
    assert len(server.seen) == 6


def test_a_loop_of_redirects_ends(server: Server) -> None:
    server.pages["/"] = (302, {"Location": "/"}, b"")
    assert "redirects more than 5 times" in fetch(server.url, "127.0.0.1").text
    assert len(server.seen) == 6


def test_nothing_of_the_user_goes_along(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.pages["/"] = (302, {"Location": "/b", "Set-Cookie": "a=b"}, b"")
    server.pages["/b"] = (200, TEXT, b"x")
    assert fetch(server.url, "127.0.0.1").ok
    for _, headers in server.seen:
        assert not {"cookie", "authorization", "referer"} & set(headers)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://127。0。0。1:{port}/",
    ],
)
def test_no_spelling_of_the_own_machine_is_reached_without_leave(server: Server, url: str) -> None:
    output = fetch(url.format(port=server.port))
    assert not output.ok
    assert output.text
    assert server.seen == []


def test_the_refusal_says_how_the_user_can_allow_the_host(server: Server) -> None:
    output = fetch(server.url)
    assert f"web.allow_private: [127.0.0.1:{server.port}]" in output.text
    assert fetch(f"{server.url}/", f"127.0.0.1:{server.port}").text.endswith("no such page")
    assert "private or reserved" in fetch(server.url, "127.0.0.1:1").text


def test_a_host_with_one_private_address_among_public_ones_is_refused() -> None:
    output = fetch("http://page.test/", resolve=fixed("93.184.216.34", "192.168.0.1"))
    assert "page.test (192.168.0.1) is a private or reserved address" in output.text


def test_a_host_is_resolved_once_and_reached_at_the_address_that_was_checked(server: Server) -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    server.pages["/"] = (200, TEXT, b"here")
    output = fetch(f"http://page.test:{server.port}/", "page.test", resolve=rebinding)
    assert output.text.endswith("here")
    assert asked == ["page.test"]
    assert server.seen[0][1]["host"] == f"page.test:{server.port}"


def test_the_next_address_is_tried_when_one_takes_no_connection(server: Server) -> None:
    server.pages["/"] = (200, TEXT, b"here")
    both = fixed("::1", "127.0.0.1")
    assert fetch(f"http://page.test:{server.port}/", "page.test", resolve=both).text.endswith("here")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("example.com", "must begin with https://"),
        ("ftp://example.com/", "must begin with https://"),
        ("http://", "must begin with https://"),
        ("http://me:secret@example.com/", "leave those out"),
        ("http://１２７.0.0.1/", "is no web address"),
        ("http://[", "has no address"),
        ("http://x:99999999/", "has no address"),
        ("", "is no web address"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str, said: str) -> None:
    output = fetch(url, resolve=fixed())
    assert not output.ok
    assert said in output.text
    assert "secret" not in output.text


def test_an_unknown_host_and_a_closed_port_are_said() -> None:
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    assert "is not known" in fetch("http://page.test/", resolve=unknown).text
    assert "has no address" in fetch("http://page.test/", resolve=fixed()).text
    assert "is not known" in fetch("http://page.test/", resolve=fixed("nonsense")).text
    with Server({}) as gone:
        pass
    assert "cannot be reached" in fetch(gone.url, "127.0.0.1").text


def test_an_answer_that_is_no_http_is_said() -> None:
    async def run() -> ToolOutput:
        async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-x\r\n")
            writer.close()

        async with await asyncio.start_server(babble, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            (tool,) = web_tools(WebAccess(("127.0.0.1",)))
            return await tool.run(WebFetch(f"http://127.0.0.1:{port}/"))

    output = asyncio.run(run())
    assert not output.ok
    assert "gave no usable answer" in output.text


def test_trust_is_external_unless_every_hop_is_this_machine(server: Server) -> None:
    server.pages["/"] = (200, TEXT, b"x")
    assert fetch(server.url, "127.0.0.1").trust == "workspace"
    mixed = fixed("127.0.0.1", "10.0.0.1")
    assert fetch(f"http://page.test:{server.port}/", "page.test", resolve=mixed).trust == "external"


def test_a_certificate_is_checked_against_the_name_not_the_address(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem"
        " -days 3650 -subj /CN=page.test -addext subjectAltName=DNS:page.test"
    )
    made = subprocess.run(command.split(), cwd=tmp_path, capture_output=True)
    if made.returncode:
        pytest.skip("no openssl to make a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    server.pages["/"] = (200, TEXT, b"secure")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    local = fixed("127.0.0.1")
    assert fetch(f"https://page.test:{server.port}/", "page.test", resolve=local).text.endswith("secure")
    assert (
        "cannot be reached" in fetch(f"https://other.test:{server.port}/", "other.test", resolve=local).text
    )


def test_the_approvals_see_a_fetch() -> None:
    (tool,) = web_tools(WebAccess())
    assert tool.intent(WebFetch("http://x/")) == Intent("fetch", "http://x/")
    assert tool.parallel


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2002:5db8:d822::", True),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("2001:db8::1", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(parse(address)) == public


def test_carried_loopback_addresses_are_loopback() -> None:
    assert is_loopback(parse("::ffff:127.0.0.1"))
    assert is_loopback(parse("127.9.9.9"))
    assert not is_loopback(parse("::ffff:10.0.0.1"))


@pytest.mark.parametrize(
    ("host", "entry", "allowed"),
    [
        ("localhost", "localhost", True),
        ("LOCALHOST.", "localhost:80", True),
        ("localhost", "localhost:81", False),
        ("::1", "[::1]:80", True),
        ("::1", "::1", True),
        ("a.localhost", "localhost", False),
    ],
)
def test_a_host_is_allowed_by_its_exact_name(host: str, entry: str, allowed: bool) -> None:
    assert is_allowed(host, 80, [entry]) == allowed


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("ä".encode(), None, "ä"),
        (b"\xe4", "latin-1", "ä"),
        (b'<meta charset="latin-1">\xe4', None, '<meta charset="latin-1">ä'),
        (b"\xe4", "no-such", "�"),
        (b"a", "base64", "a"),
        ("ä".encode("utf-16"), "latin-1", "ä"),
        (b"a\0", None, None),
    ],
)
def test_a_page_is_decoded_by_what_it_says_of_itself(
    data: bytes, charset: str | None, text: str | None
) -> None:
    assert decoded(data, charset) == text


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000 + "found</p>",
        "<ul><li>" * 50_000 + "found",
        "<table><tr><td>" * 2000 + "found",
        "<" * 200_000 + "p>found",
        "<script>" * 50_000 + "x</script>found",
        "<p>found\x00&#0;&#xD800;</i></table>",
    ],
)
def test_hostile_markup_takes_bounded_time(source: str) -> None:
    started = time.monotonic()
    assert isinstance(markdown(source, "http://x/"), str)
    assert time.monotonic() - started < 5


def test_a_page_nested_too_deeply_to_convert_still_gives_its_text() -> None:
    source = "<div>" * 5000 + "<script>code</script>a &amp; b<p>c" + "</div>" * 5000
    assert markdown(source, "http://x/") == "a & b c"


def test_a_page_without_text_says_so() -> None:
    assert "set raw" in markdown("<div id=root></div><script>app()</script>", "http://x/")


def test_a_page_that_is_all_navigation_is_shown_whole() -> None:
    assert "Home" in markdown("<nav><a href='/'>Home</a></nav>", "http://x/")


def test_a_page_has_the_title_it_gives_itself() -> None:
    assert title_of("<title lang=x>\n a &lt; b\n</title>") == "a < b"
    assert title_of("<p>") == ""


@given(st.text(st.sampled_from("<>/abpdivscript&; \"'=!-\x00é"), max_size=200))
def test_any_markup_becomes_some_text(source: str) -> None:
    assert markdown(source, "http://x/")
    title_of(source)


@given(st.binary(max_size=100), st.none() | st.text(max_size=10))
def test_any_bytes_are_decoded_or_refused(data: bytes, charset: str | None) -> None:
    text = decoded(data, charset)
    assert text is None or isinstance(text, str)
