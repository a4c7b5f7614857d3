"""How often a request finds its skill, how often one is rightly attached unasked, and how long that takes.

`HONE_BENCH_DATA=DIR python benchmarks/skill_retrieval.py` reads DIR/skillpool: public skills and labelled requests. The
numbers are lower bounds, because not every skill that would do is labelled. The data is not part of this project.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from locomo_recall import lines

from hone.skills.discover import Library
from hone.skills.read import Skill
from hone.skills.retrieve import AT_START, Found, Retrieval, clear_match

DEPTHS = (1, 5, 10)
EVALS = {"dotnet-evals", "aas-evals", "skill-inject"}
MANY = 10_000


class Pool(msgspec.Struct, frozen=True):
    """A library made of the public skills, over and over if need be, and which of them each directory holds."""

    library: Library
    ids: dict[str, str]


def write_pool(home: Path, skills: Sequence[dict[str, Any]], count: int) -> Pool:
    found, ids = [], {}
    for number in range(count):
        skill = skills[number % len(skills)]
        directory = home / "skills" / f"{number}"
        directory.mkdir(parents=True)
        (directory / "SKILL.md").write_text(f"---\nname: x\ndescription: x\n---\n{skill['body']}", "utf-8")
        found.append(Skill(skill["name"], skill["description"], str(directory), changed=number + 1))
        ids[str(directory)] = skill["skill_id"]
    return Pool(Library(tuple(found)), ids)


def accepted(query: dict[str, Any]) -> set[str]:
    return {*query["gold"], *query["gold_equiv"]}


def print_ranks(retrieval: Retrieval, pool: Pool, queries: Sequence[dict[str, Any]]) -> None:
    ranks: dict[str, list[int]] = {"EVALS": [], "examples": []}
    for query in queries:
        found = [pool.ids[each.skill.directory] for each in retrieval.search(query["query"])]
        rank = next((place for place, each in enumerate(found) if each in accepted(query)), MANY)
        ranks["EVALS" if query["source"] in EVALS else "examples"].append(rank)
    for name, places in ranks.items():
        shares = (f"{sum(place < depth for place in places) / len(places):.3f}" for depth in DEPTHS)
        print(f"{name:<10} hit@{'/'.join(map(str, DEPTHS))}  {' / '.join(shares)}   ({len(places)} requests)")


def print_attached(
    retrieval: Retrieval, pool: Pool, queries: Sequence[dict[str, Any]], negatives: Sequence[dict[str, Any]]
) -> None:
    matches = [(query, clear_match(retrieval.search(query["query"]))) for query in queries]
    for name, wanted in (("EVALS", True), ("examples", False)):
        of = [pair for pair in matches if (pair[0]["source"] in EVALS) == wanted]
        attached = [pool.ids[skill.directory] in accepted(query) for query, skill in of if skill]
        precision = sum(attached) / len(attached) if attached else 1.0
        print(f"{name:<10} attached: precision {precision:.3f}, recall {sum(attached) / len(of):.3f}")
    wrong = sum(
        pool.ids[skill.directory] == query["must_not_activate"]
        for query in negatives
        if (skill := clear_match(retrieval.search(query["query"])))
    )
    print(f"attached although it must not be: {wrong} of {len(negatives)}")


def timed(retrieval: Retrieval, queries: Sequence[dict[str, Any]]) -> Iterator[float]:
    """Milliseconds of each request."""
    for query in queries:
        started = time.perf_counter()
        found: tuple[Found, ...] = retrieval.search(query["query"])
        yield (time.perf_counter() - started) * 1000
        assert found


def print_times(home: Path, pool: Pool, queries: Sequence[dict[str, Any]]) -> None:
    started = time.perf_counter()
    retrieval = Retrieval.open(home)
    retrieval.refresh(pool.library)
    print(f"{MANY:,} skills: read for the first time in {time.perf_counter() - started:.1f} s")
    retrieval.close()
    starts = []
    for _ in range(10):
        started = time.perf_counter()
        retrieval = Retrieval.open(home)
        retrieval.refresh(pool.library, AT_START)
        starts.append((time.perf_counter() - started) * 1000)
    times = [each for _ in range(3) for each in timed(retrieval, queries)]
    slowest = statistics.quantiles(times, n=100)[-1]
    print(f"at a start, nothing changed: {statistics.median(starts):.1f} ms")
    print(f"a request: p50 {statistics.median(times):.1f} ms, p99 {slowest:.1f} ms")


def main() -> None:
    if "HONE_BENCH_DATA" not in os.environ:
        sys.exit(
            "set HONE_BENCH_DATA to a directory that has skillpool/skills.jsonl.gz and queries.dev.jsonl.gz"
        )
    data = Path(os.environ["HONE_BENCH_DATA"]) / "skillpool"
    skills = list(lines(data / "skills.jsonl.gz"))
    queries = list(lines(data / "queries.dev.jsonl.gz"))
    negatives = list(lines(data / "negatives.dev.jsonl.gz"))
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory, "pool")
        pool = write_pool(home, skills, len(skills))
        retrieval = Retrieval.open(home)
        retrieval.refresh(pool.library)
        print_ranks(retrieval, pool, queries)
        print_attached(retrieval, pool, queries, negatives)
        home = Path(directory, "many")
        print_times(home, write_pool(home, skills, MANY), queries)


if __name__ == "__main__":
    main()
