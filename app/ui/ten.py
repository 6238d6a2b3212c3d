"""The ten metrics as a table: value, what it is compared with, change, how many it rests on, owner and formula."""

from __future__ import annotations

from typing import Any

from app.metrics.catalogue import Metric, catalogue
from app.metrics.levels import Line
from app.reports.table import WORDS, Column, Table
from app.ui import formats
from app.ui.tiles import moved

COLUMNS = (
    Column("metric", "Metric", "text"),
    Column("value", "Value", "number"),
    Column("before", "Compared with", "number"),
    Column("change", "Change", "number"),
    Column("n", "n", "tokens"),
    Column("unit", "Unit", "text"),
    Column("owner", "Owner", "text"),
    Column("formula", "Where it comes from", "text"),
)


def table_of_ten(line: Line, currency: str) -> Table:
    """The table; its rows carry the metric's id as `id`."""
    known = catalogue().metrics
    rows = [
        _row(f"{number} · {known[name].label}", name, line, currency) for number, name in enumerate(catalogue().ten, 1)
    ]
    return Table("ten_metrics", "The ten metrics", COLUMNS, rows)


def _row(label: str, name: str, line: Line, currency: str) -> dict[str, Any]:
    metric, change = catalogue().metrics[name], line.change(name)
    before, few = line.before[name] if line.before else None, line.few(name)
    words = {"change": moved(metric, line, name, change, currency) if change else line.why_not(name) or ""}
    for column, figure in (("value", line.now[name]), ("before", before)):
        if figure is not None:
            words[column] = formats.exact(figure, metric.unit, currency)
    count = _number_of(metric, line.now)
    if count is None:
        words["n"] = formats.NOT_APPLICABLE
    if few is not None:
        words["value"] = formats.few(few)
    return {
        "id": name,
        "metric": label,
        "value": line.now[name],
        "before": before,
        "change": change.absolute if change else None,
        "n": count,
        "unit": currency if metric.unit == "money" else metric.unit,
        "owner": metric.owner,
        "formula": metric.formula,
        WORDS: words,
    }


def _number_of(metric: Metric, row: Any) -> int | None:
    """How many things stand below the line; None where that is money."""
    known = catalogue().measures
    return None if metric.bottom is None or known[metric.bottom].unit == "money" else row.get(metric.bottom)
