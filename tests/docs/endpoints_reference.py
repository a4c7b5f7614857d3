"""Makes docs/endpoints.md from the table that tests/models/test_quirks.py runs: `scripts/generate-docs`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.models.quirks import SOURCES, Quirk

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"
_TOP = """\
# Endpoints, as they are

hone speaks Chat Completions. Servers that call themselves compatible differ in small things. This table is made by
`scripts/generate-docs` from `tests/models/quirks.py`, and each row is a test: a local server writes those bytes, and hone has to end in
the right answer or in a typed error, in bounded time. Half an answer is never taken for a whole one.

"Asked again" is at most five attempts, within 90 seconds of the first failure; a hang counts as a failure once the endpoint has been silent
for `idle_timeout` (90 seconds, a key of the provider). Comments and empty events alone keep a request alive for seven times as long. "Remembered" is for
30 days, in `~/.hone/.cache/endpoints.json`, which you may delete.
"""
_NETWORK = """\
## Ways to the endpoint

Tested in `tests/models/test_networks.py` and `tests/models/test_quirks.py`:

| | |
|---|---|
| IPv6 | `http://[::1]:8080/v1` |
| proxies | `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`; never for this machine itself |
| certificates of your own authority | `SSL_CERT_FILE` or `SSL_CERT_DIR` |
| redirects 307 and 308 to the same host and port | followed once, with method and body |
| redirects elsewhere, and 301, 302, 303 | typed error that names the address; your key is sent nowhere else |
| a slow answer, byte by byte | waited for, as long as something comes; `limits.seconds` bounds it |
"""


def reference() -> str:
    """The page."""
    return "\n".join(
        [_TOP, *(part for title, quirks in SOURCES for part in _section(title, quirks)), _NETWORK]
    )


def _section(title: str, quirks: Sequence[Quirk]) -> Iterator[str]:
    yield f"## {title}\n\n| the server | hone |\n|---|---|"
    yield from (f"| {quirk.server} | {quirk.hone} |" for quirk in quirks)
    yield ""


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
