"""All imports -> usage rows, cost lines, runs and outcomes: everything that a figure is a sum of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.oracle.accounts import set_aside
from tests.oracle.bills import bill_lines
from tests.oracle.buckets import explained
from tests.oracle.charges import charge_lines
from tests.oracle.commitments import capacity_lines, commitment_lines
from tests.oracle.lines import Line
from tests.oracle.money import Rates
from tests.oracle.rows import Row
from tests.oracle.runs import Run, runs_of
from tests.oracle.standing import Import, in_force, standing
from tests.oracle.trust import Outcome, outcome_of
from tests.oracle.usage import Settings, usage_rows, with_ids

STEP_COMPONENT = {
    "tool": "tool",
    "automation": "tool",
    "retrieval": "retrieval",
    "memory": "retrieval",
    "approval": "human_review",
    "hand_off": "human_review",
}


@dataclass
class Ledger:
    settings: Settings
    usage: list[Row]
    lines: list[Line]
    runs: dict[str, Run]
    outcomes: list[Outcome]
    workflows: list[Row]
    tiers: dict[tuple[str, str], str | None]

    def use_case(self, workflow: str | None, day: Any) -> str | None:
        row = in_force([one for one in self.workflows if one["workflow"] == workflow], day)
        return row["use_case"] if row else None


def ledger_of(imports: list[Import], settings: Settings) -> Ledger:
    rates = Rates(settings.currency)
    for row in standing(imports, "fx"):
        rates.add(row["day"], row["currency"], row["rate"])
    overrides = [with_ids(row) for row in standing(imports, "prices")]
    rules, workflows = standing(imports, "assignments"), standing(imports, "workflows")
    known = usage_rows(imports, settings, rates)
    set_aside(known)
    usage = explained([row for row in known if not row["aside"]], overrides, settings, rates)
    events = {table: standing(imports, table) for table in ("steps", "checks", "outcomes")}
    runs = runs_of(usage, events, rules, settings)
    for row in usage:
        row |= {"invoiced": False, "committed": Decimal(0), "capacity_cost": Decimal(0)}
    paid = commitment_lines(standing(imports, "commitments"), usage, rates)
    hosted = capacity_lines(standing(imports, "capacity"), usage, rates)
    outcomes = [outcome_of(run, workflows, settings, rates) for run in runs.values()]
    lines = [
        line for table in ("steps", "checks") for line in _event_lines(table, events[table], runs, settings, rates)
    ]
    lines += [_review_line(outcome, review) for outcome in outcomes for review in outcome.review]
    lines += charge_lines(standing(imports, "charges"), usage, runs, rules, rates)
    idle = [line for line in paid if line.is_idle]
    lines += bill_lines(standing(imports, "billed"), usage, idle, rules, rates)
    for line in paid:
        line.invoiced = line.invoiced if line.is_idle else line.call["invoiced"]
    lines += paid + hosted
    lines += [line for row in usage for line in _usage_lines(row)]
    models = [with_ids(row) for row in standing(imports, "models")]
    tiers = {(row["provider"], row["model"]): row["tier"] for row in models}
    return Ledger(settings, usage, lines, runs, outcomes, workflows, tiers)


def _usage_lines(row: Row) -> list[Line]:
    """One line per component; a known cost of 0 is a line too."""
    cost = row["cost_known"]
    if cost.unconverted is not None:
        unknown = (None, cost.unconverted, row["run_id"], row, row["invoiced"])
        return [Line("usage", "inference", row["day"], row["dims"], *unknown)]
    if cost.amount is None:
        return []
    parts = cost.components or {"inference": Decimal(0)}
    return [
        Line("usage", component, row["day"], row["dims"], amount, None, row["run_id"], row, row["invoiced"])
        for component, amount in parts.items()
    ]


def _event_lines(table: str, rows: list[Row], runs: dict[str, Run], settings: Settings, rates: Rates) -> list[Line]:
    lines = []
    for row in rows:
        if row["cost"] is None:
            continue
        run = runs[row["run_id"]]
        day = settings.day_of(row["started_at"] if table == "steps" else row["decided_at"])
        component = STEP_COMPONENT.get(row["kind"], "other") if table == "steps" else "evaluation"
        converted = rates.convert(row["cost"], row["currency"], day)
        unconverted = None if converted is not None else (row["currency"].upper(), row["cost"])
        lines.append(Line(table, component, day, run.dims, converted, unconverted, run.run_id))
    return lines


def _review_line(outcome: Outcome, review: dict[str, Any]) -> Line:
    run = outcome.run
    amount, unconverted = review["amount"], review["unconverted"]
    return Line("review", "human_review", review["day"], run.dims, amount, unconverted, run.run_id)
