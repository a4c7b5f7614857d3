"""Pairs: the same task done with and without a skill. How often would chance alone make such a difference?"""

import math
import random
from collections.abc import Sequence
from itertools import product

_EXACT = 14  # pairs: up to 2 ** 14 ways of signs are counted one by one
_DRAWS = 20_000


def permutation(differences: Sequence[float], rng: random.Random) -> float:
    """The chance that the differences of pairs add up to so much either way, if each might as well have the other sign.

    Fisher's sign-flip test, two-sided: exact up to 14 differences, else by 20,000 draws. No pair that differs: 1.0.
    """
    sizes = [abs(each) for each in differences if each]
    if not sizes:
        return 1.0
    found = abs(sum(differences)) - 1e-9
    if len(sizes) <= _EXACT:
        sums = [
            sum(sign * size for sign, size in zip(signs, sizes, strict=True))
            for signs in product((1, -1), repeat=len(sizes))
        ]
        return sum(abs(each) >= found for each in sums) / len(sums)
    hits = sum(abs(sum(rng.choice((1, -1)) * size for size in sizes)) >= found for _ in range(_DRAWS))
    return (hits + 1) / (_DRAWS + 1)


def mcnemar(only_with: int, only_without: int) -> float:
    """The chance that of the pairs in which only one side succeeded so many are of one kind: McNemar's exact test, two-sided."""
    pairs = only_with + only_without
    if not pairs:
        return 1.0
    tail = sum(math.comb(pairs, count) for count in range(min(only_with, only_without) + 1))
    return float(min(1.0, 2 * tail / 2**pairs))
