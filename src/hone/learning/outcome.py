"""What a tool's reply says of the actions of its call: that they worked, that they failed, or nothing.

A line's exit code is that of its last command, so much of what a line did is masked; what is not known is not said.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from hone.learning.actions import Action, actions_of
from hone.learning.lines import Piece
from hone.learning.programs import BENIGN, BENIGN_VERBS
from hone.messages import ToolReply

Result = Literal["worked", "failed", "silent"]

_SEEN = 2000  # characters at either end of an output that are looked at
_MARKS = ("[sandbox: ", "[the command was lost: ")
_FETCHES = re.compile(r"\b(?:curl|wget|https?)\b")
_MASKS = re.compile(r"[|;\n]|&\s")
_END = 800  # characters of the end, where a program's last words stand
_STOPPED = frozenset({130, 143})  # by a signal of whoever runs it
_STATUS = re.compile(r"\$\?|\$\{?PIPESTATUS\b[^\s\"']*")
_ECHO = re.compile(r"(?:echo|printf)\s+(?:-\w+\s+)?[\"']?([^\"'$]*)(?:\$\?|\$\{?PIPESTATUS)")
_HTTP_STATUS = re.compile(r"^(?:[<*] )?HTTP/[\d.]+ ([1-5]\d\d)\b", re.MULTILINE)
_ERROR_PAGE = re.compile(
    r"\s*(?:"
    r"(?:4\d\d|5\d\d)[ :]+(?:page )?(?:not found|bad|unauthorized|forbidden|method|internal|service|gateway|error)\b"
    r"|(?:page )?not found\.?\s*$"
    r"|cannot (?:get|post|put|delete|patch) /"
    r'|\{"(?:detail|error|message|title)"\s*:\s*"(?:not found|unauthorized|forbidden|method not allowed|internal server error)"'
    r'|\{[^{}]{0,200}"status(?:code)?"\s*:\s*[45]\d\d\b'
    r"|<(?:!doctype|html|head)[^>]*>.{0,400}?<title>[^<]*\b(?:4\d\d|5\d\d|not found|error response)\b"
    r"|(?:<!doctype|<html)?.{0,400}?<p>error code: [45]\d\d"
    r"|<(?:!doctype|html)[^>]*>.{0,600}?<pre>cannot (?:get|post|put|delete|patch) /"
    r")",
    re.IGNORECASE | re.DOTALL,
)
# Lines with which programs end when they failed, and only then.
_LAST_WORDS = re.compile(
    r"npm (?:ERR!|error) (?:code|errno|Lifecycle|Missing script|A complete log)|error Command failed with exit code \d"
    r"|make(?:\[\d+\])?: \*\*\* .*(?:Error \d+|Stop\.)|=+ .*\b\d+ (?:failed|errors?)\b.* =+$|FAILED \((?:failures|errors)="
    r"|error: could not compile|BUILD FAILURE|BUILD FAILED|fatal: |curl: \(\d+\) |ERROR: failed to solve"
    r"|(?:ba|z)?sh: (?:line \d+: )?.*: (?:command not found|No such file or directory|Permission denied)$"
    r"|(?:[\w.]+(?:Error|Exception)): .+|(?:[\w.]+(?:Error|Exception))$|Error: .*(?:exit(?:ed)?|status) (?:code|status)? ?[1-9]"
    r"|ELIFECYCLE|ERR_PNPM_|ERROR: (?:No matching distribution|Could not (?:find|install|build))"
)
_TROUBLE = (
    *("error", "fail", "fatal", "exception", "traceback", "denied", "refused"),
    *("not found", "no such", "cannot", "unable", "timed out"),
)


class Outcome(msgspec.Struct, frozen=True):
    """The result, and the actions of the call that it is about."""

    result: Result
    actions: tuple[Action, ...] = ()


def outcome_of_command(command: str, reply: ToolReply, said: str) -> Outcome:
    """What `reply` says of the actions of the shell line `command`; `said` is the visible part of its output."""
    if any(mark in said for mark in _MARKS) or reply.exit_code in _STOPPED:
        return Outcome("silent")
    lists = _lists(command)
    if "[timed out after " in said:
        return _failed(lists[-1:])
    if not reply.ok and reply.exit_code is None:
        return Outcome("silent")  # it was stopped, by the user or with hone
    if echoed := _echoed(lists, said):
        code, told = echoed
        return _judged(told, code) if code else Outcome("worked", _jobs(told))
    if not reply.ok:
        return _judged(lists[-1:], reply.exit_code or 1)
    return _passed(lists, said)


def hides_failure(command: str, said: str) -> bool:
    """Whether a line that ended well may hide a failure: a cheap look before the line is parsed."""
    if "$?" in command or "PIPESTATUS" in command:
        return True
    if _FETCHES.search(command) and http_failed(said):
        return True
    return _MASKS.search(command) is not None and _ends_badly(said)


def visible(text: str) -> str:
    """The beginning and the end of an output, where programs say how it went; without the exit code below it."""
    if len(text) > 2 * _SEEN:
        text = f"{text[:_SEEN]}\n{text[-_SEEN:]}"
    at = text.rfind("[exit ", -20)
    return text if at < 0 else text[:at].rstrip("\n")


def says(text: str, words: Iterable[str]) -> bool:
    """Whether one of `words`, all lower case, stands in `text` in any case. Faster than a pattern, which tells here."""
    lowered = text.lower()
    return any(word in lowered for word in words)


Pipeline = tuple[tuple[Piece, Action], ...]
List = tuple[Pipeline, ...]


@functools.lru_cache(maxsize=256)
def _lists(command: str) -> tuple[List, ...]:
    """The line as lists (joined by `;`, newlines or `&`) of pipelines (joined by `&&` and `||`)."""
    lists: list[List] = []
    pipelines: list[Pipeline] = []
    pipeline: list[tuple[Piece, Action]] = []
    for piece, action in actions_of(command):
        pipeline.append((piece, action))
        if piece.behind == "|":
            continue
        pipelines.append(tuple(pipeline))
        pipeline = []
        if piece.behind not in ("&&", "||"):
            lists.append(tuple(pipelines))
            pipelines = []
    if pipeline or pipelines:
        lists.append((*pipelines, *([tuple(pipeline)] if pipeline else [])))
    return tuple(lists)


def _job(pipeline: Pipeline) -> Action:
    """What a pipeline is there for: its first command that does more than show."""
    actions = [action for _, action in pipeline]
    return next((action for action in actions if action.nature != "explores"), actions[0])


def _jobs(lists: Sequence[List]) -> tuple[Action, ...]:
    return tuple(_job(pipeline) for pipelines in lists for pipeline in pipelines)


def _failed(lists: Sequence[List]) -> Outcome:
    jobs = tuple(job for job in _jobs(lists) if job.can_teach)
    return Outcome("failed", jobs)


def _judged(lists: Sequence[List], code: int) -> Outcome:
    """A failure, unless the exit code of the last command is an answer."""
    if lists and _is_benign(lists[-1][-1][-1][1], code):
        return Outcome("silent")
    return _failed(lists)


def _is_benign(action: Action, code: int) -> bool:
    verb = action.verbs[0] if action.verbs else ""
    return code in BENIGN.get(action.program, ()) or code in BENIGN_VERBS.get((action.program, verb), ())


def _is_status_echo(pipeline: Pipeline) -> bool:
    piece, action = pipeline[0]
    return action.program in ("echo", "printf") and bool(_STATUS.search(piece.text))


def _echoed(lists: Sequence[List], text: str) -> tuple[int, list[List]] | None:
    """The exit code that the line printed, and what stood before the command that did."""
    before: List = ()
    for pipelines in lists:
        for at, pipeline in enumerate(pipelines):
            template = _ECHO.search(pipeline[0][0].text) if _is_status_echo(pipeline) else None
            if template and (found := re.findall(rf"^{re.escape(template[1])}(\d+)", text, re.MULTILINE)):
                told = pipelines[:at] or before
                return int(found[-1]), [told] if told else []
        before = pipelines
    return None


def _passed(lists: Sequence[List], text: str) -> Outcome:
    """The line's exit code is 0: what that says of each of its commands."""
    if not lists:
        return Outcome("worked")
    shown, masked = list(_shown(lists[-1])), list(_masked(lists))
    for job in (*shown, *masked):
        if job.program == "http" and http_failed(text):
            return Outcome("failed", (job,))
    if not [job for job in shown if job.can_teach] and masked and _ends_badly(text):
        teaching = [job for job in masked if job.can_teach]
        return Outcome("failed", tuple(teaching)) if teaching else Outcome("silent")
    trouble = bool(masked) and says(text, _TROUBLE)
    return Outcome("worked", tuple(shown) if trouble else (*masked, *shown))


