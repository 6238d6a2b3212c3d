"""Ingestion health: each source with its last day, gaps, rejects, money and rhythm; a sentence on what is late."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import health as shown
from app.warehouse import connect
from ingest import pipeline
from ingest.watch import Memory, Stamp
from tests.conftest import Company
from tests.promises import reading_here

ROOT = Path(__file__).resolve().parent.parent
OUTCOME = {"event_id": "e1", "run_id": "r1", "completed": "true"}


@pytest.fixture(autouse=True)
def quick():
    with reading_here():
        yield


def deliver(company: Company, table: str, days: list[int], *bad: str) -> None:
    """Loads one file on 21 November with a row per day of November, and lines that are rejected."""
    row = {"provider": "acme", "model": "m1", "cost": "2"} if table == "usage" else OUTCOME
    moment = "started_at" if table == "usage" else "occurred_at"
    rows = [row | {moment: f"2026-11-{day:02d}T12:00:00Z"} for day in days] + [row | {moment: text} for text in bad]
    (result,) = pipeline.ingest(
        company.warehouse,
        [company.file(table, rows)],
        pipeline.IngestOptions(now=datetime(2026, 11, 21, 8)),  # noqa: DTZ001
    )
    assert result.status == "loaded"


def page(company: Company) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60).run()
    app.switch_page("../pages/60_imports.py").run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind)).replace(
        "\\", ""
    )


def test_each_source_says_how_it_delivers(company: Company) -> None:
    deliver(company, "usage", [9, 10, 12, 13], "yesterday")  # the 11th, a Wednesday, is missing
    deliver(company, "usage", [16])
    deliver(company, "usage", [17, 18, 19, 20])
    for day in (1, 8, 15):
        deliver(company, "outcomes", [day])
    company.load(
        charges=[{"charged_from": "2026-11-01", "charged_to": "2026-11-30", "component": "other", "amount": "30"}]
    )
    app = page(company)
    table = next(table.value for table in app.dataframe if "label" in table.value.columns).set_index("label")

    usage = table.loc["Usage (template)"]
    assert (usage["records"], usage["rejects"], usage["missing"], usage["money"]) == (9, 1, 1, Decimal(18))
    assert (usage["which"], usage["usual"], usage["state"]) == ("11 Nov 2026 (1 day)", "every 3 days", "on time")
    assert usage["last"].date() == date(2026, 11, 20)
    assert (table.loc["Outcomes (template)"]["usual"], table.loc["Charges (template)"]["state"]) == (
        "every 7 days",
        "comes by the month",
    )
    assert "No source is late by its own rhythm." in told(app)
    assert "Usage (template) lacks 1 day between its first and its last: 11 Nov 2026 (1 day)." in told(app)
    assert "1 record rejected; each import below says which, and why." in told(app)


def test_what_is_late_is_said_with_its_rhythm_and_stands_on_top(company: Company) -> None:
    deliver(company, "usage", [11, 20])
    for day in (1, 6, 11):
        deliver(company, "outcomes", [day])
    app = page(company)

    # 9 days behind the newest usage; 4 of them are its rhythm of 5 days
    assert (
        "outcomes is late by 5 days: it usually delivers every 5 days, and its last whole day is 11 Nov 2026."
        in told(app)
    )
    table = next(table.value for table in app.dataframe if "label" in table.value.columns)
    assert list(table["state"]) == ["late by 5 days", "on time"]


def test_days_are_told_as_ranges() -> None:
    days = [date(2026, 11, 3) + timedelta(days=offset) for offset in (0, 1, 2, 6)]

    assert shown.ranges(days) == "3–5 Nov 2026 (3 days), 9 Nov 2026 (1 day)"
    assert shown.ranges([]) == ""
    assert shown.every(1) == "every day"


def test_a_file_of_the_watched_folder_that_failed_is_on_the_page(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(company, "usage", [19])
    bad = tmp_path / "letter.csv"
    bad.write_text("dear,reader")
    Memory(company.warehouse.path).keep(bad, Stamp(11, 1), "failed", "letter.csv is in no format we know")
    settings = company.warehouse.settings.model_copy(update={"watch": tmp_path})
    monkeypatch.setattr(company.warehouse, "settings", settings)
    assert connect.current_warehouse() is company.warehouse

    assert f"Watched folder: {tmp_path}" in told(page(company))
    assert "letter.csv was not loaded" in told(page(company))
    bad.unlink()
    assert "letter.csv was not loaded" not in told(page(company))
