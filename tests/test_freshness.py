"""How far the data reaches, and which feed is behind."""

from contextlib import closing
from datetime import date, datetime
from decimal import Decimal

from app.metrics.freshness import Freshness, freshness, gaps
from app.metrics.question import Viewer
from ingest import pipeline
from tests.conftest import TODAY, Company

CALL = {"provider": "acme", "model": "m1", "uncached_input_tokens": "500", "output_tokens": "100", "cost": "1.20"}
OUTCOME = {"event_id": "e1", "run_id": "r1", "completed": "true"}


def call(day: str, **fields: str | None) -> dict[str, str | None]:
    return CALL | {"record_id": day, "started_at": f"{day}T12:00:00Z"} | fields


def seen(company: Company, today: date = TODAY) -> Freshness:
    with closing(company.warehouse.cursor()) as con:
        return freshness(con, today)


def deliver(company: Company, table: str, days: list[str], *, arrived: str = "2026-11-21", **given: object) -> None:
    """Loads one file on a day of its own."""
    rows = [call(day) if table == "usage" else OUTCOME | {"occurred_at": f"{day}T12:00:00Z"} for day in days]
    options = pipeline.IngestOptions(now=datetime.fromisoformat(f"{arrived}T08:00:00"), **given)
    (result,) = pipeline.ingest(company.warehouse, [company.file(table, rows)], options)
    assert result.status == "loaded"


def test_of_nothing_nothing_is_known(company):
    assert seen(company) == Freshness(None, None, None, (), 0, ())


def test_the_data_is_complete_to_the_day_that_every_feed_has_delivered(company):
    company.load(usage=[call("2026-11-01"), call("2026-11-19")], outcomes=[OUTCOME | {"occurred_at": "2026-11-17"}])
    found = seen(company)

    assert (found.first, found.last) == (date(2026, 11, 1), date(2026, 11, 19))
    assert found.complete_to == date(2026, 11, 17)
    assert [(feed.name, feed.late) for feed in found.late] == [("outcomes", 2)]


def test_bills_and_charges_hold_nothing_back(company):
    company.load(
        usage=[call("2026-11-18")],
        charges=[{"charged_from": "2026-01-01", "charged_to": "2026-12-31", "component": "other", "amount": "365"}],
        billed=[{"charged_from": "2026-10-01", "charged_to": "2026-10-31", "provider": "acme", "billed_cost": "9"}],
    )

    assert seen(company).complete_to == date(2026, 11, 18)
    assert seen(company).last == date(2026, 12, 31)


def test_outcomes_long_after_the_calls_make_no_feed_late(company):
    company.load(usage=[call("2026-10-31")], outcomes=[OUTCOME | {"occurred_at": "2026-11-15"}])

    assert seen(company).complete_to == date(2026, 10, 31)
    assert seen(company).late == ()


def test_the_day_of_an_export_is_not_whole_in_it(company):
    deliver(company, "usage", ["2026-11-19", "2026-11-20"], as_of=datetime(2026, 11, 20, 15))  # noqa: DTZ001

    assert seen(company).complete_to == date(2026, 11, 19)


def test_today_is_never_whole(company):
    company.load(usage=[call("2026-11-20")])

    assert seen(company, today=date(2026, 11, 20)).complete_to == date(2026, 11, 19)


def test_a_feed_that_ended_long_ago_holds_nothing_back(company):
    deliver(company, "usage", ["2026-11-19"])
    deliver(company, "outcomes", ["2026-10-05"])  # 45 days before
    assert seen(company).complete_to == date(2026, 10, 5)
    deliver(company, "usage", ["2026-11-20"])

    assert seen(company).complete_to == date(2026, 11, 20)
    assert seen(company).late == ()


def test_accounts_are_feeds_of_their_own(company):
    deliver(company, "usage", ["2026-11-18"], account="east")
    deliver(company, "usage", ["2026-11-16"], account="west")

    assert seen(company).complete_to == date(2026, 11, 16)
    assert [(feed.name, feed.late) for feed in seen(company).late] == [("usage · west", 2)]


def test_a_feed_that_comes_by_the_week_is_late_only_after_its_week(company):
    deliver(company, "usage", ["2026-11-11", "2026-11-20"])
    for day in ("2026-10-29", "2026-11-05", "2026-11-12"):
        deliver(company, "outcomes", [day])

    # 8 days behind; 6 of them are its rhythm
    assert [(feed.name, feed.usual, feed.late) for feed in seen(company).late] == [("outcomes", 7, 2)]


def test_when_all_feeds_stop_they_are_late_by_the_calendar(company):
    for day in (16, 17, 18):
        deliver(company, "usage", [f"2026-11-{day - 1}"], arrived=f"2026-11-{day}")

    # What it held was two days old when the next came: on the 19th nothing is missing, on the 22nd three days are.
    assert [feed.late for feed in seen(company, date(2026, 11, 19)).late] == []
    assert [feed.late for feed in seen(company, date(2026, 11, 22)).late] == [3]


def test_an_undone_import_delivered_nothing(company):
    company.load(usage=[call("2026-11-10")])
    (newer,) = company.load(usage=[call("2026-11-15")])
    company.undo(newer)

    assert seen(company).complete_to == date(2026, 11, 10)


def test_rejected_records_are_counted_in_what_stands(company):
    bad = company.file("usage", [call("2026-11-10"), call("2026-11-11", cost="12,4O")])
    (result,) = pipeline.ingest(company.warehouse, [bad], pipeline.IngestOptions())
    assert seen(company).rejected == 1
    assert seen(company).rejected_imports == (result.import_id,)
    company.undo(result.import_id)

    assert seen(company).rejected == 0


def test_gaps_name_models_without_a_price_and_cost_without_a_team(company):
    company.load(
        usage=[
            call("2026-11-01", team="red"),
            call("2026-11-02", cost="0.80"),
            call("2026-11-03", cost=None, model="nobody-knows"),
            call("2026-11-04", cost="5", currency="CHF"),
        ]
    )
    with closing(company.warehouse.cursor()) as con:
        whole = gaps(con, Viewer.everything(), today=TODAY)
        first = gaps(con, Viewer.everything(), until=date(2026, 11, 1), today=TODAY)
        red = gaps(con, Viewer({"team": ("red",)}), today=TODAY)

    assert [(model.provider, model.model, model.tokens) for model in whole.unpriced] == [("acme", "nobody-knows", 600)]
    assert whole.unpriced_tokens == 600
    assert whole.unassigned_cost == Decimal("0.80")
    assert whole.unconverted == {"CHF": Decimal(5)}
    assert (first.unpriced, first.unassigned_cost) == ((), 0)
    assert (red.unpriced, red.unassigned_cost, red.unconverted) == ((), 0, {})


def test_without_any_known_cost_the_unassigned_cost_is_unknown(company):
    company.load(usage=[call("2026-11-03", cost=None, model="nobody-knows")])
    with closing(company.warehouse.cursor()) as con:
        assert gaps(con, Viewer.everything(), today=TODAY).unassigned_cost is None
