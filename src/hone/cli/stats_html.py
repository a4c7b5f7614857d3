"""`hone stats --html FILE`: one page that stands by itself. No scripts, nothing loaded from elsewhere, no library for its figures.

What a request or a skill says is text: escaped, and without control characters.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from hone.cli.sessions import printable
from hone.cli.stats_plot import compared, plotted
from hone.cli.telling import one_line
from hone.cli.tripwires import Fired
from hone.proof.curve import Curve, arrivals, condensed
from hone.proof.receipts import Receipt
from hone.proof.stats import SkillStats, Stats, is_compared
from hone.proof.values import Saving
from hone.proof.wording import (
    amount,
    bill,
    certainty,
    cost,
    decimal,
    difference,
    family,
    observed,
    skill,
    states,
    success_known,
    worth_it,
)

_WIDTH, _HEIGHT = 640, 120  # of a curve, in pixels
_ROW = 28
_MOST_POINTS = 400
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; font-size: 14px } th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ddd; vertical-align: top }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif } .calls { stroke: #1f5fa8 } .errors { stroke: #b3541e } .came { stroke: #777; stroke-dasharray: 4 3 }
.axis { stroke: #bbb } polyline, line { fill: none; stroke-width: 1.5 } .dot { fill: #222 } figcaption { font-size: 14px } figure { margin: 1rem 0 }
"""


def page(stats: Stats, tripwires: Iterable[Fired]) -> str:
    """The whole page."""
    parts = [
        f"<h1>{_text(worth_it(stats))}</h1>",
        *_families(stats),
        f"<h2>How sure is that?</h2><p>{_text(certainty(stats))} {_text(success_known(stats))}</p>",
        f"<h2>What did it cost?</h2><p>{_text(bill(stats))}</p>",
        *_skills(stats),
        *_tripwires(list(tripwires)),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>hone stats</title><style>{_STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def svg_of_curve(curve: Curve) -> str:
    """Calls and errors of the tasks in order; a dashed line where a skill came."""
    most = max((*curve.calls, *curve.errors, 1))
    lines = [
        f'<line class="axis" x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>',
        f'<text x="2" y="10">{most:,}</text>',
        _polyline("calls", curve.calls, most),
        _polyline("errors", curve.errors, most),
    ]
    for task, names in arrivals(curve).items():
        at = (task - 1) / max(1, len(curve.calls) - 1) * _WIDTH
        lines.append(f'<line class="came" x1="{at:.1f}" y1="0" x2="{at:.1f}" y2="{_HEIGHT}"/>')
        lines.append(f'<text x="{min(at + 4, _WIDTH - 160):.1f}" y="22">{_text(one_line(names, 40))}</text>')
    return _svg(_HEIGHT + 4, lines)


def svg_of_savings(skills: Sequence[tuple[Receipt, Saving]]) -> str:
    """A range of calls saved in a task for each skill, around nothing saved."""
    reach = max(max(abs(saving.low), abs(saving.high)) for _, saving in skills) or 1.0
    left = 220  # pixels for the names
    middle = (left + _WIDTH) / 2

    def place(value: float) -> str:
        return f"{middle + value / reach * (_WIDTH - middle - 10):.1f}"

    lines = [f'<line class="axis" x1="{place(0)}" y1="0" x2="{place(0)}" y2="{_ROW * len(skills)}"/>']
    for row, (receipt, saving) in enumerate(skills):
        y = row * _ROW + _ROW // 2
        lines += [
            f'<text x="0" y="{y + 4}">{_text(one_line(receipt.skill, 32))}</text>',
            f'<line class="calls" x1="{place(saving.low)}" y1="{y}" x2="{place(saving.high)}" y2="{y}"/>',
            f'<circle class="dot" cx="{place(saving.saved)}" cy="{y}" r="4"/>',
            f'<text x="{place(saving.saved)}" y="{y - 6}" text-anchor="middle">{decimal(saving.saved)}</text>',
        ]
    return _svg(_ROW * len(skills), lines)


def _families(stats: Stats) -> Iterator[str]:
    yield "<h2>For which work, and since when?</h2>"
    curves = plotted(stats)
    if not curves:
        yield "<p>No task recurred yet.</p>"
    for curve in curves:
        caption = f"<strong>{_text(one_line(curve.title))}</strong><br>{_text(family(curve, stats.skills))}"
        yield f"<figure><figcaption>{caption}</figcaption>{svg_of_curve(curve)}</figure>"
    if curves:
        yield '<p>Task by task: <span style="color:#1f5fa8">calls</span> and <span style="color:#b3541e">errors</span>; a dashed line: a skill came.</p>'
    recurring = [each for each in stats.families if len(each.calls) > 1]
    if len(recurring) > len(curves):
        yield _table(
            ("family", "tasks"),
            [(one_line(each.title), family(each, stats.skills)) for each in recurring[len(curves) :]],
        )


def _skills(stats: Stats) -> Iterator[str]:
    yield f"<h2>Skills</h2><p>{_text(states(stats.skills))}</p>"
    if skills := compared(stats):
        caption = "Calls saved in a task, assigned by chance; ranges hold the truth in 90 of 100 such cases."
        yield f"<figure><figcaption>{caption}</figcaption>{svg_of_savings(skills)}</figure>"
    if stats.skills:
        rows = [(each.receipt.skill, skill(each), cost(each.receipt.cost)) for each in stats.skills]
        yield _table(("skill", "what is known", "cost"), rows)
    for each in stats.skills:
        yield from _savings(each)


def _savings(each: SkillStats) -> Iterator[str]:
    receipt = each.receipt
    if is_compared(receipt):
        rows = [
            (
                saving.measure,
                amount(saving.with_skill, saving.measure),
                amount(saving.without, saving.measure),
                difference(saving),
            )
            for saving in receipt.savings
        ]
        yield f"<h3>{_text(receipt.skill)}: by chance with and without</h3>"
        yield _table(("a task's", "with", "without", "difference"), rows)
    elif receipt.observed:
        yield f"<h3>{_text(receipt.skill)}: observed, which proves nothing</h3>"
        yield _table(
            ("a task's", "observed"), [(saving.measure, observed(saving)) for saving in receipt.observed]
        )


def _tripwires(tripwires: Sequence[Fired]) -> Iterator[str]:
    if tripwires:
        yield "<h2>Tripwires</h2>"
        yield _table(("skill", "tripwire"), [(each.skill, each.as_line()) for each in tripwires])


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{_text(heading)}</th>" for heading in headings)
    body = "\n".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>\n{body}</table>"


def _polyline(name: str, values: Sequence[int], most: float) -> str:
    shown = condensed(values, _MOST_POINTS)
    step = _WIDTH / max(1, len(shown) - 1)
    points = " ".join(
        f"{number * step:.1f},{_HEIGHT - value / most * (_HEIGHT - 10):.1f}"
        for number, value in enumerate(shown)
    )
    return f'<polyline class="{name}" points="{points}"/>'


def _svg(height: int, lines: Iterable[str]) -> str:
    return f'<svg viewBox="0 -2 {_WIDTH} {height + 4}" role="img">{"".join(lines)}</svg>'


def _text(text: str) -> str:
    return escape(printable(text))
