"""The document of `reconcile --json`: metered, invoiced and why they differ, per provider, account and UTC month."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.oracle.ledger import ledger_of
from tests.oracle.lines import Line
from tests.oracle.standing import Import
from tests.oracle.usage import Settings

METERED = ("usage", "commitment")


@dataclass
class Part:
    """Sums of one provider, account and month."""

    metered: Decimal = Decimal(0)
    covered: Decimal = Decimal(0)
    true_up: Decimal = Decimal(0)
    purchases: Decimal = Decimal(0)
    is_invoiced: bool = False
    reasons: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def reconcile_document(imports: list[Import], settings: Settings) -> dict[str, Any]:
    """The same keys as the product's document, without its coverage."""
    parts: dict[tuple[str, str, str], Part] = defaultdict(Part)
    for line in ledger_of(imports, settings).lines:
        if line.kind in (*METERED, "true_up", "purchase"):
            day = line.call.get("utc_day", line.day)
            _add(parts[line.call["provider"], line.call["account"] or "", f"{day:%Y-%m}"], line)
    return {"rows": [_row(*key, part) for key, part in sorted(parts.items())]}


def _add(part: Part, line: Line) -> None:
    if line.amount is None:
        return
    part.is_invoiced |= line.invoiced
    if line.kind in METERED:
        part.metered += line.amount
        part.covered += line.amount if line.invoiced else Decimal(0)
        part.reasons["not yet invoiced"] -= Decimal(0) if line.invoiced else line.amount
    elif line.kind == "true_up":
        part.true_up += line.amount
        part.reasons[line.reason] += line.amount
    else:
        part.purchases += line.amount
        part.reasons[line.reason] += line.amount


def _row(provider: str, account: str, month: str, part: Part) -> dict[str, Any]:
    invoiced = part.covered + part.true_up + part.purchases if part.is_invoiced else None
    return {
        "provider": provider,
        "account": account or None,
        "month": month,
        "metered": part.metered,
        "invoiced": invoiced,
        "difference": None if invoiced is None else invoiced - part.metered,
        "true_up": part.true_up,
        "reasons": {reason: amount for reason, amount in part.reasons.items() if amount},
    }
