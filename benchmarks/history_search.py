"""Search over a history of 100,000 messages: `python benchmarks/history_search.py [MESSAGES]` prints p50 and p99.

The messages are made of words with a natural distribution of frequencies, from a fixed seed. Budget: p99 <= 30 ms.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hone.clock import SystemClock
from hone.events import StepFinished, ToolFinished, TurnFinished, TurnStarted
from hone.history.rows import SessionInfo
from hone.history.store import History, new_session_id
from hone.messages import Assistant, ToolReply, Usage

VOCABULARY = 60_000
MESSAGES_A_SESSION = 100
QUERIES = 400


class Words:
    """Words of which the k-th is about 1/k as frequent as the first, as in any language."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._words = [self._word() for _ in range(VOCABULARY)]
        total, self._cumulative = 0.0, []
        for rank in range(VOCABULARY):
            total += 1 / (rank + 2.7)
            self._cumulative.append(total)

    def text(self, length: int) -> str:
        return " ".join(self._rng.choices(self._words, cum_weights=self._cumulative, k=length))

    def _word(self) -> str:
        return "".join(
            self._rng.choice("bdfgklmnprstvz") + self._rng.choice("aeiou")
            for _ in range(self._rng.randint(1, 4))
        )


def fill(history: History, words: Words, rng: random.Random, messages: int) -> list[str]:
    clock = SystemClock()
    ids = []
    for _ in range(messages // MESSAGES_A_SESSION):
        ids.append(new_session_id(clock, rng))
        project = f"project-{rng.randint(1, 20)}"
        history.open_session(
            SessionInfo(id=ids[-1], cwd="/w", workspace="/w", project=project, origin="run", system_prompt="")
        )
        turn = history.start_turn(ids[-1], TurnStarted(words.text(20)))
        for step in range(1, MESSAGES_A_SESSION // 2):
            reply = Assistant(words.text(25))
            history.append(ids[-1], turn, step, StepFinished(step, reply, Usage(100, 0, 10), "m", 1.0))
            output = ToolReply(str(step), "shell", words.text(rng.choice((5, 30, 120))))
            history.append(ids[-1], turn, step, ToolFinished(output, 0.1))
        history.finish_turn(ids[-1], turn, TurnFinished(turn, "answered", "", "", 49, 49, 0, Usage(), 1.0))
    return ids


def measure(name: str, times: list[float]) -> None:
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"{name:<34} p50 {statistics.median(times):6.2f} ms   p99 {p99:6.2f} ms   max {times[-1]:6.2f} ms")


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = random.Random(20261122)
    words = Words(rng)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "state.db"
        start = time.perf_counter()
        history = History.open(path, lambda text: text, SystemClock())
        print(f"{'first opening':<34} {(time.perf_counter() - start) * 1000:10.2f} ms")
        start = time.perf_counter()
        ids = fill(history, words, rng, messages)
        each = (time.perf_counter() - start) * 1000 / messages
        print(f"{messages:,} messages, {path.stat().st_size / 1e6:.0f} MB, {each:.3f} ms to append one")
        history.close()
        start = time.perf_counter()
        history = History.open(path, lambda text: text, SystemClock())
        print(f"{'opening':<34} {(time.perf_counter() - start) * 1000:10.2f} ms")
        scopes: dict[str, dict[str, Any]] = {
            "everywhere": {},
            "everywhere but in one session": {"exclude": ids[0]},
            "in one project": {"project": "project-1"},
            "in one session": {"session": ids[len(ids) // 2]},
        }
        for name, scope in scopes.items():
            times = []
            for _ in range(QUERIES):
                query = words.text(rng.randint(1, 12))
                start = time.perf_counter()
                history.search(query, **scope)
                times.append((time.perf_counter() - start) * 1000)
            measure(name, times)
        history.close()


if __name__ == "__main__":
    main()
