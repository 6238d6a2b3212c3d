"""What all charts have in common: colours fixed by name, fills, the one layout, and axes that speak in words.

Each colour has 3:1 on the light and on the dark page, so that a figure needs no redraw when the theme changes; what a
colour says is said again by a pattern or by words.
"""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.metrics.catalogue import catalogue
from app.ui import formats

Figure = dict[str, Any]

NEUTRAL = "#75808D"
ONE_HUE = "#2F7FC4"
BETTER = "#0B87A6"
WORSE = "#CF5A17"
GRID = "rgba(128,140,152,0.25)"
AXIS = "#808C98"

COLOURS = {
    "inference": "#838091",
    "input": "#2D93F6",
    "cached_input": "#19759A",
    "output": "#8631FE",
    "reasoning": "#BA34B7",
    "retrieval": "#2E714E",
    "tool": "#479410",
    "retry": "#FF4F64",
    "evaluation": "#835E0C",
    "observability": "#A88773",
    "human_review": "#E949CE",
    "infrastructure": "#636776",
    "other": NEUTRAL,
    "true_up": NEUTRAL,
}
HOLLOW = "hollow"
DASHED = "dashed"
PATTERNS = {"other": ".", "true_up": "\\", "retry": "/"}


@dataclass(frozen=True)
class Part:
    """One kind of thing in a chart: the key in the rows, its words, its colour and its pattern."""

    name: str
    label: str
    colour: str = ONE_HUE
    pattern: str = ""


STATES = (
    Part("complete", "Complete", ONE_HUE),
    Part("partial", "Partial", ONE_HUE, "."),
    Part("late", "Late", WORSE, "/"),
    Part("missing", "Missing", WORSE, HOLLOW),
    Part("not expected", "Not expected", NEUTRAL, HOLLOW),
)
"""What a day of a source can be."""

BAR = 28
AROUND = 24
LONGEST_NAME = 24
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


OUTCOMES = (
    Part("trusted_run_cost", "Trusted", BETTER),
    Part("untrusted_run_cost", "Not trusted", WORSE, "/"),
    Part("unverified_run_cost", "Unverified", NEUTRAL, "."),
    Part("cost_without_run", "No run", NEUTRAL, "x"),
)
"""The all-in cost by what its run came to; the four add up to it."""


def component(measure: str) -> Part:
    """A component of cost, named as its measure: cost_input."""
    name = measure.removeprefix("cost_")
    label = catalogue().measures[measure].label
    return Part(measure, label, COLOURS.get(name, NEUTRAL), PATTERNS.get(name, ""))


def layout(height: int, **more: Any) -> Figure:
    """The one template: no margins to speak of, no toolbar, transparent, axes that make room for their labels."""
    base: Figure = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "dragmode": False,
        "hovermode": "closest",
        "bargap": 0.35,
        "showlegend": False,
        "separators": ".,",
        "uniformtext": {"minsize": 12, "mode": "hide"},
        "xaxis": {"automargin": True, "showgrid": False, "zeroline": False, "fixedrange": True, "title": None},
        "yaxis": {
            "automargin": True,
            "gridcolor": GRID,
            "gridwidth": 1,
            "zeroline": False,
            "fixedrange": True,
            "title": None,
            "rangemode": "tozero",
        },
    }
    for name, value in more.items():
        base[name] = base[name] | value if isinstance(value, dict) and isinstance(base.get(name), dict) else value
    return base


def marker(colour: str, pattern: str = "") -> Figure:
    """A fill that a pattern tells apart where the colour does not: the page shows between its lines."""
    if not pattern:
        return {"color": colour, "line": {"width": 0}}
    if pattern == HOLLOW:
        return {"color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": colour}}
    shape = {"shape": pattern, "fgcolor": colour, "bgcolor": "rgba(0,0,0,0)", "size": 6, "solidity": 0.45}
    return {"color": colour, "pattern": shape, "line": {"width": 1, "color": colour}}


def legend(parts: Sequence[Part]) -> str:
    """The key of a chart as markup above it, which wraps on a narrow screen."""
    entries = [
        f'<span><img alt="" width="16" height="12" src="data:image/svg+xml;base64,{_swatch(part)}">'
        f"{html.escape(formats.clean(part.label))}</span>"
        for part in parts
    ]
    return f'<div class="legend">{"".join(entries)}</div>'


def _swatch(part: Part) -> str:
    """A small sample of a fill or of a line."""
    shapes = {
        "/": "M-2 14 L14 -2 M4 14 L20 -2",
        "\\": "M2 -2 L18 14 M-4 -2 L12 14",
        "x": "M0 0 L16 12 M16 0 L0 12",
        DASHED: "M0 6 H6 M10 6 H16",
        "line": "M0 6 H16",
    }
    line, stroke = shapes.get(part.pattern, ""), f'stroke="{part.colour}" stroke-width="2"'
    box = f'<rect x="0.75" y="0.75" width="14.5" height="10.5" fill="none" stroke="{part.colour}" stroke-width="1.5"/>'
    if not part.pattern:
        drawn = f'<rect width="16" height="12" fill="{part.colour}"/>'
    elif part.pattern == ".":
        dots = "".join(f'<circle cx="{x}" cy="{y}" r="1.2" fill="{part.colour}"/>' for x in (4, 8, 12) for y in (4, 8))
        drawn = box + dots
    else:
        drawn = ("" if part.pattern in (DASHED, "line") else box) + f'<path d="{line}" {stroke} fill="none"/>'
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 12">{drawn}</svg>'
    return base64.b64encode(picture.encode()).decode()


def names_axis(names: Sequence[str]) -> Figure:
    """The axis of names, the first on top: by place, so that two of one name stay two."""
    plain = [formats.clean(name) for name in names]
    short = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in plain]
    return {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [formats.plain(name) for name in short],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
        "rangemode": "normal",
        "ticks": "",
    }


def days_axis(days: Sequence[date]) -> Figure:
    """An axis of days in words: at most five of them, months beyond a quarter."""
    if not days:
        return {"showticklabels": False}
    if (days[-1] - days[0]).days > 120:
        firsts = [day for day in days if day.day == 1]
        step = -(-len(firsts) // 5) or 1
        ticks, texts = firsts[::step], [formats.month(day) for day in firsts[::step]]
    else:
        step = -(-len(days) // 5)
        ticks, texts = list(days[::step]), [formats.day_short(day) for day in days[::step]]
    return {"tickmode": "array", "tickvals": [day.isoformat() for day in ticks], "ticktext": texts, "type": "date"}


def amounts_axis(values: Sequence[Decimal | float | int | None], unit: str, currency: str) -> Figure:
    """An axis of amounts from zero, with four ticks in words."""
    known = [float(value) for value in values if value is not None]
    top = max([0.0, *known])
    low = min([0.0, *known])
    if top == low:
        return {"range": [0, 1], "showticklabels": False}
    size = _nice((top - low) / 4)
    ticks = [place * size for place in range(int(low // size), int(top // size) + 2)]
    texts = [formats.figure(Decimal(repr(round(tick, 12))), unit, currency) for tick in ticks]
    return {"tickmode": "array", "tickvals": ticks, "ticktext": texts, "range": [ticks[0], ticks[-1]]}


def _nice(size: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten."""
    power = Decimal(10) ** Decimal(repr(size)).adjusted()
    return float(next(step * power for step in STEPS if step * power >= Decimal(repr(size))))
