"""Whether two actions are the same call, or do the same job by another call. Pure; the reasons are in the order of the checks.

Wrong friends cost more than missed ones: two similar commands on different targets are two jobs.
"""

import difflib
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from hone.learning.actions import UNKNOWN, Action, Option, method_of
from hone.learning.outcome import says
from hone.learning.programs import COMMON_QUIET, HEALTH_PATHS, QUIET_OPTIONS

_DIGITS = "0123456789"  # -j4 is -j
_ALIKE = 0.6  # share of two words that must be equal for one to be a spelling of the other
_PLACE = (
    *("no such file", "enoent", "not found", "cannot find", "can't find", "could not find", "couldn't find"),
    *("does not exist", "no tests ran", "not a git repository", "missing script", "no configuration file"),
    *("can't open", "no targets specified", "no rule to make"),
)
_USAGE = (
    *("usage", "required", "missing", "expected", "specify", "must", "argument", "need", "provide"),
    *("which", "unknown", "invalid"),
)
_LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "[::1]", ""})  # noqa: S104 - names of this machine


def same_call(one: Action, other: Action) -> bool:
    """Whether both are the same command on the same targets; what they print may differ."""
    if (one.program, one.verbs, one.head, one.env) != (other.program, other.verbs, other.head, other.env):
        return False
    if UNKNOWN in (*one.targets, *other.targets) and one.text != other.text:
        return False
    return _targets(one) == _targets(other) and _loud(one) == _loud(other)


def same_job(failed: Action, worked: Action, error: str, *, edited: bool = False) -> bool:
    """Whether `worked` did what `failed` was to do, by another call. `error` is what the failure printed.

    `edited`: files were changed in between, which explains nearly every success; then only a variable or an option that
    the error names counts.
    """
    if (
        failed.program != worked.program
        or failed.inline
        or worked.inline
        or worked.nature in ("edits", "explores")
    ):
        return False
    if failed.is_tool:
        return _same_arguments(failed, worked)
    if edited:
        return failed.targets == worked.targets and _is_named(_added(failed, worked), error)
    if failed.verbs != worked.verbs:
        return failed.targets == worked.targets and _is_guessed_script(failed, worked, error)
    if failed.program == "http":
        return _same_request(failed, worked)
    if worked.checks_code:
        return failed.targets == worked.targets and _another_way_to_check(failed, worked, error)
    return _same_targets(failed, worked, error)


def needs_place(failed: Action, worked: Action, error: str) -> bool:
    """Of the same call: whether it passed because it ran in another directory, or in a shell that was prepared."""
    moved = worked.where and worked.where != failed.where and depends_on_place(error)
    return bool(moved or set(worked.setup) - set(failed.setup))


def depends_on_place(error: str) -> bool:
    """Whether an error may come from running in the wrong directory."""
    return says(error, _PLACE)


def _targets(action: Action) -> tuple[object, ...]:
    url = url_of(action) if action.program == "http" else None
    return (_host(url), url.port, url.path.rstrip("/"), url.query) if url else action.targets


def _loud(action: Action) -> tuple[Option, ...]:
    """The options that do more than change what is printed."""
    quiet = QUIET_OPTIONS.get(action.program, COMMON_QUIET)
    return tuple(sorted(option for option in action.options if option[0].rstrip(_DIGITS) not in quiet))


def _added(failed: Action, worked: Action) -> list[str]:
    """The names of the variables and options that only `worked` has."""
    env = [name.split("=")[0] for name in worked.env if name not in failed.env]
    return [*env, *(name for name, value in _loud(worked) if (name, value) not in _loud(failed))]


def _is_named(words: Sequence[str], text: str) -> bool:
    return any(stands_in(word, text) for word in words)


def stands_in(word: str, text: str) -> bool:
    """Whether `word` stands in `text` with no letter, digit, `_` or `-` touching it."""
    return (
        bool(word) and word in text and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None
    )


def _is_guessed_script(failed: Action, worked: Action, error: str) -> bool:
    one_each = failed.program == "npm" and len(failed.verbs) == len(worked.verbs) == 1
    return one_each and "issing script" in error and alike(failed.verbs[0], worked.verbs[0])


def _another_way_to_check(failed: Action, worked: Action, error: str) -> bool:
    """Of tests and linters: called in another way, not asked for less."""
    if failed.env != worked.env or failed.head != worked.head:
        return _loud(failed) == _loud(worked) or set(_loud(failed)) <= set(_loud(worked))
    changed = {*_loud(failed)} ^ {*_loud(worked)}
    return bool(changed) and _is_named([name for name, _ in changed], error)


