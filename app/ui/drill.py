"""The drill-down: which parts the filters of the address lead to, where a row leads, and the table of a level.

Without a team the parts are teams, of one team they are workflows, of one workflow runs; `by` in the address cuts
the same filters by anything else. A row always leads one level down with the filters kept.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.metrics import levels
from app.metrics.catalogue import RUN, catalogue
from app.metrics.certainty import wilson
from app.metrics.levels import Compared, Line
from app.metrics.question import UNASSIGNED
from app.metrics.run_list import RunList
from app.reports.table import WORDS, Column, Kind, Row, Table
from app.ui import formats
from app.ui.template import OUTCOMES
from app.ui.view import View

FIGURES = (
    "all_in_cost",
    "runs",
    "trusted",
    "trusted_rate",
    "cost_per_trusted_outcome",
    "retry_token_ratio",
    "cache_hit_rate",
    "gross_margin_per_trusted_outcome",
    "tokens",
)
"""The figures of a level, in the order of its columns."""
BESIDE = (
    "outcomes",
    "unpriced_rows",
    "unconverted",
    "cost_with_run",
    *(part.name for part in OUTCOMES if part.name != "cost_without_run"),
)
"""What a level needs beside its figures."""
OF_A_RUN = ("all_in_cost", "tokens", "retry_token_ratio", "cache_hit_rate", "revenue", "cost_saved", "margin")
"""The figures of a run in the list of runs."""
OF_OUTCOMES = ("trusted", "trusted_rate", "interval", "cost_per_trusted_outcome", "gross_margin_per_trusted_outcome")
"""The columns that nobody knows where no outcome was reported."""
KINDS: Mapping[str, Kind] = {"money": "money", "ratio": "ratio", "tokens": "tokens", "count": "count"}


def grouping(view: View) -> str:
    """What the parts of a view are: `by` of its address, else the next level below its filters."""
    if view.by is not None:
        return view.by
    if len(view.where.get("workflow", ())) == 1:
        return RUN
    return "workflow" if len(view.where.get("team", ())) == 1 else "team"


def into_part(view: View, by: str, row: Row) -> tuple[None, dict[str, list[str]]] | None:
    """Where a part leads: one level down, the same filters and the part's own; a part of time leads to its days."""
    value = str(row[by])
    if catalogue().dimension(by).of != "time":
        return None, view.params(by=None, sort=None, **{by: value})
    if value == UNASSIGNED:
        return None
    since, until = days_of(by, value)
    first, last = max(since, view.period.since), min(until, view.period.until)
    days = {"from": [first.isoformat()], "to": [last.isoformat()]}
    return None, view.params(p=None, by=None, sort=None) | days


def into_run(view: View, row: Row) -> tuple[str, dict[str, list[str]]] | None:
    """Where a row of the list of runs leads: to the run, and nowhere from what is no run."""
    if not row.get("started_at"):
        return None
    return "run", view.params(by=None, sort=None, run=str(row["run_id"]))


def days_of(by: str, value: str) -> tuple[date, date]:
    """The first and last day of a part of time as answers name it: 2026-10-31, 2026-W44, 2026-10, 2026-Q4."""
    if by == "day":
        day = date.fromisoformat(value)
        return day, day
    if by == "week":
        monday = date.fromisocalendar(int(value[:4]), int(value[6:]), 1)
        return monday, monday + timedelta(days=6)
    year, first = int(value[:4]), int(value[5:]) if by == "month" else 3 * int(value[6:]) - 2
    last = first if by == "month" else first + 2
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def names_of(view: View) -> list[str]:
    """What a view is about, from the widest filter to the finest."""
    found = []
    for name in ("team", "workflow", *(name for name in view.where if name not in ("team", "workflow"))):
        values = view.where.get(name, ())
        if values:
            own = [f"no {catalogue().dimension(name).label.lower()}" if one == UNASSIGNED else one for one in values]
            found.append(" and ".join(own))
    return found


def level_table(level: Compared, by: str, currency: str, has_comparison: bool) -> Table:
    """The parts of a level and what they add up to."""
    known = catalogue()
    finer = known.dimension(by).of in ("call", "slice")
    columns = [Column(by, known.dimension(by).label, "text")]
    for name in FIGURES:
        columns.append(Column(name, _label(name, finer), _kind(name)))
        if name == "trusted_rate":
            columns.append(Column("interval", "95% interval", "text"))
    if has_comparison:
        columns += [Column("change", "Change of cost", "change_money"), Column("change_share", "Change, %", "ratio")]
    rows = [{by: line.key[0], **cells(line)} for line in level.rows]
    total = cells(level.total) if level.total else None
    return Table(
        f"by_{by.replace(':', '_')}", f"By {known.dimension(by).label.lower()}", columns, rows, total, currency
    )


