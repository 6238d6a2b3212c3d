"""The sample company loads whole, is what its script makes, and tells its stories to whoever asks for figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow import parquet

from app.metrics.ask import ask
from app.metrics.contract import reconcile_document
from app.metrics.question import Question, Viewer
from app.settings import Settings
from app.warehouse.check import check
from app.warehouse.connect import Warehouse
from ingest import pipeline
from sample_data.company import make, money
from tests.conftest import TODAY

Row = dict[str, Any]
Figures = Callable[..., dict[str, Row]]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def warehouse_of_company(company_warehouse: Path) -> Iterator[Warehouse]:
    warehouse = Warehouse(company_warehouse, Settings(db=company_warehouse, today=TODAY, memory_limit="1GB", threads=2))
    yield warehouse
    warehouse.close()


@pytest.fixture
def con(warehouse_of_company: Warehouse) -> duckdb.DuckDBPyConnection:
    return warehouse_of_company.unlimited()


@pytest.fixture
def figures(con: duckdb.DuckDBPyConnection) -> Figures:
    """Figures by one dimension, `by`, each row under its value: `figures("runs", by="team", workflow="Live chat")`."""

    def asked(
        *names: str, by: str = "month", since: date | None = None, until: date | None = None, **where: str
    ) -> dict[str, Row]:
        question = Question(names, (by,), since, until, {name: (value,) for name, value in where.items()})
        return {str(row[by]): row for row in ask(con, question, Viewer.everything(), TODAY).rows}

    return asked


def month(figures: Figures, *names: str, first: str, **where: str) -> Row:
    """The figures of the month that begins on this day."""
    return figures(*names, **where)[first[:7]]


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_files_are_small_and_name_their_tables_in_the_order_of_loading():
    paths = sorted(path for path in make.HERE.iterdir() if path.suffix in (".csv", ".parquet"))

    assert sum(path.stat().st_size for path in paths) < 6 * MEGABYTE
    assert [f"{number:02d}" for number in range(1, len(paths) + 1)] == [path.name[:2] for path in paths]


@pytest.mark.parametrize("table", ["usage", "steps", "checks", "outcomes"])
def test_a_week_of_facts_is_what_the_script_makes(table):
    first, last = date(2026, 5, 14), date(2026, 5, 18)
    made = vars(make.facts(first, last))[table]
    days = {f"-{first.replace(day=number):%y%m%d}" for number in range(first.day, last.day + 1)}

    kept = [row for row in rows_of(table) if any(day in str(row.get("run_id") or row.get("record_id")) for day in days)]

    assert len(kept) > 300
    assert kept == [{name: row.get(name) for name in kept[0]} for row in made]
    assert not {name for row in made for name in row} - set(kept[0])


def test_what_people_set_is_what_the_script_makes(tmp_path):
    facts = set(vars(make.Books()))
    books = make.Books(usage=rows_of("usage"))

    for number, (name, rows) in enumerate(make.tables(books), start=1):
        if name not in facts:
            path = tmp_path / f"{number:02d}_{name}.csv"
            make.write(path, list(rows))
            assert path.read_text() == (make.HERE / path.name).read_text()


def rows_of(table: str) -> list[Row]:
    """The rows of a facts file."""
    (path,) = make.HERE.glob(f"*_{table}.parquet")
    return list(parquet.read_table(path).to_pylist())


# --- the company -----------------------------------------------------------------------------------------------------


def test_every_file_is_loaded_and_no_row_rejected(con):
    trail = pipeline.imports(con)

    assert len(trail) == len([path for path in make.HERE.iterdir() if path.suffix in (".csv", ".parquet")])
    assert {("standing", 0)} == {(entry["status"], entry["rows_rejected"]) for entry in trail}


def test_every_invariant_holds(con):
    assert check(con) == []


def test_it_is_a_company_of_the_size_that_it_says(figures):
    whole = figures("runs", "all_in_cost", "model_cost", "margin", by="environment")
    by_month = figures("all_in_cost")

    assert sum(row["runs"] for row in whole.values()) >= 30_000
    assert sum(row["margin"] for row in whole.values()) > 0
    assert sum(row["model_cost"] for row in whole.values()) / sum(row["all_in_cost"] for row in whole.values()) > 0.3
    assert 35_000 < by_month["2026-10"]["all_in_cost"] < 80_000
    assert len(figures("runs", by="team").keys() - {"Unassigned"}) == 8
    assert len(figures("runs", by="workflow").keys() - {"Unassigned"}) == 9
    assert len(figures("tokens", by="use_case").keys() - {"Unassigned"}) == 6
    assert len(figures("tokens", by="provider").keys() - {"Unassigned"}) == 5
    assert {"free", "paid"} < figures("tokens", by="segment").keys()
    assert whole["production"]["runs"] > 0.9 * sum(row["runs"] for row in whole.values())


def test_a_ticket_costs_cents_and_a_coding_run_a_few_dollars(figures):
    calls = figures("cost_per_1m_tokens", "model_cost", "runs", by="workflow")
    each = {name: row["model_cost"] / row["runs"] for name, row in calls.items() if row["runs"]}

    assert Decimal("0.05") < each["Ticket resolution"] < 1
    assert 3 < each["Pull request agent"] < 12


def test_some_work_has_no_team_and_one_model_no_price(figures):
    assert 0 < figures("runs", by="team")["Unassigned"]["runs"] < 1000
    assert figures("unpriced_tokens", by="model")["larkfield-intent-2"]["unpriced_tokens"] > 0
    assert sum(row["unpriced_tokens"] > 0 for row in figures("unpriced_tokens", by="model").values()) == 1


# --- money -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def reconciled(con) -> dict[tuple[str, str, str], Row]:
    rows = reconcile_document(con)["rows"]
    return {(row["provider"], row["account"], str(row["month"])[:7]): row for row in rows}


def test_every_difference_between_metered_and_invoiced_has_its_reasons(reconciled):
    reasons = {reason for row in reconciled.values() for reason in row["reasons"]}

    assert reasons >= {"below list", "billed not traced", "not yet invoiced", "credit", "tax"}
    for row in reconciled.values():
        assert sum(row["reasons"].values()) == (row["difference"] or sum(row["reasons"].values()))


def test_the_invoice_that_no_log_explains_stands_as_not_traced(reconciled):
    row = reconciled["openai", money.LAB_ACCOUNT, "2026-09"]

    assert row["metered"] == 0
    assert row["invoiced"] == Decimal("2960.35")
    assert row["reasons"] == {"billed not traced": Decimal("2960.35")}


def test_november_is_not_invoiced_yet(reconciled):
    november = [row for (_, _, name), row in reconciled.items() if name == "2026-11"]

    assert november
    assert all(row["invoiced"] is None for row in november)
    # what runs on the company's own machines costs nothing that a provider could invoice
    assert all(set(row["reasons"]) == {"not yet invoiced"} for row in november if row["metered"])


# --- the stories -----------------------------------------------------------------------------------------------------


def test_a_price_cut_raised_the_volume(figures):
    spans = {"before": (date(2026, 7, 6), date(2026, 7, 29)), "after": (date(2026, 9, 1), date(2026, 9, 24))}
    before, after = (
        figures("cost_per_1m_tokens", "tokens", "model_cost", by="model", since=since, until=until)["gpt-5.6-luna"]
        for since, until in spans.values()
    )

    assert after["cost_per_1m_tokens"] < before["cost_per_1m_tokens"] * 0.3
    assert after["tokens"] > before["tokens"] * 5
    assert after["model_cost"] > before["model_cost"]
    runs = [
        figures("runs", by="workflow", since=since, until=until)["Shopping assistant"]["runs"]
        for since, until in spans.values()
    ]
    assert runs[1] > runs[0] * 2


def test_one_team_had_a_retry_storm_for_one_week(figures):
    weeks = {
        week: row["retry_token_ratio"]
        for week, row in figures("retry_token_ratio", by="week", team="Platform engineering").items()
    }
    storm = weeks.pop(max(weeks, key=lambda week: weeks[week]))

    assert storm > max(weeks.values()) * 4
    assert storm > 0.3
    in_may = figures("retry_token_ratio", by="team", since=date(2026, 5, 11), until=date(2026, 5, 17))
    assert in_may.pop("Platform engineering")["retry_token_ratio"] == storm
    others = {team: row["retry_token_ratio"] for team, row in in_may.items() if row["retry_token_ratio"] is not None}
    assert max(others.values()) < storm / 2


def test_a_cheaper_route_made_trusted_outcomes_dearer(figures):
    names = ("cost_per_request", "cost_per_trusted_outcome", "trusted_rate")
    before = month(figures, *names, first="2026-08-01", workflow="Live chat")
    after = month(figures, *names, first="2026-10-01", workflow="Live chat")

    assert after["cost_per_request"] < before["cost_per_request"] * 0.7
    assert after["cost_per_trusted_outcome"] > before["cost_per_trusted_outcome"] * 1.4
    assert after["trusted_rate"] < before["trusted_rate"]


def test_tickets_that_were_closed_too_fast_came_back(figures):
    spans = ((date(2026, 5, 11), date(2026, 5, 31)), (date(2026, 6, 8), date(2026, 6, 28)))
    before, hasty = (
        figures("runs", "successful", "trusted", by="workflow", since=since, until=until)["Ticket resolution"]
        for since, until in spans
    )

    assert hasty["successful"] / hasty["runs"] > before["successful"] / before["runs"]
    assert hasty["trusted"] / hasty["runs"] < before["trusted"] / before["runs"]
    assert hasty["trusted"] / hasty["successful"] < 0.75 < 0.9 < before["trusted"] / before["successful"]


def test_review_by_people_costs_more_than_the_tokens(figures):
    campaign = figures("cost_human_review", "model_cost", by="workflow")["Campaign copy"]

    assert campaign["cost_human_review"] > campaign["model_cost"] * 2


def test_free_users_cost_more_than_they_bring(figures):
    segments = figures("margin", "all_in_cost", by="segment")

    assert segments["free"]["margin"] < 0 < segments["paid"]["margin"]
    assert segments["free"]["all_in_cost"] > segments["paid"]["all_in_cost"] / 10


def test_one_workflow_should_be_retired(figures):
    workflows = figures("margin", "trusted_rate", by="workflow")
    workflows.pop("Unassigned")

    assert [name for name, row in workflows.items() if row["margin"] < 0] == ["SEO articles"]
    assert min(workflows, key=lambda name: workflows[name]["trusted_rate"]) == "SEO articles"


def test_days_follow_the_week_and_work_grows(figures):
    runs = {datetime.fromisoformat(day): row["runs"] for day, row in figures("runs", by="day").items() if row["runs"]}
    spring = {day: count for day, count in runs.items() if day.month in (3, 4)}
    working = [count for day, count in spring.items() if day.weekday() < 5]
    weekend = [count for day, count in spring.items() if day.weekday() >= 5]

    assert sum(working) / len(working) > 1.3 * sum(weekend) / len(weekend)
    by_month = figures("runs")
    assert by_month["2026-10"]["runs"] > 1.5 * by_month["2025-11"]["runs"]
