"""What the record says of tripwires: how often each stopped a call and what came of it, and which calls were made here.

It counts; which tripwire is retired for it is decided in `hone.learning.retire`.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import msgspec

from hone.database import Database
from hone.events import Tripped
from hone.history.store import writable
from hone.messages import ToolCall, Trust


class Counts(msgspec.Struct, frozen=True):
    """What a tripwire did. `fired` are the calls that it stopped, each once a turn.

    Of these `overridden` were sent again as they were, `heeded` were not, in a turn that has ended; `useless` are the
    overridden ones that then succeeded.
    """

    fired: int = 0
    heeded: int = 0
    overridden: int = 0
    useless: int = 0


class Row(msgspec.Struct, frozen=True):
    """A call that ran. `events` are the ids of its start and its result, `arguments` is JSON, `trust` the result's."""

    events: tuple[str, ...]
    tool: str
    arguments: str
    ok: bool
    trust: Trust


class _Stop(msgspec.Struct, frozen=True):
    """A tripped event and what its turn knows of it; `ok` is None unless it passed and its call came to an end."""

    turn: tuple[str, int]
    event: Tripped
    has_ended: bool
    ok: bool | None


class _Reply(msgspec.Struct, frozen=True):
    """As much of a reply as is needed here: skipping a long text is cheaper than reading it."""

    call_id: str
    ok: bool = True


class _Started(msgspec.Struct, frozen=True, tag_field="type", tag="tool_started"):
    call: ToolCall


class _Finished(msgspec.Struct, frozen=True, tag_field="type", tag="tool_finished"):
    reply: _Reply


_SELECT_STOPS = """
    SELECT events.session, events.turn, events.data, turns.status IS NOT NULL,
        CASE WHEN json_extract(events.data, '$.passed') THEN (
            SELECT coalesce(json_extract(result.data, '$.reply.ok'), 1) FROM events AS result
            WHERE result.session = events.session AND result.id > events.id AND result.turn = events.turn
                AND result.type = 'tool_finished'
                AND json_extract(result.data, '$.reply.call_id') = json_extract(events.data, '$.call.id')
            ORDER BY result.id LIMIT 1) END
    FROM events JOIN turns ON turns.session = events.session AND turns.turn = events.turn
    WHERE events.type = 'tripped' ORDER BY events.position
"""
_SELECT_TURNS = """
    SELECT turns.session, turns.turn FROM sessions JOIN turns ON turns.session = sessions.id
    WHERE sessions.workspace = ? ORDER BY turns.started DESC, turns.session DESC, turns.turn DESC LIMIT ?
"""
_SELECT_CALLS = """
    SELECT turn, id, trust, data FROM events
    WHERE session = ? AND turn >= ? AND type IN ('tool_started', 'tool_finished') ORDER BY id
"""

_decode_tripped = msgspec.json.Decoder(Tripped).decode
_decode_call = msgspec.json.Decoder(_Started | _Finished).decode


def counts(database: Database) -> Mapping[tuple[str, str], Counts]:
    """What every tripwire that ever fired did, by the name of its skill and its id. Raises HomeError."""
    calls: dict[tuple[Any, ...], list[_Stop]] = {}
    for stop in database.records(_stop, _SELECT_STOPS):
        event = stop.event
        key = (event.skill, event.tripwire, stop.turn, event.call.name, _value(event.call.arguments))
        calls.setdefault(key, []).append(stop)
    found: dict[tuple[str, str], Counts] = {}
    for (skill, tripwire, *_), stops in calls.items():
        found[skill, tripwire] = _counted(found.get((skill, tripwire), Counts()), stops)
    return found


def recent_turns(database: Database, workspace: str, limit: int = 300) -> tuple[tuple[Row, ...], ...]:
    """The calls of the newest turns in `workspace`, turn by turn, newest first. Raises HomeError."""
    turns = [(session, turn) for session, turn in database.rows(_SELECT_TURNS, (writable(workspace), limit))]
    oldest: dict[str, int] = {}
    for session, turn in turns:
        oldest[session] = min(turn, oldest.get(session, turn))
    calls: dict[tuple[str, int], tuple[Row, ...]] = {}
    for session, first in oldest.items():
        events = database.records(_call_event, _SELECT_CALLS, (session, first))
        for turn, those in groupby(events, key=lambda event: event[0]):
            calls[session, turn] = _calls(those)
    return tuple(calls.get(turn, ()) for turn in turns)


def _counted(before: Counts, stops: list[_Stop]) -> Counts:
    """`before` and one more call, of which these are all that was recorded."""
    passes = [stop for stop in stops if stop.event.passed]
    return Counts(
        fired=before.fired + 1,
        heeded=before.heeded + (not passes and stops[0].has_ended),
        overridden=before.overridden + bool(passes),
        useless=before.useless + any(stop.ok for stop in passes),
    )


def _stop(row: tuple[Any, ...]) -> _Stop:
    session, turn, data, has_ended, ok = row
    return _Stop((session, turn), _decode_tripped(data), bool(has_ended), None if ok is None else bool(ok))


def _value(arguments: str) -> bytes | str:
    """The arguments as JSON of one spelling; as they stand if redaction left them no JSON."""
    try:
        return msgspec.json.encode(msgspec.json.decode(arguments), order="sorted")
    except msgspec.DecodeError:
        return arguments


def _call_event(row: tuple[Any, ...]) -> tuple[int, str, Trust, _Started | _Finished]:
    turn, number, trust, data = row
    return turn, f"e{number}", trust, _decode_call(data)


def _calls(events: Iterable[tuple[int, str, Trust, _Started | _Finished]]) -> tuple[Row, ...]:
    started: dict[str, tuple[str, ToolCall]] = {}
    rows: list[Row] = []
    for _, name, trust, event in events:
        if isinstance(event, _Started):
            started[event.call.id] = name, event.call
        elif event.reply.call_id in started:
            start, call = started.pop(event.reply.call_id)
            rows.append(Row((start, name), call.name, call.arguments, event.reply.ok, trust))
    return tuple(rows)
