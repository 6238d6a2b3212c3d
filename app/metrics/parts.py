"""Where the sums of a question come from: cubes that reach far enough, else the views below them."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from app.metrics.catalogue import TAG, Measure, catalogue
from app.metrics.question import UNASSIGNED, Question, deep
from app.warehouse import closing, cubes
from app.warehouse.prices import canonical_provider

# The dimensions that a part has beside those of runs.
LINE_DIMENSIONS = ("provider", "model", "account", "project")
RUN_COLUMNS = cubes.FINE_RUN_DIMENSIONS
CALL_COLUMNS = (*cubes.CALL_DIMENSIONS, *cubes.KEYS)

TIME = {
    "day": "strftime(day, '%Y-%m-%d')",
    "week": "strftime(day, '%G-W%V')",
    "month": "strftime(day, '%Y-%m')",
    "quarter": "strftime(day, '%Y') || '-Q' || quarter(day)",
}
USE_CASE = """(
    select max_by(rows.use_case, (rows.clock, rows.number, coalesce(rows.valid_from, date '0001-01-01'), rows.line))
    from workflows as rows
    where rows.counts and rows.workflow = part.workflow
        and (rows.valid_from is null or rows.valid_from <= part.day)
        and (rows.valid_to is null or rows.valid_to >= part.day)
)"""
MODEL_TIER = """(
    select max_by(rows.tier, (rows.clock, rows.number, rows.line)) from models as rows
    where rows.counts and rows.provider_id = part.provider and rows.model_id = part.model
)"""

# How a slice of a sum reads its columns: a component's own column stands for the whole cost.
CLASSES = ("uncached_input", "tool_result", "cache_read", "cache_write", "reasoning", "output", "evaluator", "retry")


@dataclass
class Sources:
    """Builds the SELECTs of one question, and collects the values that they bind."""

    con: duckdb.DuckDBPyConnection
    question: Question
    values: list[object] = field(default_factory=list)

    def deep_filter(self) -> bool:
        """Whether a filter cuts finer than a run."""
        return bool(deep(self.question.where, catalogue()))

    def source(self, kind: str, detail: bool = False) -> str:
        """What to read of a kind: its table, closed months in it as they were closed."""
        return closing.as_stored(self.con, self.table(kind, detail))

    def table(self, kind: str, detail: bool = False) -> str:
        """The smallest table or view of a kind that has every asked dimension."""
        if kind == "lines":
            return "line_parts"
        wanted = {column for name in (*self.question.by, *self.question.where) for column in reads(name)}
        wanted &= {*RUN_COLUMNS, *CALL_COLUMNS, "tags"} if kind == "usage" else set(RUN_COLUMNS)
        for cube in () if detail else (cubes.USAGE if kind == "usage" else cubes.RUNS):
            if wanted <= set(cube.dimensions):
                return cube.table
        return "usage_parts" if kind == "usage" else "run_parts"

    def expression(self, name: str, kind: str) -> str:
        """A dimension's value in a part; NULL where the part does not have it."""
        if name in TIME:
            return TIME[name]
        if name in RUN_COLUMNS:
            return f"part.{name}"
        if name == "use_case":
            return USE_CASE
        if kind == "runs" or catalogue().dimension(name).of == "slice":
            return "null::varchar"
        if name == "model_tier":
            return MODEL_TIER
        if name.startswith(TAG):
            if kind == "lines":
                return "null::varchar"
            self.values.append(name[len(TAG) :])
            return "part.tags[?]"
        return f"part.{name}" if kind == "usage" or name in LINE_DIMENSIONS else "null::varchar"

    def condition(self, kind: str, runs_only: bool = False, calls_only: bool = False) -> str:
        """The filters that a part is held to; of the deep ones only, or of those that a run has only."""
        known = catalogue()
        parts = []
        if not calls_only:
            parts.append(self.on_days())
        for name, wanted in self.question.where.items():
            depth = known.dimension(name).of
            if depth == "slice" or (depth == "call" and runs_only) or (depth != "call" and calls_only):
                continue
            expression = self.expression(name, kind)
            named = [value for one in wanted if one != UNASSIGNED for value in self.canonical(name, one)]
            options = []
            if named:
                options.append(f"{expression} in ({', '.join('?' * len(named))})")
                self.values.extend(named)
            if UNASSIGNED in wanted:
                options.append(f"{self.expression(name, kind) if named else expression} is null")
            parts.append(f"({' or '.join(options) or 'false'})")
        parts.extend(self.on_basis(kind))
        return " and ".join(parts)

    def on_days(self) -> str:
        """The days that are asked for."""
        ranges = []
        for since, until in self.question.ranges():
            bounds = [(sign, day) for sign, day in ((">=", since), ("<=", until)) if day is not None]
            ranges.append(" and ".join(f"part.day {sign} ?" for sign, _ in bounds) or "true")
            self.values.extend(day for _, day in bounds)
        return f"({' or '.join(ranges)})"

    def on_basis(self, kind: str) -> list[str]:
        """What the basis leaves of a part's rows."""
        basis = self.question.basis
        if kind == "lines":
            return [
                {
                    "ledger": "not is_prepaid",
                    "metered": "not (is_true_up or is_prepaid)",
                    "invoiced": "(invoiced or is_prepaid)",
                }[basis]
            ]
        return ["part.invoiced"] if kind == "usage" and basis == "invoiced" else []

    def canonical(self, name: str, value: str) -> list[str]:
        """The values as they stand in the database: provider and model by canonical id, closed words in lower case."""
        if name == "provider":
            return [canonical_provider(value)]
        if name == "model":
            rows = self.con.execute(
                "select distinct model_id from names where lower(trim(model)) = lower(trim(?))", [value]
            ).fetchall()
            return sorted({value.strip().lower(), *(row[0] for row in rows)})
        return [value.lower()] if name in ("role", "service_tier", "environment") else [value]


def reads(name: str) -> tuple[str, ...]:
    """The columns that a dimension is read from."""
    if name in TIME or name in ("token_class", "cost_component"):
        return ()
    if name == "use_case":
        return ("workflow",)
    if name == "model_tier":
        return ("provider", "model")
    return ("tags",) if name.startswith(TAG) else (name,)


def columns(measure: Measure, kind: str, basis: str) -> list[str]:
    """The signed columns of a part that a measure adds up; the metered basis has no true-ups."""
    names = {"usage": measure.usage, "runs": measure.runs, "lines": measure.lines}[kind]
    if kind == "runs" and basis == "invoiced":  # no invoice holds what a run costs beside its calls
        names = tuple(
            name
            for name in names
            if name == "cost_saved" or not name.lstrip("-").startswith(("cost_", "run_cost_", "known"))
        )
    return [name for name in names if not (basis == "metered" and "true_up" in name)]
