"""Sums per group: what is cut by a grouping or a filter, and what stays with the run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.columns import DIMENSIONS
from tests.oracle.ledger import Ledger
from tests.oracle.lines import Line
from tests.oracle.rows import Row
from tests.oracle.usage import all_tokens, token_classes

RUN_LEVEL = ("day", "month", "use_case", *DIMENSIONS)
Key = tuple[str, ...]
Where = dict[str, tuple[str, ...]]


@dataclass
class Cell:
    """Additive measures of one group. Bottoms that only a run has are written in afterwards."""

    is_known: bool = False
    has_usage: bool = False
    has_model_line: bool = False
    has_unknown_model_line: bool = False
    total: Decimal = Decimal(0)
    model_total: Decimal = Decimal(0)
    run_total: Decimal | None = None
    filtered_by_call: bool = False
    components: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unconverted: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    tokens: int = 0
    unpriced_tokens: int = 0
    retry_tokens: int = 0
    retry_reported: int = 0
    reasoning: int = 0
    reasoning_reported: int = 0
    cache_read: int = 0
    cache_bottom: int = 0
    brought: Decimal | None = None
    runs: int = 0
    trusted: int = 0
    successful: int = 0
    unverified: int = 0
    provisional: int = 0
    user_requests: int = 0

    @property
    def known(self) -> Decimal | None:
        return self.total if self.is_known else None

    @property
    def model_cost(self) -> Decimal | None:
        if self.has_model_line:
            return self.model_total
        return Decimal(0) if self.is_known and not self.has_usage and not self.has_unknown_model_line else None

    @property
    def margin(self) -> Decimal | None:
        """What trusted outcomes brought less the cost: the sum of what is known of both."""
        if self.brought is None and self.run_cost is None:
            return None
        return (self.brought or Decimal(0)) - (self.run_cost or Decimal(0))

    @property
    def run_cost(self) -> Decimal | None:
        """The top of metrics per run: the group's cost, or under a filter on calls the kept runs' whole cost."""
        return self.run_total if self.filtered_by_call else self.known


def cells_of(
    ledger: Ledger, by: Key, since: date | None, until: date | None, where: Where, basis: str
) -> dict[Key, Cell]:
    question = Question(ledger, by, since, until, where, basis)
    cells: dict[Key, Cell] = defaultdict(lambda: Cell(filtered_by_call=question.is_cut))
    if not by:
        cells[()]  # one row always, also when there is nothing
    for row in ledger.usage:
        if question.asks_usage(row):
            _add_usage(cells[question.key(row["dims"], row["day"], row)], row)
    for line in ledger.lines:
        if question.asks_line(line):
            _add_line(cells[question.key(line.dims, line.day, line.call)], line)
        if question.is_cut and question.asks_run_line(line):
            _add_run_cost(cells[question.key(line.dims, line.day, line.call)], line)
    _add_bottoms(cells, question)
    return dict(cells)


@dataclass
class Question:
    ledger: Ledger
    by: Key
    since: date | None
    until: date | None
    where: Where
    basis: str

    def __post_init__(self) -> None:
        self.run_where = {name: values for name, values in self.where.items() if name in RUN_LEVEL}
        self.call_where = {name: values for name, values in self.where.items() if name not in RUN_LEVEL}
        self.is_cut = bool(self.call_where)
        self.kept = {row["run_id"] for row in self.ledger.usage if row["run_id"] is not None and self._call_fits(row)}

    def in_range(self, day: date) -> bool:
        return (self.since or date.min) <= day <= (self.until or date.max)

    def value(self, name: str, dims: dict[str, Any], day: date, call: Row) -> str:
        if name == "day":
            return day.isoformat()
        if name == "month":
            return f"{day:%Y-%m}"
        if name == "use_case":
            return self.ledger.use_case(dims["workflow"], day) or "Unassigned"
        if name in DIMENSIONS:
            return dims[name] or "Unassigned"
        if name == "model_tier":
            return self.ledger.tiers.get((call.get("provider"), call.get("model"))) or "Unassigned"
        if name.startswith("tag:"):
            return call.get("tags", {}).get(name[4:]) or "Unassigned"
        return call.get(name) or "Unassigned"

    def key(self, dims: dict[str, Any], day: date, call: Row) -> Key:
        return tuple(self.value(name, dims, day, call) for name in self.by)

    def run_key(self, dims: dict[str, Any], day: date) -> Key:
        return tuple(self.value(name, dims, day, {}) for name in self.by if name in RUN_LEVEL)

    def run_part(self, key: Key) -> Key:
        return tuple(value for name, value in zip(self.by, key, strict=True) if name in RUN_LEVEL)

    def run_fits(self, dims: dict[str, Any], day: date) -> bool:
        return all(self.value(name, dims, day, {}) in values for name, values in self.run_where.items())

    def _call_fits(self, call: Row) -> bool:
        return all(self.value(name, {}, date.min, call) in values for name, values in self.call_where.items())

    def asks_usage(self, row: Row) -> bool:
        fits = self.in_range(row["day"]) and self.run_fits(row["dims"], row["day"]) and self._call_fits(row)
        return fits and (self.basis != "invoiced" or row["invoiced"])

    def asks_run_line(self, line: Line) -> bool:
        """Lines of the kept runs, whatever they called."""
        return self._in_basis(line) and line.run_id in self.kept and self._line_fits(line)

    def asks_line(self, line: Line) -> bool:
        return self._in_basis(line) and self._line_fits(line) and self._call_fits(line.call)

    def _line_fits(self, line: Line) -> bool:
        return self.in_range(line.day) and self.run_fits(line.dims, line.day)

    def _in_basis(self, line: Line) -> bool:
        if self.basis == "metered":
            return line.kind not in ("true_up", "purchase")
        if self.basis == "invoiced":
            return line.invoiced
        return line.kind != "purchase"

    def asks_run(self, run_id: str) -> bool:
        return not self.is_cut or run_id in self.kept


def _add_usage(cell: Cell, row: Row) -> None:
    tokens = all_tokens(row)
    cell.has_usage = True
    cell.tokens += tokens
    cost = row["cost_known"]
    if cost.amount is None and cost.unconverted is None:
        cell.unpriced_tokens += tokens
    if any(row[name] is not None for name in ("attempt", "role", "status")):
        cell.retry_tokens += token_classes(row).get("retry", 0)
        cell.retry_reported += tokens
    if row["reasoning_tokens"] is not None:
        cell.reasoning += row["reasoning_tokens"]
        cell.reasoning_reported += tokens
    if row["cache_read_tokens"] is not None:
        cell.cache_read += row["cache_read_tokens"]
        cell.cache_bottom += sum(
            row[name] or 0 for name in ("cache_read_tokens", "cache_write_tokens", "uncached_input_tokens")
        )


def _add_line(cell: Cell, line: Line) -> None:
    if line.amount is None:
        cell.has_unknown_model_line |= line.is_model_cost
        if line.unconverted is not None:
            cell.unconverted[line.unconverted[0]] += line.unconverted[1]
        return
    cell.is_known = True
    cell.total += line.amount
    cell.components[line.component] += line.amount
    if line.is_model_cost or line.kind == "purchase":
        cell.has_model_line = True
        cell.model_total += line.amount


def _add_run_cost(cell: Cell, line: Line) -> None:
    if line.amount is not None:
        cell.run_total = (cell.run_total or Decimal(0)) + line.amount


def _add_bottoms(cells: dict[Key, Cell], question: Question) -> None:
    """Runs, outcomes and requests by what a run has; every part of it shows the same bottom."""
    bottoms: dict[Key, Cell] = defaultdict(Cell)
    _count_runs(bottoms, question)
    _count_requests(bottoms, question)
    for run_key, bottom in bottoms.items():
        if bottom.brought is not None or not any(question.run_part(key) == run_key for key in cells):
            cells[_unassigned(question, run_key)]
    for key, cell in cells.items():
        bottom = bottoms[question.run_part(key)]
        for name in ("runs", "trusted", "successful", "unverified", "provisional", "user_requests"):
            setattr(cell, name, getattr(bottom, name))
        if key == _unassigned(question, question.run_part(key)):
            cell.brought = bottom.brought


def _unassigned(question: Question, run_key: Key) -> Key:
    values = iter(run_key)
    return tuple(next(values) if name in RUN_LEVEL else "Unassigned" for name in question.by)


def _count_runs(bottoms: dict[Key, Cell], question: Question) -> None:
    for run in question.ledger.runs.values():
        if question.asks_run(run.run_id) and question.in_range(run.day) and question.run_fits(run.dims, run.day):
            bottoms[question.run_key(run.dims, run.day)].runs += 1
    for outcome in question.ledger.outcomes:
        dims, day = outcome.run.dims, outcome.day
        if not (question.asks_run(outcome.run.run_id) and question.in_range(day) and question.run_fits(dims, day)):
            continue
        bottom = bottoms[question.run_key(dims, day)]
        bottom.trusted += outcome.trusted
        bottom.successful += outcome.successful
        bottom.unverified += outcome.unverified
        bottom.provisional += outcome.provisional
        if outcome.trusted and outcome.brought is not None:
            bottom.brought = (bottom.brought or Decimal(0)) + outcome.brought


def _count_requests(bottoms: dict[Key, Cell], question: Question) -> None:
    for run in question.ledger.runs.values():
        turns = {1 if row["turn"] is None else row["turn"] for row in run.usage}
        if question.asks_run(run.run_id) and question.in_range(run.day) and question.run_fits(run.dims, run.day):
            bottoms[question.run_key(run.dims, run.day)].user_requests += len(turns)
    for row in question.ledger.usage:
        if row["run_id"] is None and question.asks_usage(row):
            bottoms[question.run_key(row["dims"], row["day"])].user_requests += row["requests"]
