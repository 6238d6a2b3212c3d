"""Charts as plain figures in one template: what is built here is a dict that a page, a test and a file can read.

Names reach a figure through `formats.plain` alone. Every figure that a chart shows is also in a table of its page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import streamlit as st

from app.metrics.question import UNASSIGNED
from app.ui import formats, navigate
from app.ui.clicks import Drill, Row, follow, placed
from app.ui.template import (
    AROUND,
    AXIS,
    BAR,
    BETTER,
    DASHED,
    NEUTRAL,
    ONE_HUE,
    STATES,
    WORSE,
    Figure,
    Part,
    amounts_axis,
    days_axis,
    layout,
    legend,
    marker,
    names_axis,
)

OTHER = "is_other"
"""The key of the row that stands for the rest."""
REST = "smaller_parts"
MOST_PARTS = 7
TEN = 10
CELL = 0.7
TICKS = 24
DAY = 86_400_000  # milliseconds: the unit of an axis of days
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: a signed amount that is added, or a total that stands from zero."""

    label: str
    amount: Decimal
    total: bool = False
    id: str = ""


@dataclass(frozen=True)
class Line:
    """A series over days: None leaves a gap. The dashed one is what it is compared with."""

    label: str
    values: Sequence[Decimal | float | int | None]
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """A figure, what it says in one sentence, and the rows behind its marks, by their customdata."""

    figure: Figure
    alt: str
    key: Sequence[Part] = ()
    """What its colours and patterns stand for, where there is more than one."""
    rows: Sequence[Row] = field(default_factory=tuple)


def show(chart: Chart, *, key: str, drill: Drill | None = None) -> None:
    """Places a chart. A click on a mark opens what `drill` gives for its row; the key must change with the level."""
    if chart.key:
        st.html(legend(chart.key))
    clickable = drill is not None and not navigate.locked()
    if not clickable or drill is None:
        st.plotly_chart(chart.figure, key=key, alt=chart.alt, config=CONFIG)
        return
    event = st.plotly_chart(
        chart.figure, key=placed(key), alt=chart.alt, config=CONFIG, on_select="rerun", selection_mode="points"
    )
    points = event["selection"]["points"]
    row = chart.rows[int(points[0]["customdata"][0])] if points and "customdata" in points[0] else None
    follow(drill(row) if row is not None and not row.get(OTHER) else None)


def bars(
    rows: Sequence[Row],
    parts: Sequence[Part],
    *,
    label: str,
    says: str,
    currency: str,
    unit: str = "money",
    limit: int = TEN,
) -> Chart:
    """Horizontal bars from zero, largest first, stacked of their parts, the sum at the end of each.

    `label` is the key of a row's name. Beyond `limit` the rest is one bar; Unassigned stands last.
    """
    rows, parts = few_parts(rows, parts)
    shown = _ranked(rows, parts, label, limit)
    names = [formats.plain(row[label]) for row in shown]
    sums = [_sum(row, parts) for row in shown]
    whole = sum(sums, Decimal(0))
    traces = []
    for part in parts:
        values = [Decimal(str(row.get(part.name) or 0)) for row in shown]
        hover = [
            f"{name}<br>{formats.plain(part.label)}: {formats.exact(value, unit, currency)}"
            f"<br>{formats.ratio(value / whole) if whole else formats.NO_DATA} of all"
            for name, value in zip(names, values, strict=True)
        ]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": formats.plain(part.label),
                "x": [float(value) for value in values],
                "y": list(range(len(shown))),
                "marker": marker(part.colour, part.pattern),
                "customdata": [[place, text] for place, text in enumerate(hover)],
                "hovertemplate": "%{customdata[1]}<extra></extra>",
            }
        )
    ends = [formats.figure(total, unit, currency) for total in sums]
    traces.append(_ends([max(float(total), 0.0) for total in sums], ends))
    high = max([0.0, *(float(total) for total in sums)])
    least = min([0.0, *(float(total) for total in sums)])
    figure = {
        "data": traces,
        "layout": layout(
            AROUND + BAR * max(1, len(shown)),
            barmode="relative",
            margin={"r": room(ends)},
            xaxis={"range": [least, high or 1.0], "showticklabels": False},
            yaxis=names_axis([str(row[label]) for row in shown]),
        ),
    }
    return Chart(figure, says, parts if len(parts) > 1 else (), shown)


