"""A report as a page: Markdown for a README, or one HTML file that needs nothing beside it."""

import html
from collections.abc import Iterator

from hone.bench.report import Report, Table, label, settings_line, tables

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 280, 48, 40  # of the drawing, in its own units
_COLOURS = ("#777777", "#c17d11", "#3465a4", "#2e8b57", "#75507b", "#a40000", "#06989a")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 0 0 2rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.note { border-left: 4px solid #c17d11; padding: .3rem .8rem; background: #fdf6ec; }
"""


def as_markdown(shown: Report) -> str:
    """A page for a README."""
    lines = [f"# {_title(shown)}", ""]
    if shown.note:
        lines += [f"> **{shown.note}**", ""]
    lines += [f"{_count(shown)} {_sentence(settings_line(shown.plan))}", ""]
    lines += [f"- Note: {_cell(problem)}" for problem in shown.problems]
    lines += [f"- {_cell(finding)}" for finding in shown.findings]
    for table in tables(shown):
        lines += ["", f"## {table.title}", "", *_markdown_table(table)]
    lines += ["", *_worlds(shown)]
    return "\n".join(lines).rstrip() + "\n"


def as_html(shown: Report) -> str:
    """One self-contained page with the same figures, and the learning curves as a drawing."""
    said = [*(f"Note: {problem}" for problem in shown.problems), *shown.findings]
    parts = [
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{html.escape(_title(shown))}</title>',
        f"<style>{_STYLE}</style>\n<h1>{html.escape(_title(shown))}</h1>",
        f'<p class="note">{html.escape(shown.note)}</p>' if shown.note else "",
        f"<p>{html.escape(_count(shown))} {html.escape(_sentence(settings_line(shown.plan)))}</p>",
        "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in said) + "</ul>" if said else "",
        *(_drawing(shown) if shown.tasks else ()),
        *(_html_table(table) for table in tables(shown)),
    ]
    return "\n".join(part for part in parts if part) + "\n</html>\n"


def _title(shown: Report) -> str:
    return "The learning benchmark" + (" (SIMULATED)" if shown.simulated else "")


def _count(shown: Report) -> str:
    return f"{len(shown.tasks):,} of {shown.plan.tasks:,} tasks in {shown.seconds:.0f} s."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _markdown_table(table: Table) -> Iterator[str]:
    yield _markdown_row(table.headings)
    yield _markdown_row((":--", *("--:" for _ in table.headings[1:])))
    yield from map(_markdown_row, table.rows)


def _markdown_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _worlds(shown: Report) -> Iterator[str]:
    yield "## The scenarios"
    yield ""
    for each in shown.plan.scenarios:
        traps = f" Nobody can know beforehand: {_cell('; '.join(each.traps))}." if each.traps else ""
        yield f"- **{each.name}** ({each.kind}): {_cell(each.title)}.{traps}"


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(each)}</th>" for each in table.headings)
    rows = ("".join(f"<td>{html.escape(each)}</td>" for each in row) for row in table.rows)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<h2>{html.escape(table.title)}</h2>\n<table>\n<tr>{head}</tr>\n{body}\n</table>"


def _drawing(shown: Report) -> Iterator[str]:
    """Calls a task by repeat, a line for each arm."""
    arms = [arm for arm in shown.arms if arm.repeats]
    most = max((row.calls for arm in arms for row in arm.repeats.values()), default=0.0) or 1.0
    last = max((max(arm.repeats) for arm in arms), default=1)

    def x(number: int) -> float:
        return _LEFT + (_WIDTH - 2 * _LEFT) * (number - 1) / max(last - 1, 1)

    def y(calls: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - 2 * _BOTTOM) * calls / most

    mark = " (SIMULATED)" if shown.simulated else ""
    yield f"<h2>Calls a task, by repeat{mark}</h2>"
    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 20 * len(arms)}" width="{_WIDTH}" role="img" font-size="13">'
    yield f'<path d="M{_LEFT} {y(most):.0f}V{y(0):.0f}H{_WIDTH - _LEFT}" fill="none" stroke="#999"/>'
    yield f'<text x="{_LEFT - 8}" y="{y(most) + 4:.0f}" text-anchor="end">{most:.0f}</text>'
    yield f'<text x="{_LEFT - 8}" y="{y(0) + 4:.0f}" text-anchor="end">0</text>'
    for number in range(1, last + 1):
        yield f'<text x="{x(number):.0f}" y="{y(0) + 20:.0f}" text-anchor="middle">{number}</text>'
    for position, arm in enumerate(arms):
        colour = _COLOURS[position % len(_COLOURS)]
        points = " ".join(f"{x(number):.1f},{y(row.calls):.1f}" for number, row in arm.repeats.items())
        height = _HEIGHT + 20 * position
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        yield f'<rect x="{_LEFT}" y="{height - 9}" width="14" height="4" fill="{colour}"/>'
        yield f'<text x="{_LEFT + 22}" y="{height}">{html.escape(label(shown, arm))}</text>'
    yield "</svg>"
