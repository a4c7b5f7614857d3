"""How often search finds the turn that answers a question about a long conversation (LoCoMo, research use only).

`HONE_BENCH_DATA=DIR python benchmarks/locomo_recall.py` reads DIR/locomo and prints the share of the evidence that is
among the first 5, 10 and 20 hits within the conversation. The data is not part of this project.
"""

import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hone.clock import SystemClock
from hone.events import TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History

DEPTHS = (5, 10, 20)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def record(history: History, data: Path) -> dict[tuple[str, str], str]:
    """Record the conversations as sessions; the event of each (conversation, turn)."""
    events: dict[tuple[str, str], str] = {}
    for turn in lines(data / "turns.dev.jsonl.gz"):
        conversation = turn["conv"]
        if not any(known == conversation for known, _ in events):
            history.open_session(
                SessionInfo(id=conversation, cwd="/", workspace="/", origin="api", system_prompt="")
            )
        text = f"{turn['speaker']}: {turn['text']} {turn['image_caption'] or ''}"
        events[conversation, turn["dia_id"]] = f"e{history.start_turn(conversation, TurnStarted(text))}"
    return events


def main() -> None:
    if "HONE_BENCH_DATA" not in os.environ:
        sys.exit("set HONE_BENCH_DATA to a directory that has locomo/turns.dev.jsonl.gz and qa.dev.jsonl.gz")
    data = Path(os.environ["HONE_BENCH_DATA"]) / "locomo"
    found = dict.fromkeys(DEPTHS, 0.0)
    questions = 0
    with tempfile.TemporaryDirectory() as directory:
        history = History.open(Path(directory) / "state.db", lambda text: text, SystemClock())
        events = record(history, data)
        for question in lines(data / "qa.dev.jsonl.gz"):
            conversation = question["conv"]
            gold = {events.get((conversation, turn)) for turn in question["evidence"]} - {None}
            if not gold:
                continue
            questions += 1
            hits = [
                hit.event
                for hit in history.search(question["question"], session=conversation, limit=max(DEPTHS))
            ]
            for depth in DEPTHS:
                found[depth] += len(gold.intersection(hits[:depth])) / len(gold)
        history.close()
    for depth in DEPTHS:
        print(f"recall@{depth:<3} {found[depth] / questions:.3f}   ({questions} questions)")


if __name__ == "__main__":
    main()
