"""Whether what long work taught is ever needed again; while it is not, long work alone is no reason for a review."""

from typing import Any

import msgspec

from hone.database import Database

ENOUGH = 10
"""Reviews in a row that came to nothing."""

_REVIEWS = """
    SELECT id, coalesce(finished, created) FROM nudges
    WHERE state = 'done' AND reasons = '["long_work"]' ORDER BY 2 DESC LIMIT ?
"""
_TARGETS = "SELECT DISTINCT target FROM changes WHERE nudge = ? AND target LIKE 'skills/%'"
_LOADED_SINCE = "SELECT skills FROM turns WHERE started > ? AND skills != '[]'"


def long_work_pays(database: Database) -> bool:
    """False after ten reviews for long work alone whose skills were never loaded since, until any skill is loaded again.

    Raises HomeError if state.db cannot be read.
    """
    reviews = database.rows(_REVIEWS, (ENOUGH,))
    if len(reviews) < ENOUGH:
        return True
    newest = reviews[0][1]
    oldest = reviews[-1][1]
    loaded = [name for row in database.rows(_LOADED_SINCE, (oldest,)) for name in _names(row)]
    learned = {skill for review, _ in reviews for skill in _skills_of(database, review)}
    return bool(learned & set(loaded)) or bool(database.rows(f"{_LOADED_SINCE} LIMIT 1", (newest,)))


def _skills_of(database: Database, nudge: int) -> set[str]:
    return {str(target).split("/")[1] for (target,) in database.rows(_TARGETS, (nudge,))}


def _names(row: tuple[Any, ...]) -> list[str]:
    return msgspec.json.decode(row[0], type=list[str])
