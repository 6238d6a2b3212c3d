"""What a price, a rate or a rule would move is said before it is saved; saving then moves just that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.metrics import what_if
from app.warehouse.build import FACTS, REFERENCES
from app.warehouse.cubes import TABLES
from ingest import pipeline
from ingest.closing import close
from ingest.jobs import STEPS, Jobs
from tests.conftest import TODAY
from tests.promises import Books, call, event, opened

D = Decimal
OCTOBER = "2026-10-05T12:00:00"
TRUSTED = {"completed": "true", "accepted": "true", "grounded": "true", "policy_passed": "true", "safe": "true"}

# September: red 700,000 output tokens of a model without a price; blue 10 stated; no team 7 with a key of its own;
# cyan a million output tokens at the list price.
# October: red 300,000 of the same model; blue 20 EUR without a rate; a run of green that nobody checked for safety.
CALLS = [
    call("w", team="red", output_tokens=700_000),
    call("w", team="red", output_tokens=300_000, started_at=OCTOBER),
    call("w", team="blue", cost="10"),
    call("w", team="blue", cost="20", currency="EUR", started_at=OCTOBER),
    call("w", cost="7", api_key="k1"),
    call("w", team="cyan", provider="openai", model="gpt-5", output_tokens=1_000_000),
    call("judged", team="green", cost="2", run_id="g1", started_at=OCTOBER),
]
OUTCOMES = [event("g1", **{**TRUSTED, "safe": "unknown"}, revenue="9", occurred_at=OCTOBER)]
PRICE = {"provider": "acme", "model": "m1", "output_per_1m": "4"}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """The little company above."""
    with opened(tmp_path) as found:
        found.load(usage=CALLS, outcomes=OUTCOMES)
        yield found


def everything(books: Books) -> dict[str, list[tuple[Any, ...]]]:
    """All that the database holds, and every folder of its archive."""
    tables = (
        *FACTS,
        *REFERENCES,
        *TABLES,
        "lines",
        "runs",
        "reviews",
        "imports",
        "list_prices",
        "names",
        "bill_scopes",
    )
    held = {table: sorted(map(repr, books.sql(f"from {table}"))) for table in tables}
    files = sorted(path.relative_to(books.warehouse.archive).as_posix() for path in books.warehouse.archive.rglob("*"))
    return held | {"archive": files}  # type: ignore[dict-item]


def moves(books: Books, table: str, rows: Sequence[dict[str, object]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What saving the rows would move, as (before, after, difference) per month and team; nothing changes by asking."""
    stood = everything(books)
    shown = books.give(table, rows, dry_run=True).preview
    assert shown is not None
    assert everything(books) == stood
    return told(shown["moves"])