def _shown(last: List) -> Iterator[Action]:
    """The actions whose success the exit code 0 proves."""
    either = any(pipeline[-1][0].behind == "||" for pipeline in last)
    for pipeline in last:
        piece = pipeline[-1][0]
        if len(pipeline) == 1 and not either and not piece.guarded and piece.behind != "&":
            yield pipeline[0][1]


def _masked(lists: Sequence[List]) -> Iterator[Action]:
    shown = set(map(id, _shown(lists[-1])))
    yield from (job for job in _jobs(lists) if id(job) not in shown)


def http_failed(text: str) -> bool:
    """Whether what a client without `--fail` printed is an answer 4xx or 5xx: a status line, a code, an error page."""
    if "HTTP/" in text and (statuses := _HTTP_STATUS.findall(text)):
        return int(statuses[-1]) >= 400
    body = text.strip()
    if re.search(r"(?:^|\n)\W*(?:(?:http_?)?(?:code|status)\W{0,3})?[45]\d\d\W*$", body[-40:], re.IGNORECASE):
        return True
    return bool(_ERROR_PAGE.match(body))


def _ends_badly(text: str) -> bool:
    lines = [line.strip() for line in text[-_END:].splitlines() if line.strip() and not line.startswith("[")]
    return any(_LAST_WORDS.match(line) for line in lines[-4:])
