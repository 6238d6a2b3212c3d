"""What a figure is made of, as tables: its sums, its parts, and the rows of files behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.metrics.catalogue import Measure, Metric, catalogue
from app.metrics.levels import Line
from app.metrics.provenance import Provenance
from app.metrics.question import UNASSIGNED
from app.reports.table import WORDS, Column, Kind, Table
from app.ui import formats, ledger
from app.ui.view import View

KINDS = {
    "call": "Model call",
    "event": "Step or check",
    "run": "Run",
    "outcome": "Outcome",
    "review": "People's minutes",
    "charge": "Charge",
    "bill": "Invoice line",
    "commitment": "Commitment",
    "capacity": "Capacity",
}
AMOUNTS: Mapping[str, Kind] = {"money": "unit_cost", "tokens": "tokens", "count": "count"}
Row = Mapping[str, Any]


def label_of(name: str) -> str:
    """What people call a metric or a measure."""
    known = catalogue()
    found: Metric | Measure = known.metrics.get(name) or known.measures[name]
    return found.label or found.says


def sums(names: Sequence[str], line: Line, currency: str, dates: tuple[str, str]) -> Table:
    """The figure and the sums that it is taken from, now and before. Their units differ, so each says its own."""
    columns = [Column("figure", "Figure", "text"), Column("now", dates[0], "number")]
    if line.before is not None:
        columns += [Column("before", dates[1], "number"), Column("change", "Change", "number")]
    rows = []
    for name in names:
        now, before = line.now[name], (line.before or {}).get(name)
        change = line.change(name)
        words = {"now": _exact(name, now, currency), "before": _exact(name, before, currency)}
        words["change"] = _moved(name, now, before) if change else formats.NO_DATA
        rows.append(
            {"figure": label_of(name), "id": name, "now": now, "before": before,
             "change": change.absolute if change else None, WORDS: words}
        )  # fmt: skip
    return Table("sums", "The sums behind it", columns, rows)


def parts(name: str, by: str, lines: Sequence[Line], total: Line, currency: str) -> Table:
    """What a sum is made of: the slices that add up to it."""
    unit = catalogue().measures[name].unit
    known = catalogue()
    columns = [
        Column(by, known.dimension(by).label, "text"),
        Column("now", label_of(name), AMOUNTS[unit]),
    ]
    rows = [{by: slice_of(by, line.key[0], name), "now": line.now[name]} for line in lines if line.now[name]]
    return Table("parts", "What it is made of", columns, rows, {by: "Total", "now": total.now[name]}, currency)


def slice_of(by: str, value: str | None, name: str) -> str:
    """A slice in words; of a margin, what no component of cost holds is the value that it begins with."""
    if value is None or value == UNASSIGNED:
        return "Revenue and savings of trusted outcomes" if "margin" in name else UNASSIGNED
    measures = catalogue().measures
    if by == "cost_component":
        return measures[f"cost_{value}"].label
    return value.replace("_", " ").capitalize()


def rows(name: str, found: Provenance, total: Any, currency: str) -> Table:
    """The largest rows of files behind a sum, the others together, and the sum that they add up to."""
    measure = catalogue().measures[name]
    own = measure.kind == "currencies"
    columns = [
        Column("row", "Row", "text"),
        Column("kind_said", "Kind", "text"),
        Column("amount", label_of(name), "number" if own else AMOUNTS[measure.unit]),
        *([Column("currency", "Currency", "text")] if own else []),
        Column("first_day", "Day", "date"),
        Column("run", "Run", "text"),
        *ledger.FILE,
        Column("price", "Price used", "text"),
        Column("named", "Team named by", "text"),
        Column("model", "Model", "text"),
    ]
    listed = [_row(row) for row in found.rows]
    for rest in found.rest:
        nothing = dict.fromkeys(("run", "file", "price", "named", "model", "kind_said"), "")
        label = f"Other ({formats.whole(rest['members'])})"
        listed.append(
            {
                **rest,
                **nothing,
                "row": label,
                "is_other": True,
                WORDS: dict.fromkeys(("first_day", "line"), formats.NOT_APPLICABLE),
            }
        )
    whole = None if own else {"row": "Total", "amount": total, WORDS: dict.fromkeys(("first_day", "line"), " ")}
    return Table("rows", "The rows behind it", columns, listed, whole, currency)


def into_row(view: View, row: Row) -> tuple[str, dict[str, list[str]]] | None:
    """Where a row leads: to its run and call, else to the import that it came with."""
    if row.get("run_id"):
        call = str(row["record"]) if row["kind"] == "call" and row.get("record") else None
        return "run", view.params(metric=None, sort=None, run=str(row["run_id"]), call=call)
    if row.get("import_id"):
        return "imports", view.params(metric=None, sort=None, **{"import": str(row["import_id"])})
    return None


def added(found: Provenance) -> Decimal:
    """What the listed rows and the others come to."""
    return sum((row["amount"] for row in (*found.rows, *found.rest)), Decimal(0))


def _row(row: Row) -> dict[str, Any]:
    name = row.get("name") or row.get("record") or row["run_id"] or row["key"]
    is_call = row["kind"] == "call"
    return {
        **row,
        "row": f"{name} {row['record']}" if row.get("name") and row.get("record") else str(name),
        "kind_said": KINDS[row["kind"]],
        "run": row["run_id"] or "no run",
        "file": row.get("file") or ledger.NOT_REPORTED,
        "price": ledger.price(row) if is_call else _made(row),
        "named": ledger.named_by(row) if is_call and "team_named_by" in row else _rules(row),
        "model": row.get("model") or "",
    }


def _rules(row: Row) -> str:
    said = [f"rule {rule['rule_id']} ({rule['file']}, line {formats.whole(rule['line'])})" for rule in row["rules"]]
    return ", ".join(said)


def _made(row: Row) -> str:
    """What made the amount of a line: its file, the comparison with an invoice, or a rate."""
    match row["kind"]:
        case "charge":
            return "stated by its file"
        case "bill":
            return f"invoice: {', '.join(row['reasons'])}" if row["reasons"] else "invoice"
        case "commitment" | "capacity":
            why = ", ".join(row["reasons"] or ())
            if row.get("unit_rate") is None:
                return why
            rate = (
                f"{row['units'].normalize():f} x {row['unit_rate'].normalize():f} {row['rate_currency'] or ''}".strip()
            )
            return f"{rate} per {row['unit']}: {why}"
    return ""


def _exact(name: str, value: Any, currency: str) -> str:
    known = catalogue()
    unit = (known.metrics.get(name) or known.measures[name]).unit
    return formats.exact(value, unit, currency)


def _moved(name: str, now: Any, before: Any) -> str:
    known = catalogue()
    unit = (known.metrics.get(name) or known.measures[name]).unit
    return formats.change_of_ratio(now, before) if unit == "ratio" else formats.change(now, before)
