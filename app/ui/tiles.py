"""One figure on screen: what it is and comes to, how it moved and whether that is good, who answers for it, what it
stands on, and what is not known of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import streamlit as st

from app.metrics.catalogue import Metric, catalogue
from app.metrics.levels import FEW, Change, Line, asked
from app.ui import formats, navigate, periods
from app.ui.sparkline import sparkline
from app.ui.view import View

Row = Mapping[str, Any]

COVERED = tuple(dict.fromkeys(m.covered for m in catalogue().metrics.values() if m.covered))
TRACED = tuple(metric.traced for metric in catalogue().metrics.values() if metric.traced)
PARTS = tuple(
    part for name in catalogue().ten for m in [catalogue().metrics[name]] for part in (m.top, m.bottom) if part
)
BESIDE = tuple(
    dict.fromkeys(
        (
            *asked(catalogue().ten),
            *PARTS,
            "runs",
            "trusted",
            "provisional",
            "unpriced_rows",
            "unpriced_tokens",
            "unconverted",
            "run_coverage",
            *COVERED,
            *TRACED,
        )
    )
)
"""What a page asks for, so that each of the ten metrics can say what it stands on: the ten are among them."""
ENOUGH = 0.95
"""The share of the cost with a run from which a figure per run speaks for all of it."""
BETTER = {"up": "Higher is better.", "down": "Lower is better.", "neither": "Neither high nor low is better by itself."}
COLOURS = {"better": "green", "worse": "red"}


def tile(name: str, number: int, line: Line, *, view: View, currency: str) -> None:
    """A metric over a line of figures, under its heading, with its number in the order of the ten.

    The line comes from a question that asked for BESIDE.
    """
    metric, now = catalogue().metrics[name], line.now
    few = line.few(name)
    with st.container(border=True, height="stretch", gap="xxsmall", key=f"tile_{name}{'_few' if few else ''}"):
        st.caption(metric.heading or "")
        _figure(name, metric, number, line, view, currency)
        st.html(sparkline(line.trend(name), trend_says(metric, line.trend(name), view, currency)) or "&nbsp;")
        for note in notes(name, metric, line, currency):
            st.caption(formats.dollars(note))
        st.caption(f"{unit(metric, currency)} · {metric.owner}")
        if now[name] is not None and not navigate.locked():
            place = view.params(metric=name, by=None, sort=None)
            navigate.link("Where it comes from", "figure", place, hint=f"Sums, rows and rules behind {metric.label}")


def _figure(name: str, metric: Metric, number: int, line: Line, view: View, currency: str) -> None:
    change = line.change(name)
    text = value(name, metric, line.now, currency)
    st.metric(
        f"{number} · {metric.label}",
        formats.dollars(text),
        delta=formats.dollars(moved(metric, line, name, change, currency)) if change else None,
        delta_color=COLOURS.get(change.word, "gray") if change else "off",  # type: ignore[arg-type]
        delta_arrow=arrow(change),
        delta_description=against(name, metric, line, change, view, currency) or None,
        help=definition(name, metric, line.now, view, currency),
    )


def value(name: str, metric: Metric, row: Row, currency: str) -> str:
    """The figure, with "at least" or "at most" where a part of the cost is not known."""
    text = formats.figure(row[name], metric.unit, currency)
    if metric.unit != "money" or row[name] is None or not is_partial(row):
        return text
    return formats.at_least(text) if metric.good == "down" else f"at most {text}"


def moved(metric: Metric, line: Line, name: str, change: Change, currency: str) -> str:
    """How a figure moved, and in a word whether that is good: +6.2% worse."""
    if change.word == "no change":
        return "no change"
    return f"{_by(metric, line, name, change, currency)} {change.word}"


def against(name: str, metric: Metric, line: Line, change: Change | None, view: View, currency: str) -> str:
    """What the change is against, with the absolute change; or why there is none."""
    dates = formats.span(view.compare.since, view.compare.until) if view.compare else ""
    if change is not None:
        is_said = change.relative is None or metric.unit == "ratio" or change.word == "no change"
        absolute = "" if is_said else f"{_absolute(metric, change, currency)} "
        return f"{absolute}against {dates}"
    reason = line.why_not(name)
    if reason == "few":
        return "" if line.few(name) else f"no comparison: few outcomes in {dates}"
    if reason == "no data" and line.now[name] is not None:
        return f"no comparison: no data in {dates}"
    return "no comparison" if reason == "no comparison" else ""


def arrow(change: Change | None) -> Any:
    """The direction of the arrow: of the figure, not of what is good."""
    if change is None or change.word == "no change":
        return "off"
    return "up" if change.absolute > 0 else "down"


def notes(name: str, metric: Metric, line: Line, currency: str) -> list[str]:
    """What a reader must know beside the figure: too few, how many, over how much of the tokens or the cost."""
    few, count = line.few(name), bottom(metric, line.now)
    said = [
        f"{formats.few(few)}: at least {FEW} are needed to compare" if few else count,
        coverage(metric, line.now),
        run_coverage(metric, line.now, currency),
    ]
    return [note for note in said if note]


def bottom(metric: Metric, row: Row) -> str:
    """How many the figure is taken over: n = 18,908 trusted outcomes."""
    count = row.get(metric.bottom or "")
    measure = catalogue().measures.get(metric.bottom or "")
    if count is None or measure is None or measure.unit not in ("count", "tokens"):
        return ""
    label = (measure.label or "tokens").lower()
    return f"n = {formats.whole(count) if measure.unit == 'count' else formats.count(count)} {label}"


def definition(name: str, metric: Metric, row: Row, view: View, currency: str) -> str:
    """What stands behind the question mark: one sentence, formula with its sums, good direction, owner, days."""
    lines = (
        metric.says,
        sums(name, metric, row, currency),
        f"{BETTER[metric.good]} Owner: {metric.owner}.",
        view.dates(),
    )
    return formats.dollars("\n\n".join(lines))


def sums(name: str, metric: Metric, row: Row, currency: str) -> str:
    """The formula in words, and the two sums that it divides where they give the figure."""
    top, under = row.get(metric.top), row.get(metric.bottom or "")
    if not under or top is None or row[name] is None:
        return metric.formula
    per, found = Decimal(metric.per), Decimal(str(row[name]))
    if abs(per * Decimal(str(top)) / Decimal(str(under)) - found) > abs(found) / 10**6:
        return metric.formula
    known = catalogue().measures
    above, below = (
        formats.exact(amount, known[part].unit, currency)
        for part, amount in ((metric.top, top), (metric.bottom or "", under))
    )
    times = f"{formats.whole(per)} x " if metric.per > 1 else ""
    return f"{metric.formula} = {times}{above} / {below}"


def unit(metric: Metric, currency: str) -> str:
    """The unit in words, as it stands under the figure."""
    return {"money": currency, "ratio": "percent"}.get(metric.unit, metric.unit)


def coverage(metric: Metric, row: Row) -> str:
    """Over how much the figure is taken, where some sources do not report what it needs; nothing where all do."""
    if metric.covered is None or not row["tokens"] or row[metric.covered] == row["tokens"]:
        return ""
    if not row[metric.covered]:
        return "no source reports it"
    return f"over the {formats.ratio(row[metric.covered] / row['tokens'])} of tokens whose source reports it"


def run_coverage(metric: Metric, row: Row, currency: str) -> str:
    """Beside a figure per run or outcome: how much of the cost has a run; where that is little, the figure on that."""
    share = row["run_coverage"]
    if metric.traced is None or share is None or share >= 1:
        return ""
    note = f"{formats.ratio(share)} of the cost has a run"
    if share >= ENOUGH or row[metric.traced] is None:
        return note
    return f"{note}; on that alone {formats.figure(row[metric.traced], metric.unit, currency)}"


def is_partial(row: Row) -> bool:
    """Whether a part of the cost is not known: it has no price, or no rate of exchange."""
    return bool(row["unpriced_rows"] or row["unconverted"])


def trend_says(metric: Metric, trend: list[Any], view: View, currency: str) -> str:
    """The trend in words: "12 months, from $2.60 down to $2.18"."""
    known = [step for step in trend if step is not None]
    if not known:
        return ""
    first, last = (formats.figure(step, metric.unit, currency) for step in (known[0], known[-1]))
    way = "up" if known[-1] > known[0] else "down"
    length = view.period.length
    steps = "days" if length <= periods.DAYS_AT_MOST else "weeks" if length <= periods.WEEKS_AT_MOST else "months"
    return f"{len(trend)} {steps}, from {first} {f'{way} to {last}' if first != last else 'to the same'}"


def _by(metric: Metric, line: Line, name: str, change: Change, currency: str) -> str:
    if metric.unit == "ratio":
        return formats.points(change.absolute)
    if change.relative is None or line.before is None:
        return _absolute(metric, change, currency)
    return formats.change(line.now[name], line.before[name])


def _absolute(metric: Metric, change: Change, currency: str) -> str:
    return formats.signed(formats.figure(change.absolute, metric.unit, currency))
