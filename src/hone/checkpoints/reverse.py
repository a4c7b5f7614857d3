"""Taking a change of a file back while keeping what was changed since: a pure decision on the file's three versions."""

from collections.abc import Callable

from hone.checkpoints.place import File
from hone.errors import Conflict

Merge = Callable[[bytes, bytes, bytes], bytes | None]
"""(ours, base, theirs) -> both changes in one, None if they meet."""


def reversed_file(before: File | None, after: File | None, now: File | None, merge: Merge) -> File | None:
    """The file as it is `now`, without what was done from `before` to `after`; None: no file.

    Raises Conflict, without a path, where a later change is in the way.
    """
    if now in (before, after):
        return before
    if now is None:
        raise Conflict("was removed since")
    if after is None:
        raise Conflict("was made again since")
    if before is None:
        raise Conflict("was changed since it was made")
    if now.is_link or after.is_link or before.is_link:
        raise Conflict("was changed since, and a link cannot be merged")
    mode = before.mode if now.mode == after.mode else now.mode
    return File(mode, _merged(before.data, after.data, now.data, merge))


def _merged(before: bytes, after: bytes, now: bytes, merge: Merge) -> bytes:
    if now in (before, after):
        return before
    if before == after:
        return now
    merged = merge(now, after, before)
    if merged is None:
        raise Conflict("was changed since in the same place")
    return merged
