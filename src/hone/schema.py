"""The tables of state.db as numbered migrations that only go forward; later features append theirs.

`PRAGMA user_version` counts the migrations that a file has been through. What the tables mean is in `hone.history.store`,
`hone.changes.ledger` and `hone.jobs.queue`.
"""

import sqlite3
from pathlib import Path

from hone.errors import HomeError

_FIRST = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        created REAL NOT NULL,          -- seconds since the epoch, as all times here
        updated REAL NOT NULL,
        title TEXT NOT NULL,
        cwd TEXT NOT NULL,
        workspace TEXT NOT NULL,
        project TEXT,
        origin TEXT NOT NULL,           -- run, repl, api
        system_prompt TEXT NOT NULL,
        tools TEXT NOT NULL             -- JSON: the tools as the model saw them
    )
    """,
    "CREATE INDEX sessions_updated ON sessions (updated)",
    """
    CREATE TABLE turns (
        session TEXT NOT NULL REFERENCES sessions (id),
        turn INTEGER NOT NULL,
        started REAL NOT NULL,
        finished REAL,
        text TEXT NOT NULL,
        status TEXT,                    -- NULL while the turn runs, or if it was killed
        answer TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        outcome TEXT NOT NULL DEFAULT 'unknown',
        outcome_source TEXT,
        git_head TEXT,
        git_dirty INTEGER,
        model TEXT,
        steps INTEGER NOT NULL DEFAULT 0,
        tool_calls INTEGER NOT NULL DEFAULT 0,
        errors INTEGER NOT NULL DEFAULT 0,
        input INTEGER NOT NULL DEFAULT 0,
        cached INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL DEFAULT 0,
        reasoning INTEGER NOT NULL DEFAULT 0,
        cost_usd REAL,                  -- NULL: not known
        wall_s REAL,
        skills TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (session, turn)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,   -- over all sessions, in the order of writing; the key of message_words
        session TEXT NOT NULL,
        id INTEGER NOT NULL,            -- 1, 2, ... within the session; shown as e1, e2, ...
        turn INTEGER NOT NULL,
        step INTEGER NOT NULL,          -- 0: before the first step
        at REAL NOT NULL,
        type TEXT NOT NULL,
        trust TEXT NOT NULL,
        role TEXT,                      -- who speaks, if the event is a message and can be searched
        data TEXT NOT NULL,             -- JSON: the event
        UNIQUE (session, id),
        FOREIGN KEY (session, turn) REFERENCES turns (session, turn)
    )
    """,
    """
    CREATE TABLE steps (
        session TEXT NOT NULL,
        turn INTEGER NOT NULL,
        step INTEGER NOT NULL,
        event INTEGER NOT NULL,         -- its step_finished
        model TEXT NOT NULL,
        seconds REAL NOT NULL,
        input INTEGER NOT NULL,
        cached INTEGER NOT NULL,
        output INTEGER NOT NULL,
        reasoning INTEGER NOT NULL,
        cost_usd REAL,
        PRIMARY KEY (session, event),
        FOREIGN KEY (session, event) REFERENCES events (session, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE VIRTUAL TABLE message_words
    USING fts5 (words, content = '', tokenize = 'porter unicode61 remove_diacritics 2')
    """,
)

_EXTERNAL = (
    "CREATE INDEX events_external ON events (at) WHERE type = 'tool_finished' AND trust = 'external'",
)

_LEARNING = (
    """
    CREATE TABLE nudges (
        id INTEGER PRIMARY KEY,
        session TEXT NOT NULL,
        first_turn INTEGER NOT NULL,    -- the stretch of work to review: first_turn to turn
        turn INTEGER NOT NULL,
        created REAL NOT NULL,
        reasons TEXT NOT NULL,          -- JSON list: fix, correction, misfire, long_work, remember, learn
        not_before REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        lease_owner TEXT,
        lease_until REAL,
        state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, done, given_up
        result TEXT NOT NULL DEFAULT '',        -- one line: what came of it, or the last failure
        finished REAL,
        UNIQUE (session, turn)
    )
    """,
    "CREATE INDEX nudges_state ON nudges (state, not_before)",
    """
    CREATE TABLE changes (
        position INTEGER PRIMARY KEY,   -- the order in which they were made
        id TEXT NOT NULL UNIQUE,        -- c and six base32 characters
        at REAL NOT NULL,
        target TEXT NOT NULL,           -- the file, relative to the home
        op TEXT NOT NULL,
        origin TEXT NOT NULL,
        status TEXT NOT NULL,           -- proposed, applying, applied, held, rejected, undone
        session TEXT,
        turn INTEGER,
        nudge INTEGER,
        ordinal INTEGER,
        trust TEXT NOT NULL,
        summary TEXT NOT NULL,          -- one line for people
        data TEXT NOT NULL,             -- JSON: the change
        undoes TEXT,                    -- the change that this one reverses
        committed INTEGER NOT NULL DEFAULT 0,   -- 1: git has it too
        announced INTEGER NOT NULL DEFAULT 0,   -- 1: the user was told
        UNIQUE (nudge, ordinal)
    )
    """,
    "CREATE INDEX changes_target ON changes (target, position)",
    "CREATE INDEX changes_status ON changes (status, position)",
    "CREATE INDEX changes_uncommitted ON changes (position) WHERE committed = 0",
    "CREATE INDEX changes_unannounced ON changes (position) WHERE announced = 0",
    """
    CREATE TABLE effects (
        change TEXT NOT NULL REFERENCES changes (id),
        ordinal INTEGER NOT NULL,
        path TEXT NOT NULL,             -- relative to the home
        before TEXT,                    -- sha256 in versions; NULL: no file
        after TEXT,
        moved_to TEXT,                  -- not NULL: the directory `path` was renamed to this
        PRIMARY KEY (change, ordinal)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX effects_path ON effects (path)",
    "CREATE TABLE versions (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL)",
    """
    CREATE TABLE files (                -- as hone last left or saw them
        path TEXT PRIMARY KEY,          -- relative to the home
        sha256 TEXT,                    -- NULL: gone
        mtime_ns INTEGER NOT NULL,
        size INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE learning_spend (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        nudge INTEGER,
        purpose TEXT NOT NULL,          -- review, dream, ...
        model TEXT NOT NULL,
        input INTEGER NOT NULL,
        cached INTEGER NOT NULL,
        output INTEGER NOT NULL,
        reasoning INTEGER NOT NULL,
        cost_usd REAL                   -- NULL: not known
    )
    """,
    "CREATE INDEX learning_spend_at ON learning_spend (at)",
)

_BREAKER = (
    """
    CREATE TABLE attempts (             -- reviews that came to an end, one way or the other
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        nudge INTEGER NOT NULL,
        failure TEXT                    -- NULL: it succeeded; provider; review: the answers were of no use
    )
    """,
    "CREATE INDEX attempts_nudge ON attempts (nudge) WHERE failure IS NOT NULL",
)

_TRIPPED = ("CREATE INDEX events_tripped ON events (position) WHERE type = 'tripped'",)

_LONG_SESSIONS = (
    "ALTER TABLE steps ADD COLUMN role TEXT NOT NULL DEFAULT 'main'",  # routine: a compaction, no step of the turn
    "CREATE INDEX events_turn ON events (session, turn, id)",  # one turn of a long session
    """
    CREATE TABLE checkpoints (
        session TEXT NOT NULL,
        turn INTEGER NOT NULL,
        workspace TEXT NOT NULL,
        at REAL NOT NULL,
        before TEXT,                    -- the tree of files before the turn's first change; NULL: not taken
        after TEXT,                     -- and when the turn had ended; NULL: it has not, or was killed
        skipped TEXT NOT NULL DEFAULT '',  -- why it was not taken
        PRIMARY KEY (session, turn)
    ) WITHOUT ROWID
    """,
)

_REWINDS = (
    """
    CREATE TABLE rewinds (              -- files that were taken back, and brought back
        id INTEGER PRIMARY KEY,
        session TEXT NOT NULL,
        at REAL NOT NULL,
        workspace TEXT NOT NULL,
        turns TEXT NOT NULL,            -- JSON list, newest first
        paths TEXT NOT NULL,            -- JSON list: the files that were written
        whole INTEGER NOT NULL,         -- 1: all files of the turns
        before TEXT NOT NULL,           -- the trees of files
        after TEXT NOT NULL,
        undoes INTEGER,                 -- the rewind that this one takes back
        told INTEGER NOT NULL DEFAULT 0 -- 1: the model knows
    )
    """,
)

_PROOF = (
    """
    CREATE TABLE families (             -- tasks that recur
        id TEXT PRIMARY KEY,            -- f and six base32 characters; never changes
        project TEXT NOT NULL,          -- the slug; empty: none
        created REAL NOT NULL,
        title TEXT NOT NULL,            -- the first request, in a line
        tasks INTEGER NOT NULL DEFAULT 0,
        alias_of TEXT                   -- not NULL: it was merged into this one
    )
    """,
    """
    CREATE TABLE family_terms (         -- the centroids: of a term the sum of its weights in the family's tasks
        project TEXT NOT NULL,
        term TEXT NOT NULL,
        family TEXT NOT NULL,
        kind TEXT NOT NULL,             -- request; deed: what it begins with; touched: of commands and manifests
        weight REAL NOT NULL,
        PRIMARY KEY (project, term, kind, family)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX family_terms_family ON family_terms (family)",
    """
    CREATE TABLE tasks (                -- turns, as what recurs
        session TEXT NOT NULL,
        turn INTEGER NOT NULL,
        at REAL NOT NULL,
        family TEXT NOT NULL,           -- as it was assigned, before anything was done
        executor TEXT,                  -- kept: the role executor did it; returned: it gave it back; NULL: main did it
        PRIMARY KEY (session, turn)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX tasks_family ON tasks (family)",
    """
    CREATE TABLE coins (                -- one for a session and a skill, flipped before the first request
        session TEXT NOT NULL,
        skill TEXT NOT NULL,
        arm TEXT NOT NULL,              -- first: one of the first tasks, which always have it; with; without; always: no coin
        share REAL NOT NULL,            -- the chance of `without`
        at REAL NOT NULL,
        PRIMARY KEY (session, skill)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE eligible (             -- a skill scored over the threshold as a turn began; its arm is the coin's
        session TEXT NOT NULL,
        turn INTEGER NOT NULL,
        skill TEXT NOT NULL,
        score REAL NOT NULL,
        PRIMARY KEY (session, turn, skill)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX eligible_skill ON eligible (skill)",
    """
    CREATE TABLE loads (                -- a skill was loaded in a turn
        session TEXT NOT NULL,
        turn INTEGER NOT NULL,
        skill TEXT NOT NULL,
        at REAL NOT NULL,
        way TEXT NOT NULL,              -- attached, late, asked (by the model), named (by a person)
        misfired INTEGER NOT NULL,      -- 1: it led to failures
        version TEXT NOT NULL,          -- sha256 of its SKILL.md
        PRIMARY KEY (session, turn, skill)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX loads_skill ON loads (skill, at)",
    """
    CREATE TABLE quarantines (          -- a skill is not offered, from `at` until its file is changed
        id INTEGER PRIMARY KEY,
        skill TEXT NOT NULL,
        target TEXT NOT NULL,           -- the file, as in changes
        sha256 TEXT NOT NULL,           -- of what it said
        at REAL NOT NULL,
        session TEXT NOT NULL,          -- the turn after which that was decided
        turn INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE looks (                -- what was decided of a skill, after so many tasks
        skill TEXT NOT NULL,
        since REAL NOT NULL,            -- when the skill was created
        tasks INTEGER NOT NULL,         -- 16, 32, 64, 128
        at REAL NOT NULL,
        verdict TEXT NOT NULL,
        data TEXT NOT NULL,             -- JSON: the figures
        PRIMARY KEY (skill, since, tasks)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE checks (               -- the command that told whether a turn did its job
        session TEXT NOT NULL,
        turn INTEGER NOT NULL,
        command TEXT NOT NULL,
        ok INTEGER NOT NULL,
        PRIMARY KEY (session, turn)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE replays (              -- a recorded task, done again to see whether a skill helps
        skill TEXT NOT NULL,
        version TEXT NOT NULL,          -- sha256 of its SKILL.md
        session TEXT NOT NULL,          -- the recorded task
        turn INTEGER NOT NULL,
        arm TEXT NOT NULL,              -- with, without
        repetition INTEGER NOT NULL,
        at REAL NOT NULL,
        model TEXT NOT NULL,
        data TEXT NOT NULL,             -- JSON: what it took, and whether it succeeded
        PRIMARY KEY (skill, version, session, turn, arm, repetition, model)
    ) WITHOUT ROWID
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    *(_FIRST, _EXTERNAL, _LEARNING, _BREAKER, _TRIPPED),
    *(_LONG_SESSIONS, _REWINDS, _PROOF),
)


def version_of(connection: sqlite3.Connection) -> int:
    """How many migrations the file has been through."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert isinstance(version, int)
    return version


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS
) -> None:
    """Bring the file to the newest version, each migration in a transaction of its own.

    Several processes may do this at once: who finds a migration done by another goes on with the next.
    Raises HomeError if the file is newer than this hone, and sqlite3.Error.
    """
    while 0 <= (version := version_of(connection)) < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version_of(connection) == version:
                for statement in migrations[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    if version != len(migrations):
        raise HomeError(
            f"{path} is of version {version}, made by a newer hone; this one knows {len(migrations)}: upgrade hone"
        )