def waterfall(steps: Sequence[Step], *, says: str, currency: str) -> Chart:
    """Top to bottom from zero: totals solid, additions plain, reductions hatched; what is below 1 % is one step.

    A total stands at its own amount, so that a wrong one is seen: nothing is made to fit.
    """
    folded = fold(steps)
    starts, level = [], Decimal(0)
    for step in folded:
        starts.append(Decimal(0) if step.total else level)
        level = step.amount if step.total else level + step.amount
    ends = [start + step.amount for start, step in zip(starts, folded, strict=True)]
    texts = [
        formats.money(step.amount, currency) if step.total else formats.signed(formats.money(step.amount, currency))
        for step in folded
    ]
    traces: list[Figure] = [
        {
            "type": "bar",
            "orientation": "h",
            "width": 0.65,
            "base": [float(starts[place]) for place in places],
            "x": [float(folded[place].amount) for place in places],
            "y": places,
            "marker": marker(colour, pattern),
            "customdata": [[place, _said(folded[place], currency)] for place in places],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        }
        for places, colour, pattern in _kinds(folded)
    ]
    reach = [max(start, end) for start, end in zip(starts, ends, strict=True)]
    traces.append(_ends([float(max(point, Decimal(0))) for point in reach], texts))
    low, high = min([Decimal(0), *starts, *ends]), max([Decimal(0), *reach])
    figure = {
        "data": traces,
        "layout": layout(
            AROUND + BAR * len(folded),
            barmode="overlay",
            margin={"r": room(texts)},
            xaxis={"range": [float(low), float(high) or 1.0], "showticklabels": False},
            yaxis=names_axis([step.label for step in folded]),
            shapes=_connectors(ends),
        ),
    }
    return Chart(figure, says, rows=[{"id": step.id, "label": step.label, "amount": step.amount} for step in folded])


def lines(
    series: Sequence[Line],
    days: Sequence[date],
    *,
    says: str,
    currency: str,
    unit: str = "money",
    complete_to: date | None = None,
) -> Chart:
    """Lines over days, at most two: solid, and dashed what it is compared with. None is a gap.

    Days after `complete_to` are dotted.
    """
    solid = [day for day in days if complete_to is None or day <= complete_to]
    traces: list[Figure] = []
    for line in series:
        colour = NEUTRAL if line.dashed else ONE_HUE
        pieces = [(0, len(solid), "dash" if line.dashed else "solid")]
        if len(solid) < len(days):
            pieces.append((max(len(solid) - 1, 0), len(days), "dot"))
        traces.extend(_line(line, days, piece, colour, unit, currency) for piece in pieces)
    figure = {
        "data": traces,
        "layout": layout(
            320,
            hovermode="x unified",
            xaxis=days_axis(days),
            yaxis=amounts_axis([value for line in series for value in line.values], unit, currency),
        ),
    }
    key = [Part("", line.label, *((NEUTRAL, DASHED) if line.dashed else (ONE_HUE, "line"))) for line in series]
    return Chart(figure, says, key if len(series) > 1 else ())


def calendar(
    sources: Sequence[str], days: Sequence[date], states: Mapping[tuple[str, date], str], *, says: str
) -> Chart:
    """Days by source: each state its own sign and colour, and its word on hover. What has no state is blank."""
    cells = {
        part: [
            (place, day)
            for place, source in enumerate(sources)
            for day in days
            if states.get((source, day)) == part.name
        ]
        for part in STATES
    }
    there = [part for part in STATES if cells[part]]
    traces = [
        {
            "type": "bar",
            "name": part.label,
            "x": [day.isoformat() for _, day in cells[part]],
            "base": [place - CELL / 2 for place, _ in cells[part]],
            "y": [CELL for _ in cells[part]],
            "width": [DAY * 0.8 for _ in cells[part]],
            "marker": marker(part.colour, part.pattern),
            "customdata": [
                [place, f"{formats.plain(sources[place])}<br>{formats.day(day)}: {part.label.lower()}"]
                for place, day in cells[part]
            ],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        }
        for part in there
    ]
    figure = {
        "data": traces,
        "layout": layout(
            AROUND + TICKS + BAR * max(1, len(sources)),
            barmode="overlay",
            xaxis=days_axis(days),
            yaxis=names_axis(sources),
        ),
    }
    return Chart(figure, says, there, [{"source": source} for source in sources])