def cells(line: Line) -> dict[str, Any]:
    """A line as a row of the table: its figures, and words where a figure would say too much."""
    now = line.now
    row: dict[str, Any] = {name: now[name] for name in FIGURES}
    row |= {part.name: now.get(part.name) for part in OUTCOMES if part.name in now}
    row["cost_without_run"] = _without_run(now)
    words: dict[str, str] = {
        name: formats.few(few) for name in FIGURES if now[name] is not None and (few := line.few(name)) is not None
    }
    row["interval"] = _interval(int(now["trusted"] or 0), int(now["runs"] or 0))
    if not now["outcomes"]:
        words |= dict.fromkeys(OF_OUTCOMES, formats.NO_DATA)
    if now["all_in_cost"] is not None and (now["unpriced_rows"] or now["unconverted"]):
        words["all_in_cost"] = formats.at_least(formats.amount(now["all_in_cost"]))
    change = line.change("all_in_cost")
    if change is not None:
        row["change"], row["change_share"] = change.absolute, change.relative
        words["change_share"] = (
            formats.change(now["all_in_cost"], (line.before or {})["all_in_cost"]) or formats.NO_DATA
        )
    elif line.before is not None:
        words["change_share"] = "new" if now["all_in_cost"] is not None else "ended"
    return row | {WORDS: words}


def run_table(found: RunList, whole: Row) -> Table:
    """The listed runs, the others together, what has no run, and what they add up to."""
    columns = [
        Column("run_id", "Run", "text"),
        Column("all_in_cost", _label("all_in_cost"), "money"),
        Column("outcome", "Outcome", "text"),
        Column("day", "Day", "date"),
        Column("customer", "Customer", "text"),
        *(Column(name, _label(name), _kind(name)) for name in OF_A_RUN if name != "all_in_cost"),
    ]
    rows = [{**run, "outcome": outcome_of(run)} for run in found.rows]
    if found.rest:
        label = f"Other ({formats.whole(found.rest['members'])})"
        rows.append({**found.rest, "run_id": label, "outcome": "", "customer": "", "is_other": True, WORDS: NOT_A_RUN})
    if found.loose:
        rows.append({**found.loose, "run_id": UNASSIGNED, "outcome": "", "customer": "", WORDS: NOT_A_RUN})
    total = {name: found.total[name] for name in OF_A_RUN}
    if whole["all_in_cost"] is not None and (whole["unpriced_rows"] or whole["unconverted"]):
        total[WORDS] = {"all_in_cost": formats.at_least(formats.amount(whole["all_in_cost"]))}
    return Table("runs", "Runs", columns, rows, total, found.currency)


NOT_A_RUN = {"day": formats.NOT_APPLICABLE, "outcome": formats.NOT_APPLICABLE, "customer": formats.NOT_APPLICABLE}


def outcome_of(run: Row) -> str:
    """What a run came to, and why: trusted, not trusted: escalated, unverified: no outcome."""
    if run["is_trusted"]:
        return "trusted"
    if run["is_reopened"]:
        return "not trusted: reopened"
    if run["is_unverified"]:
        return "unverified: " + (said_of(run["missing"], missing=True) if run["has_events"] else "no outcome")
    return "not trusted: " + said_of(run["failed"])


def said_of(conditions: Sequence[str] | None, *, missing: bool = False) -> str:
    """Conditions in words: those that were answered the wrong way, or those that nobody answered."""
    words = []
    for condition in conditions or ():
        name = condition.lstrip("!").replace("_", " ")
        if missing:
            words.append(f"{name} not reported")
        else:
            words.append(name if condition.startswith("!") else f"not {name}")
    return ", ".join(words) or "no reason given"


def outcome_parts(total: Row) -> list[dict[str, Any]]:
    """The cost of a level by what its runs came to: one bar each."""
    row = {**total, "cost_without_run": _without_run(total)}
    return [{"outcome": part.label, part.name: row[part.name]} for part in OUTCOMES if row[part.name]]


def _without_run(now: Row) -> Any:
    if now["all_in_cost"] is None or now["cost_with_run"] is None:
        return None
    return now["all_in_cost"] - now["cost_with_run"]


def _interval(trusted: int, runs: int) -> str | None:
    found = wilson(trusted, runs)
    return f"{formats.ratio(found[0])} – {formats.ratio(found[1])}" if found else None


def _label(name: str, finer: bool = False) -> str:
    known = catalogue()
    metric = known.metrics.get(name)
    label = metric.label if metric else known.measures[name].label
    bottom = metric.bottom if metric else None
    is_shared = known.measures[bottom].of == "run" if bottom else known.measures[name].of == "run"
    if not (finer and is_shared):
        return label
    return f"{label} (contribution)" if metric and name != "trusted_rate" else f"{label} (of all parts)"


def _kind(name: str) -> Kind:
    known = catalogue()
    metric = known.metrics.get(name)
    if metric:
        return "unit_cost" if metric.unit == "money" else KINDS[metric.unit]
    return KINDS[known.measures[name].unit]


__all__ = ["BESIDE", "FIGURES", "OF_A_RUN", "levels"]
