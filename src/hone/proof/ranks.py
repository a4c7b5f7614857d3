"""Tests that need no assumption about how calls or errors are spread: by ranks, and by counting a two-by-two table.

Each answers: were there no effect at all, how often would chance alone show a difference this large in this direction?
"""

import math
from collections import Counter
from collections.abc import Sequence

_EXACT = 400
"""Where the values times the size of the smaller group are at most so many, every way to choose it is counted (32
values, 12 of them chosen); where there are more, the normal curve is close.
"""


def smaller(one: Sequence[float], other: Sequence[float]) -> float:
    """The chance that the values of `one` rank so low among both, one-sided. 1.0 if a group is empty.

    The rank-sum test of Wilcoxon, Mann and Whitney with mid-ranks: exact for small groups, else by the normal curve
    with the corrections for ties and continuity (Lehmann, Nonparametrics, 1975, section 1.4).
    """
    if not one or not other:
        return 1.0
    if len(one) > len(other):
        return larger(other, one)
    ranks = mid_ranks([*one, *other])
    found = sum(ranks[: len(one)])
    chance = _counted if len(ranks) * len(one) <= _EXACT else _by_normal_curve
    return chance(found, ranks, len(one))


def larger(one: Sequence[float], other: Sequence[float]) -> float:
    """The same for values of `one` that rank so high."""
    return smaller([-each for each in one], [-each for each in other])


def more_often(yes: int, of: int, other_yes: int, other_of: int) -> float:
    """The chance that `yes` of `of` is so many, where `other_yes` of `other_of` are the others: Fisher's exact test, one-sided."""
    total, everything = yes + other_yes, of + other_of
    ways = math.comb(everything, of)
    return sum(
        math.comb(total, count) * math.comb(everything - total, of - count)
        for count in range(yes, min(of, total) + 1)
        if of - count <= everything - total
    ) / (ways or 1)


def mid_ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1; equal values share the mean of theirs."""
    below, ranks = 0, {}
    for value, count in sorted(Counter(values).items()):
        ranks[value] = below + (count + 1) / 2
        below += count
    return [ranks[value] for value in values]


def _counted(found: float, ranks: Sequence[float], size: int) -> float:
    """The share of all ways to choose `size` of the ranks whose sum is at most `found`.

    How many ways lead to each sum stands in one integer, a digit for each half rank: adding a rank shifts it. No digit
    overflows, so the remainder by the largest digit is the sum of the digits.
    """
    ways = math.comb(len(ranks), size)
    width = ways.bit_length() + 1
    sums = [1] + [0] * size  # by how many were chosen
    for rank in ranks:
        for chosen in range(size, 0, -1):
            sums[chosen] += sums[chosen - 1] << round(2 * rank) * width
    up_to_found = sums[size] & ((1 << (round(2 * found) + 1) * width) - 1)
    return up_to_found % ((1 << width) - 1) / ways


def _by_normal_curve(found: float, ranks: Sequence[float], size: int) -> float:
    n = len(ranks)
    ties = sum(count**3 - count for count in Counter(ranks).values())
    variance = size * (n - size) / 12 * (n + 1 - ties / (n * (n - 1)))
    if variance == 0:
        return 1.0
    distance = (found - size * (n + 1) / 2 + 0.5) / math.sqrt(variance)
    return min(1.0, math.erfc(-distance / math.sqrt(2)) / 2)