def few_parts(rows: Sequence[Row], parts: Sequence[Part]) -> tuple[Sequence[Row], Sequence[Part]]:
    """At most seven parts: the six largest in their order, and the rest as one. The table beside the chart has all."""
    if len(parts) <= MOST_PARTS:
        return rows, parts
    sizes = {part: sum((abs(Decimal(str(row.get(part.name) or 0))) for row in rows), Decimal(0)) for part in parts}
    largest = sorted(parts, key=lambda part: -sizes[part])[: MOST_PARTS - 1]
    small = [part for part in parts if part not in largest and sizes[part]]
    if not small:
        return rows, [part for part in parts if part in largest]
    rest = Part(REST, f"{len(small)} smaller" if len(small) > 1 else small[0].label, NEUTRAL, ".")
    kept = [part for part in parts if part in largest]
    return [{**row, REST: _sum(row, small)} for row in rows], [*kept, rest]


def fold(steps: Sequence[Step]) -> list[Step]:
    """The steps with those below 1 % of the widest total put together behind the last of their run: "5 smaller"."""
    span = max((abs(step.amount) for step in steps if step.total), default=Decimal(0))
    kept: list[Step] = []
    small: list[Step] = []
    for step in steps:
        if not step.total and abs(step.amount) < span / 100:
            small.append(step)
            continue
        if step.total:
            kept.extend(_together(small))
            small = []
        kept.append(step)
    return kept + _together(small)


def _together(small: list[Step]) -> list[Step]:
    moving = [step for step in small if step.amount]
    if len(moving) < 2:
        return moving
    return [Step(f"{len(moving)} smaller", sum((step.amount for step in moving), Decimal(0)))]


def _kinds(steps: Sequence[Step]) -> list[tuple[list[int], str, str]]:
    """The places of totals, additions and reductions, with the colour and pattern of each."""
    places = list(enumerate(steps))
    kinds = [
        ([place for place, step in places if step.total], NEUTRAL, ""),
        ([place for place, step in places if not step.total and step.amount >= 0], BETTER, ""),
        ([place for place, step in places if not step.total and step.amount < 0], WORSE, "/"),
    ]
    return [kind for kind in kinds if kind[0]]


def _connectors(ends: Sequence[Decimal]) -> list[Figure]:
    """Thin lines from the end of a bar to the next one."""
    return [
        {
            "type": "line",
            "x0": float(end),
            "x1": float(end),
            "y0": place,
            "y1": place + 1,
            "line": {"color": AXIS, "width": 1},
            "layer": "below",
        }
        for place, end in enumerate(ends[:-1])
    ]


def _said(step: Step, currency: str) -> str:
    amount = formats.exact(step.amount, "money", currency)
    return f"{formats.plain(step.label)}<br>{amount if step.total else formats.signed(amount)}"


def room(texts: Sequence[str]) -> int:
    """The margin that the longest of the words behind the bars needs."""
    return 20 + 8 * max((len(text) for text in texts), default=0)


def _ranked(rows: Sequence[Row], parts: Sequence[Part], label: str, limit: int) -> list[Row]:
    """The rows by their sums, the largest first; what is beyond the limit as one; Unassigned last."""
    named = sorted((row for row in rows if row[label] != UNASSIGNED), key=lambda row: -_sum(row, parts))
    last = [row for row in rows if row[label] == UNASSIGNED]
    if len(named) > limit + 1:
        rest = named[limit:]
        other = {part.name: sum((Decimal(str(row.get(part.name) or 0)) for row in rest), Decimal(0)) for part in parts}
        named = [*named[:limit], {label: f"Other ({len(rest)})", OTHER: True, **other}]
    return [*named, *last]


def _sum(row: Row, parts: Sequence[Part]) -> Decimal:
    return sum((Decimal(str(row.get(part.name) or 0)) for part in parts), Decimal(0))


def _ends(places: Sequence[float], texts: Sequence[str]) -> Figure:
    """The value behind the end of each bar."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": list(places),
        "y": list(range(len(places))),
        "text": [f" {text}" for text in texts],
        "textposition": "middle right",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _line(
    line: Line, days: Sequence[date], piece: tuple[int, int, str], colour: str, unit: str, currency: str
) -> Figure:
    first, last, dash = piece
    values = line.values[first:last]
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(days) <= 31 else "lines",
        "name": formats.plain(line.label) + (", not complete" if dash == "dot" else ""),
        "x": [day.isoformat() for day in days[first:last]],
        "y": [None if value is None else float(value) for value in values],
        "connectgaps": False,
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"color": colour, "size": 5},
        "customdata": [[place, formats.exact(value, unit, currency)] for place, value in enumerate(values)],
        "hovertemplate": "%{customdata[1]}",
    }