def told(moved: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The figures of a comparison that differ."""
    rows = {(row["month"], row["team"]): row for row in moved["rows"]} | {("all", "all"): moved["total"]}
    return {
        key: {
            name: tuple(row[name].values())
            for name in what_if.FIGURES
            if row[name]["difference"] or row[name]["before"] != row[name]["after"]
        }
        for key, row in rows.items()
    }


def saved(books: Books, table: str, rows: Sequence[dict[str, object]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What saving them does move."""
    before = figures(books)
    assert books.give(table, rows).status == "loaded"
    return told(what_if.moved(before, figures(books)))


def figures(books: Books) -> what_if.Figures:
    con = books.warehouse.cursor()
    try:
        return what_if.figures(con)
    finally:
        con.close()


def test_a_price_of_an_unpriced_model_moves_its_tokens_into_cost(books: Books) -> None:
    shown = moves(books, "prices", [PRICE])

    # 0.7 and 0.3 million output tokens at 4 per million; 10 + 7 + 2 stated and 10 of the list were known before
    assert shown["2026-09", "red"] == {
        "all_in_cost": (None, D("2.8"), D("2.8")),
        "margin": (None, D("-2.8"), D("-2.8")),
        "unpriced_tokens": (700_000, 0, -700_000),
    }
    assert shown["2026-10", "red"]["all_in_cost"] == (None, D("1.2"), D("1.2"))
    assert shown["all", "all"]["all_in_cost"] == (D(29), D(33), D(4))
    assert shown.keys() == {("2026-09", "red"), ("2026-10", "red"), ("all", "all")}
    assert saved(books, "prices", [PRICE]) == shown


def test_a_discount_takes_its_part_off_the_list_price(books: Books) -> None:
    off = [{"provider": "openai", "model": "gpt-5", "discount": "0.15"}]
    shown = moves(books, "prices", off)

    assert shown["2026-09", "cyan"]["all_in_cost"] == (D(10), D("8.5"), D("-1.5"))  # 1 million output tokens at 10
    assert saved(books, "prices", off) == shown


def test_a_rule_moves_money_from_unassigned_to_its_team(books: Books) -> None:
    rule = [{"rule_id": "r", "match_api_key": "k1", "team": "violet"}]
    shown = moves(books, "assignments", rule)

    assert shown["2026-09", "violet"]["all_in_cost"] == (None, D(7), D(7))
    assert shown["2026-09", "Unassigned"]["unassigned_cost"] == (D(7), None, D(-7))
    assert shown["all", "all"] == {"unassigned_cost": (D(7), D(0), D(-7))}
    assert saved(books, "assignments", rule) == shown


def test_a_rate_of_exchange_converts_what_waited_for_it(books: Books) -> None:
    rate = [{"day": "2026-09-30", "currency": "EUR", "rate": "1.5"}]
    shown = moves(books, "fx", rate)

    assert shown["2026-10", "blue"]["all_in_cost"] == (None, D(30), D(30))
    assert shown["all", "all"]["all_in_cost"] == (D(29), D(59), D(30))
    assert saved(books, "fx", rate) == shown


def test_a_trust_rule_moves_outcomes_and_margin_and_no_cost(books: Books) -> None:
    rule = [{"workflow": "judged", "requires": "completed|accepted"}]
    shown = moves(books, "workflows", rule)

    # what earned 9 for 2 is trusted once nobody asks whether it was safe
    assert shown["2026-10", "green"] == {"trusted": (0, 1, 1), "margin": (D(-2), D(7), D(9))}
    assert saved(books, "workflows", rule) == shown


def test_a_closed_month_stays_and_the_open_one_takes_what_moves_about_it(books: Books) -> None:
    close(books.warehouse, date(2026, 9, 1), TODAY)
    shown = moves(books, "prices", [PRICE])

    # 2.8 of September and 1.2 of October
    assert shown["2026-10", "red"]["all_in_cost"] == (None, D(4), D(4))
    assert ("2026-09", "red") not in shown
    assert saved(books, "prices", [PRICE]) == shown


def test_an_undo_says_what_it_would_move_and_then_moves_it(books: Books) -> None:
    (id,) = books.load(prices=[PRICE])
    stood = everything(books)
    jobs = Jobs(books.warehouse)
    job = jobs.wait(jobs.preview_undo(id), 60)
    assert job is not None

    assert everything(books) == stood
    shown = told((job.results[0].preview or {})["moves"])
    assert shown["2026-09", "red"]["all_in_cost"] == (D("2.8"), None, D("-2.8"))
    before = figures(books)
    books.undo(id)
    assert told(what_if.moved(before, figures(books))) == shown


def test_every_step_is_told_and_one_that_is_stopped_leaves_no_trace(books: Books) -> None:
    path, steps = books.file("prices", [PRICE]), []
    stood = everything(books)

    def stop(step: str) -> None:
        steps.append(step)
        if step == "cubes":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pipeline.ingest(books.warehouse, [path], pipeline.IngestOptions(dry_run=True), stop)

    assert steps[-2:] == ["charges", "cubes"]
    assert {*steps} - {f"reading {path.name}"} <= STEPS.keys()  # each has its place in the progress that a page shows
    assert everything(books) == stood


def test_a_file_of_facts_is_told_by_its_rows_instead(books: Books) -> None:
    shown = books.give("usage", [call("more", team="red", cost="1")], dry_run=True).preview

    assert shown is not None
    assert shown["moves"] is None
