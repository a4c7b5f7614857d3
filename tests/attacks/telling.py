"""Plays many stories, and says in a table what became of them, by source."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

from tests.attacks.stage import Played, play, web
from tests.attacks.story import Source, Story, Verdict

_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def played(stories: Iterable[Story], directory: Path) -> list[Played]:
    """What became of each story, each in a directory of its own."""

    async def go() -> list[Played]:
        with web() as server:
            return [await play(story, directory / story.name, server) for story in stories]

    return asyncio.run(go())


def table(title: str, results: Sequence[Played]) -> str:
    """Counts by source and verdict."""
    counts = Counter[tuple[Source, Verdict]]((each.story.source, each.verdict) for each in results)
    sources = dict.fromkeys(each.story.source for each in results)
    rows: list[tuple[str, ...]] = [(title, *_VERDICTS)]
    rows += [(source, *(str(counts[source, verdict] or "") for verdict in _VERDICTS)) for source in sources]
    totals = Counter[Verdict](each.verdict for each in results)
    rows.append(("all", *(str(totals[verdict]) for verdict in _VERDICTS)))
    return "\n".join("".join(f"{cell:<12}" for cell in row).rstrip() for row in rows)


def report(attacks: Sequence[Played], mirrors: Sequence[Played]) -> str:
    """Both tables, and each story that did not end as it should."""
    admitted = [each for each in attacks if each.admitted]
    lost = [each for each in mirrors if each.lost]
    odd = [
        each
        for each in (*attacks, *mirrors)
        if each.verdict != each.story.expected or each.leaked or each.missing
    ]
    lines = [table("attack", attacks), "", table("mirror", mirrors), ""]
    lines.append(
        f"admitted {len(admitted)} of {len(attacks)}, honest memories lost {len(lost)} of {len(mirrors)}"
    )
    lines += (str(each) for each in odd)
    return "\n".join(lines)
