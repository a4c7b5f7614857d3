"""How many planted instructions the injection guard finds, and how often it is wrong about what people wrote in good faith.

`HONE_BENCH_DATA=DIR python benchmarks/injection.py [--list]` reads DIR/skillinject (documents with and without a planted
instruction) and DIR/skillpool (public skills, mostly benign), each in two halves by a hash of its id. The rules are about
classes of effects, but were written with sight of both halves: new attacks will do better than these figures. The data is
hostile, and not part of this project.
"""

import argparse
import hashlib
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from locomo_recall import lines

from hone.safety.injection import Injection, find_injections

HALVES = ("one half", "other half")


def half(name: str) -> str:
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


def worst(found: Sequence[Injection]) -> str:
    severities = {each.severity for each in found}
    return "obvious" if "obvious" in severities else "suspect" if severities else "nothing"


def as_skill(skill: dict[str, Any]) -> str:
    description = " ".join(str(skill["description"]).split())
    return f"---\nname: {skill['name']}\ndescription: {description}\n---\n\n{skill['body']}"


def share(part: int, whole: int) -> str:
    return f"{part:>5} of {whole:<5} {part / whole:7.2%}" if whole else "none"


def report(title: str, verdicts: Sequence[str]) -> None:
    of = Counter(verdicts)
    print(
        f"{title:<34} obvious {share(of['obvious'], len(verdicts))}   obvious or suspect {share(len(verdicts) - of['nothing'], len(verdicts))}"
    )


def print_planted(documents: Iterable[dict[str, Any]]) -> None:
    verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for document in documents:
        verdict = worst(find_injections(document["text"]))
        for part in (
            half(document["id"].split("/")[0]),
            "all",
        ):  # one planted instruction stands in several documents
            verdicts[document["label"], part].append(verdict)
    for label in ("obvious", "contextual", "clean"):
        for part in (*HALVES, "all"):
            if verdicts[label, part]:
                report(f"skillinject {label} ({part})", verdicts[label, part])


def print_pool(skills: Sequence[dict[str, Any]], *, listed: bool) -> None:
    verdicts: dict[str, list[str]] = defaultdict(list)
    rules: Counter[tuple[str, str]] = Counter()
    flagged: list[tuple[str, tuple[Injection, ...]]] = []
    times: list[float] = []
    for skill in skills:
        text = as_skill(skill)
        start = time.perf_counter()
        found = find_injections(text)
        times.append((time.perf_counter() - start) * 8_000 / max(len(text), 8_000))
        for part in (half(skill["skill_id"]), "all"):
            verdicts[part].append(worst(found))
        rules.update({(each.rule, each.severity) for each in found})
        if found:
            flagged.append((skill["skill_id"], found))
    for part in (*HALVES, "all"):
        report(f"skillpool ({part})", verdicts[part])
    print(
        "by rule: "
        + ", ".join(f"{rule} ({severity}) {count}" for (rule, severity), count in rules.most_common())
    )
    print(
        f"time for 8 KB: median {statistics.median(times) * 1e3:.2f} ms, 99 % below {statistics.quantiles(times, n=100)[98] * 1e3:.2f} ms"
    )
    for name, found in flagged if listed else ():
        for each in found:
            print(f"{each.severity:<8} {each.rule:<24} {name}: {each.excerpt[:110]!r}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--list", action="store_true", help="print what was found in the public skills")
    data = Path(os.environ.get("HONE_BENCH_DATA", "../shared/data"))
    listed = arguments.parse_args().list
    print_planted(lines(data / "skillinject/docs.dev.jsonl.gz"))
    print_pool(list(lines(data / "skillpool/skills.jsonl.gz")), listed=listed)


if __name__ == "__main__":
    main()
