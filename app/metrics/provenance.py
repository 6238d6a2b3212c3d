"""Where a figure comes from: the largest rows behind a sum, each with its file and line, its price and its rule.

The listed rows and the rest add up to the sum, to the last decimal: they are read from the parts that every figure is
summed from, under the same days and filters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from app.metrics import spread
from app.metrics.catalogue import Measure, catalogue
from app.metrics.parts import Sources, columns
from app.metrics.question import Question, Viewer
from app.metrics.sums import wanted_slices

HERE = Path(__file__).resolve().parent / "origin"
LISTED = 200
VIEWS = {"usage": "usage_parts", "runs": "run_parts", "lines": "line_parts"}

# What tells the rows of a part apart, and which kind of row of a file stands behind each.
KEYS = {
    "usage": "part.row_key::varchar",
    "runs": "coalesce(part.row_key::varchar, part.run_id)",
    "lines": "part.origin",
}
KINDS = {
    "usage": "'call'",
    "runs": (
        "case when part.row_key is not null then 'event' when part.runs > 0 then 'run' "
        "when part.cost_human_review is not null then 'review' else 'outcome' end"
    ),
    "lines": "case when part.kind in ('charge', 'commitment', 'capacity') then part.kind else 'bill' end",
}
# The cells of a charge or a bill are put together again: it is one row of its file.
TOGETHER = "group by part.kind, part.origin, part.run_id, currency"
RULES = "list_distinct(flatten(list(part.rule_ids) filter (part.rule_ids is not null)))"
REASONS = "list_sort(list_distinct(list(part.reason) filter (part.reason is not null)))"


@dataclass(frozen=True)
class Provenance:
    """The rows behind a sum, largest first.

    Each has `kind` (call, event, run, outcome, review, charge, bill, commitment, capacity), `amount`, `currency` (where
    the sum is not in the reporting one), `first_day`, `last_day`, `run_id`, and what its file says of it: `file`,
    `import_id`, `line`, `record`, `name` and, for a call, its price and what named its team. A line has the `reasons`
    that posted it, the `rules` that filled a dimension of it (with file and line), and a commitment its rate. None
    where that is not known.
    """

    rows: list[dict[str, Any]]
    rest: list[dict[str, Any]]
    """What is not listed: `members`, `amount` and `currency`, one per currency; nothing where all is listed."""
    members: int
    """How many rows there are in all."""


def made_of(name: str) -> str | None:
    """The slice whose parts add up to a measure: cost_component of money, token_class of tokens."""
    unit = catalogue().measures[name].unit
    return {"money": "cost_component", "tokens": "token_class"}.get(unit)


def provenance(
    con: duckdb.DuckDBPyConnection,
    name: str,
    question: Question,
    viewer: Viewer,
    today: date,
    *,
    whole: bool = False,
    listed: int = LISTED,
) -> Provenance:
    """The rows behind a measure under a question's days and filters; its names and `by` are not looked at.

    Under a filter finer than a run, `whole` takes all rows of the runs that remain, as some metrics do. What is
    counted by distinct values or in bins has no rows that add up: the answer is empty. Raises UnknownNameError.
    """
    known = catalogue()
    measure = known.measures[known.known(name, known.measures, "measure")]
    if measure.kind in ("distinct", "histogram"):
        return Provenance([], [], 0)
    asked = replace(viewer.narrowed(question.checked()), by=(), spans={}, totals=False)
    rows = _rows(con, *largest(Sources(con, asked), measure, name, today, whole, listed))
    details, rules = _details(con, rows), _rules(con, rows)
    rest = []
    for total in _rows(con, *sums(Sources(con, asked), measure, name, today, whole)):
        own = [row for row in rows if row["currency"] == total["currency"]]
        total["members"] -= len(own)
        total["amount"] -= sum(row["amount"] for row in own)
        rest.append(total)
    return Provenance(
        [
            row
            | details.get((row["kind"], row["key"]), {})
            | {"rules": [rules[id] for id in row["rule_ids"] or () if id in rules]}
            for row in rows
        ],
        [total for total in rest if total["members"]],
        len(rows) + sum(total["members"] for total in rest),
    )


def largest(
    sources: Sources, measure: Measure, name: str, today: date, whole: bool, listed: int
) -> tuple[str, list[object]]:
    """The SELECT of the rows that bring most to a measure, and the values that it binds."""
    selects = []
    for kind, of_matching in _pieces(sources, measure, whole):
        amount = _amount(sources, kind, measure, name, today)
        about = f"{KINDS[kind]} as kind, {KEYS[kind]} as key, part.run_id, {_currency(measure)} as currency"
        if kind == "lines":
            days = (
                f"min(part.day) as first_day, max(part.day) as last_day, {RULES} as rule_ids, {REASONS} as reasons, "
                f"sum({amount}) as amount"
            )
        else:
            days = (
                "part.day as first_day, part.day as last_day, null::varchar[] as rule_ids, null::varchar[] as reasons, "
                f"{amount} as amount"
            )
        condition = _condition(sources, kind, of_matching)
        end = TOGETHER if kind == "lines" else ""
        selects.append(
            f"(from (select {about}, {days} from {_view(kind, amount)} as part where {condition} {end}) "
            "where amount <> 0 order by abs(amount) desc, first_day, key limit ?)"
        )
        sources.values.append(listed)
    sources.values.append(listed)
    together = " union all by name ".join(selects)
    return f"from ({together}) order by abs(amount) desc, first_day, kind, key limit ?", sources.values


def sums(sources: Sources, measure: Measure, name: str, today: date, whole: bool) -> tuple[str, list[object]]:
    """The SELECT of how many rows bring something to a measure and what they come to, by currency."""
    selects = []
    for kind, of_matching in _pieces(sources, measure, whole):
        amount = _amount(sources, kind, measure, name, today)
        shown = f"{_currency(measure)} as currency, {'sum' if kind == 'lines' else ''}({amount}) as amount"
        condition = _condition(sources, kind, of_matching)
        end = TOGETHER if kind == "lines" else ""
        selects.append(f"select {shown} from {_view(kind, amount)} as part where {condition} {end}")
    found = " union all by name ".join(selects)
    text = f"select currency, count(*) as members, sum(amount) as amount from ({found}) where amount <> 0 group by all"
    return text, sources.values


def _pieces(sources: Sources, measure: Measure, whole: bool) -> list[tuple[str, bool]]:
    """The parts that a measure is read from, and whether whole runs of them are: as `ask` reads them."""
    if not sources.deep_filter():
        return [(kind, False) for kind in VIEWS]
    if whole:
        return [(kind, True) for kind in VIEWS]
    if measure.of == "run" or measure.brought:
        return [("usage", False), ("runs", True)]
    return [(kind, False) for kind in VIEWS]


def _view(kind: str, amount: str) -> str:
    """The view that holds an amount: what a run came to stands beside its calls only where it is asked for."""
    return "usage_run_parts" if kind == "usage" and "part.run_" in amount else VIEWS[kind]


def _condition(sources: Sources, kind: str, of_matching: bool) -> str:
    """What a part is held to; under `of_matching`, whole runs: those with a call that meets the deep filters."""
    condition = sources.condition(kind, runs_only=of_matching)
    if not of_matching:
        return condition
    matching = sources.condition("usage", calls_only=True)
    return (
        f"{condition} and part.run_id in (select part.run_id from usage_parts as part "
        f"where part.run_id is not null and {matching})"
    )


def _currency(measure: Measure) -> str:
    """The currency of an amount that is not in the reporting one."""
    return "part.unconverted_currency" if measure.kind == "currencies" else "null::varchar"


def _amount(sources: Sources, kind: str, measure: Measure, name: str, today: date) -> str:
    """What one row brings to a measure."""
    if measure.kind == "currencies":
        return "part.unconverted"
    if name == "provisional":
        if kind != "runs":
            return "0"
        sources.values.append(today)
        return "case when part.provisional_until > ? then part.outcomes else 0 end"
    terms = [
        term
        for column in columns(measure, kind, sources.question.basis)
        for cut in wanted_slices(sources.question)
        if (term := spread.in_slice(column, kind, measure, *cut))
    ]
    return " + ".join(f"coalesce({term}, 0)" for term in terms) or "0"


def _details(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What the files say of the listed rows, by kind and key."""
    found = {}
    for script, kinds in (("calls", ("call",)), ("events", ("event",)), ("outcomes", ("outcome", "review")),
                          ("lines", ("charge", "bill", "commitment", "capacity"))):  # fmt: skip
        for kind in kinds:
            listed = [row for row in rows if row["kind"] == kind]
            if not listed:
                continue
            asked = {
                "keys": [row["key"] for row in listed],
                "first": min(row["first_day"] for row in listed),
                "last": max(row["last_day"] for row in listed),
            }
            text = _text(script)
            bound = {name: value for name, value in asked.items() if f"${name}" in text}
            for detail in _rows(con, text, bound):
                found[kind, detail.pop("key")] = detail
    return found


def _rules(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules that filled something of the listed lines, each with its file and line."""
    wanted = sorted({id for row in rows for id in row["rule_ids"] or ()})
    return {rule["rule_id"]: rule for rule in _rows(con, _text("rules"), {"rules": wanted})} if wanted else {}


def _rows(con: duckdb.DuckDBPyConnection, text: str, values: object) -> list[dict[str, Any]]:
    cursor = con.execute(text, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _text(script: str) -> str:
    return (HERE / f"{script}.sql").read_text()
