"""Each line of the ledger knows what made it: its file, an invoice, a commitment's rate, the rule that placed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.metrics.provenance import provenance
from app.metrics.question import Question, Viewer
from app.ui import origins
from tests.conftest import TODAY
from tests.promises import Books, call, opened

SEPTEMBER = {"charged_from": "2026-09-01", "charged_to": "2026-09-30"}
# Unused: a commitment of 30 units a day at 2 USD, on a day without a call.
TABLES: dict[str, list[dict[str, object]]] = {
    "assignments": [{"rule_id": "bills", "match_provider": "short", "team": "blue"}],
    "usage": [call("w", provider="short", team="red", cost="10")],
    "charges": [{"charged_from": "2026-09-07", "component": "other", "amount": "5", "description": "Seats"}],
    "billed": [{**SEPTEMBER, "billed_id": "b1", "provider": "short", "billed_cost": "40"}],
    "commitments": [
        {"commitment_id": "c1", "valid_from": "2026-09-08", "valid_to": "2026-09-08", "provider": "held",
         "unit": "PTU-day", "units": 30, "unit_rate": 2, "currency": "USD", "model": "m9"}
    ],
}  # fmt: skip


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """The rows behind the all-in cost as the page shows them, by kind."""
    with opened(tmp_path) as books:
        for table, rows in TABLES.items():
            books.load(**{table: rows})
        yield {row["kind_said"]: dict(row) for row in shown(books)}


def shown(books: Books) -> list[Any]:
    question = Question(("all_in_cost",))
    with closing(books.warehouse.cursor()) as con:
        found = provenance(con, "all_in_cost", question, Viewer.everything(), TODAY)
    return [*origins.rows("all_in_cost", found, origins.added(found), "USD").rows]


def test_a_charge_is_stated_by_its_file(rows: dict[str, dict[str, Any]]) -> None:
    charge = rows["Charge"]

    assert (charge["row"], charge["price"], charge["named"], charge["line"]) == ("Seats", "stated by its file", "", 2)


def test_a_line_of_an_invoice_names_its_reason_and_the_rule_that_placed_it(rows: dict[str, dict[str, Any]]) -> None:
    bill = rows["Invoice line"]

    assert (bill["amount"], bill["price"]) == (30, "invoice: billed not traced")
    assert bill["named"] == "rule bills (001_assignments.csv, line 2)"


def test_a_commitment_names_its_rate(rows: dict[str, dict[str, Any]]) -> None:
    unused = rows["Commitment"]

    assert (unused["amount"], unused["row"]) == (60, "commitment c1")
    assert unused["price"] == "30 x 2 USD per PTU-day: unused commitment"
    assert unused["file"] == "005_commitments.csv"
