"""`sha256:…` of a value as JSON has it, or of a text file as far as its words count."""

import hashlib
from typing import Any

from hone.errors import UsageError

_DEEPEST = 30
_COMMENTED = (".sh", ".bash", ".zsh", ".py", ".rb", ".pl", ".yml", ".yaml", ".toml", ".cfg", ".conf")


def digest(value: Any) -> str:
    """The hash of texts, lists and mappings in one another; the order in a mapping is no difference.

    Raises UsageError for what is nested too deep.
    """
    return f"sha256:{_hash(value, {}, 0).hex()}"


def digest_of_file(path: str, data: bytes) -> str:
    """The hash of a file's content. In a text, line ends, trailing spaces, blank lines and lines of comment do not count."""
    if b"\0" not in data:
        commented = path.endswith(_COMMENTED) or (
            data.startswith(b"#!") and b"node" not in data.splitlines()[0]
        )
        lines = (line.rstrip() for line in data.splitlines())
        kept = (
            line
            for number, line in enumerate(lines)
            if line and not (commented and number and line.lstrip().startswith(b"#"))
        )
        data = b"\n".join(kept)
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _hash(value: Any, known: dict[int, bytes], depth: int) -> bytes:
    """YAML's aliases make one value stand in many places: each is looked at once."""
    if id(value) in known:
        return known[id(value)]
    if depth > _DEEPEST:
        raise UsageError(f"nested deeper than {_DEEPEST} levels")
    if not isinstance(value, dict | list | tuple):
        return hashlib.sha256(f"={value}".encode("utf-8", "replace")).digest()
    if isinstance(value, dict):
        parts = [
            b"{",
            *sorted(
                _hash(str(key), known, depth + 1) + _hash(item, known, depth + 1)
                for key, item in value.items()
            ),
        ]
    else:
        parts = [b"[", *(_hash(item, known, depth + 1) for item in value)]
    known[id(value)] = hashlib.sha256(b"".join(parts)).digest()
    return known[id(value)]
