"""A web page as text for a model: HTML becomes Markdown, what is only decoration or navigation is dropped."""

import codecs
import html
import re

from hone.late import late
from hone.tools.access import decode, printable

_CHARSET = late(rb"""<meta[^<>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_TITLE = late(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_CODE_START = late(r"<(?:script|style)\b[^<>]*>", re.IGNORECASE)
_CODE_END = late(r"</(?:script|style)\b[^<>]*>?", re.IGNORECASE)
_TAG = late(r"<[^<>]*>")
_NO_TEXT = "[no text without JavaScript; set raw to see the source]"


def decoded(data: bytes, charset: str | None) -> str | None:
    """`data` as text: by its byte order mark, `charset`, what its HTML says of itself, else UTF-8. None if binary."""
    text = decode(data)
    if text is not None and text.bom:
        return printable(text.text)
    if charset is None and (found := _CHARSET.search(data[:4096])):
        charset = found[1].decode("ascii", "replace")
    try:
        name = codecs.lookup(charset or "utf-8").name
        known = data.decode(name, "replace")
    except (LookupError, ValueError):  # an unknown name, or a codec that is not for text
        known = data.decode("utf-8", "replace")
    return None if "\0" in known[:8192] else printable(known)


def title_of(source: str) -> str:
    """The title that a page gives itself, on one line; empty if none."""
    found = _TITLE.search(source)
    return " ".join(html.unescape(found[1]).split())[:300] if found else ""


def markdown(source: str, url: str) -> str:
    """The main text of the page at `url` as Markdown with absolute links. Bounded work on any input."""
    from html_to_markdown import (  # noqa: PLC0415 - a library of its own start-up time, used by few turns
        ConversionError,
        ConversionOptions,
        PreprocessingOptions,
        convert,
    )

    def converted(*, main_only: bool) -> str:
        options = ConversionOptions(
            extract_metadata=False,
            skip_images=True,
            base_url=url,
            exclude_selectors=["svg", "iframe", "template"],
            preprocessing=PreprocessingOptions(
                enabled=main_only, preset="aggressive", remove_navigation=main_only, remove_forms=False
            ),
        )
        try:
            return (convert(source, options).content or "").strip()
        except ConversionError:
            return ""

    return converted(main_only=True) or converted(main_only=False) or _plain(source) or _NO_TEXT


def _plain(source: str) -> str:
    """The text between the tags; for pages nested too deeply to convert. Linear in the length of `source`."""
    first, *others = _CODE_START.split(source)
    kept = [first, *(_CODE_END.split(piece, maxsplit=1)[-1] for piece in others if _CODE_END.search(piece))]
    lines = (" ".join(line.split()) for line in html.unescape(_TAG.sub(" ", "\n".join(kept))).split("\n"))
    return "\n".join(line for line in lines if line)
