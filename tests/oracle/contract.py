"""The document of `metrics --json`: groups, ten metrics, counts and components."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from tests.oracle.cells import Cell, cells_of
from tests.oracle.columns import COMPONENTS
from tests.oracle.ledger import ledger_of
from tests.oracle.standing import Import
from tests.oracle.usage import Settings

Where = dict[str, tuple[str, ...]]


def metrics_document(
    imports: list[Import],
    settings: Settings,
    by: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    where: Where | None = None,
    basis: str = "ledger",
) -> dict[str, Any]:
    """The same keys as the product's document; `from` and `to` are those asked for."""
    cells = cells_of(ledger_of(imports, settings), tuple(by), since, until, where or {}, basis)
    rows = [{**dict(zip(by, key, strict=True)), **_row(cell)} for key, cell in sorted(cells.items())]
    return {"currency": settings.currency, "from": since, "to": until, "rows": rows}


def ratio(top: Decimal | int | None, bottom: Decimal | int, times: int = 1) -> Decimal | None:
    if top is None or bottom == 0:
        return None
    with localcontext() as context:
        context.prec = 60
        return Decimal(times) * Decimal(top) / Decimal(bottom)


def _row(cell: Cell) -> dict[str, Any]:
    model, whole, run_cost = cell.model_cost, cell.known, cell.run_cost
    components = {
        f"cost_{name}": cell.components.get(name, Decimal(0)) if cell.is_known else None for name in COMPONENTS
    }
    return {
        "cost_per_1m_tokens": ratio(model, cell.tokens, 1_000_000),
        "cost_per_request": ratio(model, cell.user_requests),
        "cost_per_workflow": ratio(run_cost, cell.runs),
        "cost_per_trusted_outcome": ratio(run_cost, cell.trusted),
        "tokens_per_successful_outcome": ratio(cell.tokens, cell.successful),
        "retry_token_ratio": ratio(cell.retry_tokens, cell.retry_reported),
        "reasoning_token_ratio": ratio(cell.reasoning, cell.reasoning_reported),
        "cache_hit_rate": ratio(cell.cache_read, cell.cache_bottom),
        "eval_overhead_ratio": ratio(components["cost_evaluation"], whole or 0),
        "gross_margin_per_trusted_outcome": ratio(cell.margin, cell.trusted),
        "all_in_cost": whole,
        "model_cost": model,
        "tokens": cell.tokens,
        "runs": cell.runs,
        "trusted": cell.trusted,
        "successful": cell.successful,
        "user_requests": cell.user_requests,
        "unverified": cell.unverified,
        "provisional": cell.provisional,
        "unpriced_tokens": cell.unpriced_tokens,
        "unconverted": {name: amount for name, amount in sorted(cell.unconverted.items()) if amount},
        **components,
    }
