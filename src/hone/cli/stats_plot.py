"""`hone stats --plot FILE`: the figures by matplotlib, which is loaded only here. The same without it: `hone.cli.stats_html`."""

import io
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hone.cli.telling import one_line
from hone.errors import UsageError
from hone.proof.curve import Curve, arrivals, condensed
from hone.proof.receipts import Receipt
from hone.proof.stats import Stats, is_compared
from hone.proof.values import Saving

MOST = 6  # of families and of skills in a figure
_MOST_POINTS = 400
_FORMATS = {".png": "png", ".svg": "svg"}


def plot_format(path: Path) -> str:
    """What to draw, by the file's ending. Raises UsageError if it is no picture's."""
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"{path}: a plot ends in .png or .svg") from None


def plotted(stats: Stats) -> tuple[Curve, ...]:
    """The families that are drawn: those that recur, the most frequent first."""
    return tuple(each for each in stats.families if len(each.calls) > 1)[:MOST]


def compared(stats: Stats) -> tuple[tuple[Receipt, Saving], ...]:
    """The skills that are drawn, with what they save in calls by the coin."""
    receipts = [each.receipt for each in stats.skills if is_compared(each.receipt)]
    found = [
        (each, saving)
        for each in receipts
        for saving in each.savings
        if saving.measure == "calls" and all(map(math.isfinite, (saving.saved, saving.low, saving.high)))
    ]
    return tuple(found[:MOST])


def drawn(stats: Stats, form: str) -> bytes:
    """The picture. Raises UsageError without matplotlib."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - heavy, and an extra
    except ImportError:
        raise UsageError("a plot needs matplotlib: pip install matplotlib (--html needs nothing)") from None
    curves, skills = plotted(stats), compared(stats)
    rows = len(curves) + bool(skills) or 1
    figure = Figure(figsize=(8, 2.4 * rows), layout="constrained")
    axes = list(figure.subplots(rows, 1, squeeze=False).flat)
    for axis, curve in zip(axes, curves, strict=False):
        _draw_curve(axis, curve)
    if skills:
        _draw_savings(axes[-1], skills)
    if not curves and not skills:
        axes[0].set_axis_off()
        axes[0].text(0.5, 0.5, "no task recurred yet", ha="center")
    picture = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a request may be in any script, a font is not
        figure.savefig(picture, format=form, dpi=120, metadata={"Date": None} if form == "svg" else None)
    return picture.getvalue()


def _draw_curve(axis: Any, curve: Curve) -> None:
    for name, values in (("calls", curve.calls), ("errors", curve.errors)):
        shown = condensed(values, _MOST_POINTS)
        step = len(values) / len(shown)
        axis.plot(
            [1 + step * number for number in range(len(shown))],
            shown,
            "o-",
            markersize=3,
            linewidth=1,
            label=name,
        )
    for task, names in arrivals(curve).items():
        axis.axvline(task - 0.5, linestyle="--", linewidth=1, color="gray")
        place = (task - 0.5, 1)
        axis.annotate(
            one_line(names, 40),
            place,
            xycoords=("data", "axes fraction"),
            va="top",
            fontsize=7,
            parse_math=False,
        )
    axis.set_title(one_line(curve.title, 70), fontsize=9, loc="left", parse_math=False)
    axis.set_ylim(bottom=0)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set_xlabel("task", fontsize=8)
    axis.legend(fontsize=7, loc="upper right")


def _draw_savings(axis: Any, skills: Sequence[tuple[Receipt, Saving]]) -> None:
    for row, (_, saving) in enumerate(skills):
        axis.plot([saving.low, saving.high], [row, row], linewidth=2)
        axis.plot(saving.saved, row, marker="o", color="black")
    axis.axvline(0, linewidth=1, color="gray")
    names = [one_line(receipt.skill, 30) for receipt, _ in skills]
    axis.set_yticks(range(len(skills)), labels=names, parse_math=False)
    axis.invert_yaxis()
    axis.set_title(
        "calls saved in a task, by the coin (90 of 100 such ranges hold the truth)", fontsize=9, loc="left"
    )