def _same_arguments(failed: Action, worked: Action) -> bool:
    """Of other tools: most arguments are equal, the others alike."""
    before, after = dict(failed.options), dict(worked.options)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    kept = len({**before, **after}) - len(changed)
    both = [(before[name], after[name]) for name in changed if name in before and name in after]
    return 0 < len(changed) <= max(kept, 1) and (kept > 0 or all(_same_target(*pair, "") for pair in both))


def _same_targets(failed: Action, worked: Action, error: str) -> bool:
    before, after = failed.targets, worked.targets
    if before == after:
        return not same_call(failed, worked)
    if len(before) == len(after):
        pairs = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
        return len(pairs) == 1 and _same_target(*pairs[0], error)
    extra = [word for word in (*before, *after) if (word in before) != (word in after)]
    longer, shorter = (after, before) if len(after) > len(before) else (before, after)
    rest = iter(longer)
    if not all(word in rest for word in shorter) or len(extra) > 2:
        return False
    if set(extra) <= {*failed.loose, *worked.loose}:
        return True  # an option and its value
    is_new = len(after) > len(before)
    return _is_named(extra, error) or (is_new and says(error, _USAGE))


def _same_target(one: str, other: str, error: str) -> bool:
    if is_address(one) and is_address(other):
        return _same_page(_url(one), _url(other))
    if is_path(one) or is_path(other):
        return PurePosixPath(one).name == PurePosixPath(other).name
    if " " in one.strip() and " " in other.strip():  # a query, a message
        return (
            one.split()[0].lower() == other.split()[0].lower() and alike(one, other) and "yntax" not in error
        )
    return alike(one, other) or stands_in(other, error)


def is_address(word: str) -> bool:
    """Whether a word looks like a place on a host: a URL, `localhost:8080/health`."""
    return re.match(r"\w+://|(?:localhost|[\w.-]+:\d+|\d+(?:\.\d+){3})(?:[:/]|$)", word) is not None


def is_path(word: str) -> bool:
    """Whether a word looks like a local file."""
    return (
        "://" not in word and " " not in word and ("/" in word or bool(re.search(r"\w\.[a-z]\w{0,4}$", word)))
    )


def alike(one: str, other: str) -> bool:
    """Whether one word may be a spelling or a version of the other; those that differ only in a number are siblings."""
    stem, other_stem = (re.split(r"[=@:<>~!]", word)[0] for word in (one, other))
    if stem == other_stem and (stem, other_stem) != (one, other):
        return True
    if re.sub(r"\d+", "#", one) == re.sub(r"\d+", "#", other):
        return False
    if one.startswith(other) or other.startswith(one):
        return True
    return difflib.SequenceMatcher(None, one[:200], other[:200], autojunk=False).ratio() >= _ALIKE


def _same_request(failed: Action, worked: Action) -> bool:
    one, other = url_of(failed), url_of(worked)
    if one is None or other is None:
        return False
    if (_host(one), one.port, one.path.rstrip("/")) != (_host(other), other.port, other.path.rstrip("/")):
        return method_of(failed) == method_of(worked) and _same_page(one, other)
    if one.query == other.query:
        return not same_call(failed, worked)
    names = {part.split("=")[0] for part in other.query.split("&")}
    return bool(names - {part.split("=")[0] for part in one.query.split("&")})


def _same_page(one: SplitResult | None, other: SplitResult | None) -> bool:
    """Whether two addresses may be meant for the same: one place apart, the host, the port or the path."""
    if one is None or other is None:
        return False
    same_host = _host(one) == _host(other)
    if one.path.rstrip("/") == other.path.rstrip("/"):
        return same_host or len(one.path) > 1
    return same_host and one.port == other.port and similar_paths(one.path, other.path)


def url_of(action: Action) -> SplitResult | None:
    """The address of a request; None if there is none or it is not known."""
    text = next((word for word in action.targets if re.search(r"[:/.]|localhost", word)), None)
    return None if text is None or UNKNOWN in text else _url(text)


def _url(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        _ = url.port
    except ValueError:
        return None
    return url


def _host(url: SplitResult) -> str:
    return "localhost" if (url.hostname or "") in _LOCAL else str(url.hostname)


def similar_paths(one: str, other: str) -> bool:
    """Whether two paths of a service may lead to the same thing: a spelling, a prefix or a version apart."""
    before, after = ([part for part in path.split("/") if part] for path in (one, other))
    if not before or not after:
        return False
    if {before[-1], after[-1]} <= HEALTH_PATHS and before[:-1] == after[:-1]:
        return True
    if len(before) == len(after):
        pairs = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        return len(pairs) == 1 and (alike(*pairs[0]) or all(re.fullmatch(r"v\d+", part) for part in pairs[0]))
    longer, shorter = (before, after) if len(before) > len(after) else (after, before)
    rest = iter(longer)
    if all(part in rest for part in shorter):
        return shorter[-1] == longer[-1]
    return before[-1] in HEALTH_PATHS and after[-1] in HEALTH_PATHS
