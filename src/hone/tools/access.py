"""What the file tools share: the policy, the session's directory, and text files read and written without loss."""

import asyncio
import codecs
import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from hone.errors import UsageError, nearest
from hone.late import late
from hone.messages import Trust
from hone.safety.approve import Intent
from hone.safety.paths import PathPolicy
from hone.tools.base import ToolOutput
from hone.tools.opening import entries, read_file, replace_file

MAX_BYTES = 20_000_000  # of a file that a tool takes into memory

_SURROGATES = late("[\ud800-\udfff]")
_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"RIFF", "an image, sound or film (RIFF)"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"\x7fELF", "a program (ELF)"),
    (b"SQLite format 3", "an SQLite database"),
)
# A text may begin with the ASCII ones; those that do and are binary hold a NUL, except PDF.
_BINARY_MAGIC = tuple(magic for magic, _ in _KINDS if not magic.isascii() or magic == b"%PDF")


Writing = Callable[[Path, str, bool], AbstractContextManager[Trust]]
"""(path, text, whether the file is written anew) -> around the writing; the trust of the file afterwards."""


class FileAccess(msgspec.Struct, frozen=True):
    """What file tools work with: `cwd` gives the session's present directory, `environ` is for helper programs.

    `locate` gives the place on this machine of a path that commands see elsewhere, such as a sandbox's /tmp.
    `trust_of` says where the content of the file at a resolved path came from. `writing` stands around what writes to one.
    `confine` gives the words before those of a helper program that looks through a directory; none: it runs on the machine.
    """

    policy: PathPolicy
    cwd: Callable[[], Path]
    environ: Mapping[str, str]
    locate: Callable[[Path], Path] = lambda path: path
    trust_of: Callable[[Path], Trust] = lambda _: "workspace"
    writing: Writing = lambda _path, _text, _anew: contextlib.nullcontext("workspace")
    confine: Callable[[Path], Sequence[str]] = lambda _: ()

    def intent(self, kind: str, text: str, detail: str = "") -> Intent:
        """What a call on the path `text` is about to do, its subject being the absolute path."""
        try:
            path = self._resolve(text)
        except Refusal:
            path = Path(text)  # the approvals or the call itself will say what is wrong with it
        if kind == "write":
            return Intent("write", str(path), detail=detail)
        return Intent("read", str(self.locate(path)))

    def readable(self, text: str) -> Path:
        """The path that `text` leads to. Raises Refusal if it may not be read."""
        named = self._resolve(text)
        path = self.locate(named)
        if path != named and not path.exists():
            raise Refusal(
                f"{named} is not visible: the sandbox has a home and a /tmp of its own, and this is not in it"
            )
        if problem := self.policy.read_problem(path):
            raise Refusal(problem)
        return path

    def trust_in(self, text: str) -> Trust:
        """The trust of what is in the file that `text` leads to; to be asked on the event loop's thread."""
        try:
            return self.trust_of(self.readable(text))
        except Refusal:
            return "workspace"

    async def write(
        self, text: str, content: str, work: Callable[[], ToolOutput], *, anew: bool
    ) -> ToolOutput:
        """What `work` gives, which writes `content` to the file that `text` leads to; its trust is the file's."""
        try:
            path = self.writable(text)
        except Refusal as refusal:
            return refusal.output
        with self.writing(path, content, anew) as trust:
            output = await answer(work)
        return msgspec.structs.replace(output, trust=trust)

    def writable(self, text: str) -> Path:
        """The path that `text` leads to. Raises Refusal if it may not be written or is no ordinary file."""
        path = self._resolve(text)
        if problem := self.policy.write_problem(path):
            raise Refusal(problem)
        return path

    def shown(self, path: Path) -> str:
        """`path` as the model may write it: relative to the session's directory where it is below."""
        cwd = self.policy.resolve(".", self.cwd())
        return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)

    def _resolve(self, text: str) -> Path:
        try:
            return self.policy.resolve(text, self.cwd())
        except UsageError as error:
            raise Refusal(str(error)) from error


class Refusal(UsageError):
    """A file tool cannot do what the call asks; the message is the failed output's text."""

    @property
    def output(self) -> ToolOutput:
        """The refusal as what the model gets."""
        return ToolOutput(str(self), ok=False)


async def answer(work: Callable[[], ToolOutput]) -> ToolOutput:
    """What `work` gives, run in a thread; a refusal or an error of the file system as a failed output."""
    try:
        return await asyncio.to_thread(work)
    except Refusal as refusal:
        return refusal.output
    except OSError as error:
        return failed(error)


def failed(error: OSError) -> ToolOutput:
    """An error of the file system as what the model gets."""
    return ToolOutput(printable(f"{error.filename or 'failed'}: {error.strerror or error}"), ok=False)


class Text(msgspec.Struct, frozen=True):
    """The text of a file and what is needed to write the same bytes again.

    Bytes that are not valid in the encoding are lone surrogates in `text`: use `printable` before showing it.
    """

    text: str
    encoding: str = "utf-8"
    bom: bytes = b""

    def encoded(self, text: str) -> bytes:
        """`text` in this file's encoding, with its byte order mark."""
        return self.bom + text.encode(self.encoding, "surrogateescape")


def load(path: Path, shown: str) -> Text:
    """The text of the file at `path`. Raises Refusal if it is absent, no ordinary file, too large, or binary."""
    try:
        data, size = read_file(path, MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise Refusal(f"{shown} is a directory; name a file in it") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refusal(_absent(path, shown)) from error
    except OSError as error:
        raise Refusal(f"{shown} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise Refusal(
            f"{shown} has {size:,} bytes, too many; use find, or head, tail and sed -n in the shell"
        )
    if (text := decode(data)) is None:
        kind = next((kind for magic, kind in _KINDS if data.startswith(magic)), "binary")
        raise Refusal(f"{shown} is {kind}, {size:,} bytes, and cannot be shown; use the shell to examine it")
    return text


def decode(data: bytes) -> Text | None:
    """The bytes of a file as text: UTF-8, or what its byte order mark says. None if they are binary."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return Text(data[len(bom) :].decode(encoding, "surrogateescape"), encoding, bom)
            except UnicodeDecodeError:
                break  # the mark was chance
    if b"\0" in data[:8192] or data.startswith(_BINARY_MAGIC):
        return None
    return Text(data.decode("utf-8", "surrogateescape"))


def printable(text: str) -> str:
    """`text` without what JSON cannot hold: bytes that had no meaning in the file's encoding become �."""
    return _SURROGATES.sub("�", text)


def store(path: Path, data: bytes, shown: str) -> None:
    """Write the file at `path` at once, creating directories; an existing file keeps its mode. Raises Refusal."""
    try:
        replace_file(path, data)
    except IsADirectoryError as error:
        raise Refusal(f"{shown} is a directory; name a file in it") from error
    except OSError as error:
        raise Refusal(f"{shown} cannot be written: {error.strerror}; it is as it was") from error


def _absent(path: Path, shown: str) -> str:
    parent = path.parent
    while not parent.is_dir():
        parent = parent.parent
    if parent != path.parent:
        return f"{shown} does not exist, nor does its directory; the nearest that does is {parent}"
    try:
        names = [name for name, _ in entries(parent)]
    except OSError:
        names = []  # a directory that may be entered and not listed
    some = f"; its directory has {', '.join(names[:12])}{', …' if names[12:] else ''}" if names else ""
    return f"{shown} does not exist{nearest(path.name, names) or some}"
