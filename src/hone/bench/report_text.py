"""A report for a terminal: findings, tables, and the learning curves as bars."""

import io
import textwrap
from collections.abc import Iterator

from hone.bench.report import Report, Table, label, settings_line, tables

_BAR = 36  # columns of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉"


def as_text(shown: Report, width: int) -> str:
    """All of it, `width` columns wide where the tables allow."""
    parts = [line for text in _head(shown) for line in _wrapped(text, width)]
    if shown.tasks:
        parts += ["", *curves(shown)]
    parts += [_drawn(table, width) for table in tables(shown)]
    return "\n".join(parts).rstrip() + "\n"


def _head(shown: Report) -> Iterator[str]:
    if shown.note:
        yield shown.note
    done = len(shown.tasks)
    yield f"{done:,} of {shown.plan.tasks:,} tasks in {shown.seconds:.0f} s; {settings_line(shown.plan)}"
    yield from (f"note: {problem}" for problem in shown.problems)
    yield from (["", *shown.findings] if shown.findings else [])


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False) or [""]


def curves(shown: Report) -> Iterator[str]:
    """Calls a task at each repeat, an arm under the other."""
    mark = " (SIMULATED)" if shown.simulated else ""
    yield f"Calls a task, by repeat{mark}"
    longest = max((row.calls for arm in shown.arms for row in arm.repeats.values()), default=0.0)
    width = max(len(label(shown, arm)) for arm in shown.arms)
    for arm in shown.arms:
        for number, row in arm.repeats.items():
            name = label(shown, arm) if number == min(arm.repeats) else ""
            yield f"{name:<{width}} {number:>2} {bar(row.calls, longest)} {row.calls:.1f}"


def bar(value: float, longest: float) -> str:
    """`value` as a bar, `longest` being as wide as bars get."""
    eighths = round(8 * _BAR * value / longest) if longest else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _drawn(table: Table, width: int) -> str:
    from rich import box  # noqa: PLC0415 - only where a report is printed
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table as Drawn  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    drawn = Drawn(box=box.SIMPLE_HEAD)
    for position, heading in enumerate(table.headings):
        drawn.add_column(Text(heading), justify="right" if position else "left")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None)
    console.print(drawn)
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    return "\n".join(["", table.title, *filter(None, lines)])
