"""Days, exact money, shares and currencies (accounting 5: Day, Money; 1: charges)."""

from datetime import date
from decimal import Decimal

import pytest

from tests.promises import Rows, call, event, opened

D = Decimal
UNIT = D("0.000000000001")
ROWS = Rows()


def charge(amount, **fields):
    return {"charged_from": "2026-09-01", "component": "tool", "amount": amount, **fields}


def days_of(books, name="cost_tool", **where):
    return {day[5:]: amount for day, amount in books.parts(name, "day", **where).items() if amount}


# --- days -------------------------------------------------------------------------------------------------------------

ROWS.add(
    usage=[
        call("days", run_id="days", cost="1", started_at="2026-09-07T23:59:59.999", ended_at="2026-09-09T01:00:00"),
        call("days", run_id="days", cost="2", started_at="2026-09-08T00:00:00"),
    ],
    steps=[{"run_id": "days", "started_at": "2026-09-09T23:00:00", "ended_at": "2026-09-10T02:00:00", "kind": "tool",
            "cost": "4"}],
    checks=[{"run_id": "days", "decided_at": "2026-09-11T00:00:00", "kind": "test", "name": "t", "cost": "8"}],
    outcomes=[
        event("days", occurred_at="2026-09-10T00:00:00", grounded="true", revenue="32"),
        event("days", occurred_at="2026-09-12T00:00:00", completed="false"),
        event("days", occurred_at="2026-09-13T00:00:00", completed="true", accepted="true", grounded="true",
              policy_passed="true", safe="true"),
    ],
)  # fmt: skip


def test_cost_belongs_to_the_day_it_was_incurred(books):
    assert {"09-07": D(1), "09-08": D(2), "09-09": D(4), "09-11": D(8)} == days_of(
        books, "all_in_cost", workflow="days"
    )


def test_a_run_counts_on_the_day_it_started(books):
    assert {"09-07": D(1)} == days_of(books, "runs", workflow="days")


def test_an_outcome_belongs_to_the_day_of_its_first_answer_to_completed_or_accepted(books):
    assert {"09-12": D(1)} == days_of(books, "trusted", workflow="days")
    assert D(32) == books.one(
        "gross_margin_per_trusted_outcome", workflow="days", since=date(2026, 9, 12), until=date(2026, 9, 12)
    )


ROWS.add(
    usage=[call("reversed", run_id="reversed", cost="1")],
    workflows=[{"workflow": "reversed", "requires": "completed"}],
    outcomes=[
        event("reversed", completed="true", revenue="9"),
        event("reversed", completed="false", revenue="-9", occurred_at="2026-09-20T00:00:00"),
    ],
)


def test_a_later_reversal_changes_the_outcome_but_never_moves_it(books):
    assert D(0) == books.one("trusted", workflow="reversed")
    assert {"09-07": D(1)} == days_of(books, "runs", workflow="reversed")
    held = books.sql("select outcome_day, revenue from runs where run_id = 'reversed'")
    assert [(date(2026, 9, 7), D(0))] == held


def test_the_sum_over_days_is_the_total_of_the_range(books):
    since, until = date(2026, 9, 3), date(2026, 9, 20)
    (whole,) = books.asked(since=since, until=until)
    days = books.asked(("day",), since=since, until=until)

    for name in ("all_in_cost", "model_cost", "tokens", "runs", "trusted", "user_requests", "cost_tool"):
        assert whole[name] == sum(day[name] or 0 for day in days), name


def test_days_are_days_of_the_reporting_zone_except_those_of_buckets_bills_and_charges(tmp_path):
    with opened(tmp_path, time_zone="America/New_York") as books:
        books.load(
            usage=[
                call("w", run_id="r", cost="1", started_at="2026-09-08T03:30:00"),  # 23:30 of the 7th in New York
                call("w", grain="bucket", model="m2", cost="2", started_at="2026-09-08T00:00:00"),
                call("next", provider="billed", cost="10", started_at="2026-10-01T02:00:00"),
            ],
            steps=[{"run_id": "r", "started_at": "2026-09-09T01:00:00", "kind": "tool", "cost": "4"}],
            outcomes=[event("r", occurred_at="2026-09-10T02:00:00", completed="true", accepted="true")],
            charges=[charge("8", workflow="w", charged_from="2026-09-12")],
            billed=[
                {"charged_from": "2026-09-01", "charged_to": "2026-09-30", "provider": "billed", "billed_cost": "4"}
            ],
        )

        assert {"09-07": D(1), "09-08": D(2 + 4), "09-12": D(8)} == days_of(books, "all_in_cost", workflow="w")
        assert {"09-07": D(1)} == days_of(books, "runs")
        assert {"09-09": D(1)} == days_of(books, "successful")
        # The call lies on 30 September in New York, but a bill holds it by its UTC day: that is October's.
        assert {"09-30": D(10)} == days_of(books, "all_in_cost", workflow="next")
        assert D(14) == books.one("all_in_cost", provider="billed")


# --- money ------------------------------------------------------------------------------------------------------------

ROWS.add(usage=[call("exact", cost=cost) for cost in ("0.1", "0.2", "123456789.000000000001", "0.0000000000005")])


def test_money_is_exact_to_twelve_places_and_more_are_rounded(books):
    assert D("123456789.300000000002") == books.one("all_in_cost", workflow="exact")


ROWS.add(charges=[charge("10", workflow="thirds", charged_to="2026-09-03")])


def test_a_charge_is_spread_evenly_over_its_days_and_no_unit_is_lost(books):
    assert {"09-01": D("3.333333333334"), "09-02": D("3.333333333333"), "09-03": D("3.333333333333")} == days_of(
        books, workflow="thirds"
    )


ROWS.add(charges=[charge("5", workflow="one_day"), charge("-2", workflow="one_day")])


def test_a_blank_end_is_the_first_day_and_a_negative_charge_is_a_credit(books):
    assert {"09-01": D(3)} == days_of(books, workflow="one_day")


ROWS.add(
    usage=[call("owner", run_id="owner", team="red", product="p", customer="c", cost="0", uncached_input_tokens=1)],
    charges=[
        charge("4", run_id="owner", team="blue", workflow="other", split_by="cost", charged_to="2026-09-02"),
        charge("1", run_id="nobody", team="lost", split_by="even"),
        charge("2", run_id="nobody2"),
    ],
)


def test_a_charge_with_a_run_takes_its_dimensions_and_is_never_split(books):
    assert {("red", "owner", "p", "c"): D(4)} == books.parts(
        "cost_tool", "team", "workflow", "product", "customer", workflow="owner"
    )
    assert {"09-01": D(2), "09-02": D(2)} == days_of(books, workflow="owner")


def test_a_charge_of_an_unknown_run_lies_where_its_columns_say(books):
    assert {("lost", "Unassigned"): D(1)} == books.parts("cost_tool", "team", "workflow", team="lost")


# Two pairs of product "driven", red to blue: cost 4 to 2, tokens 10 to 30, requests 5 to 1, runs 1 to 2.
ROWS.add(
    usage=[
        call("x", team="red", product="driven", run_id="d1", cost="1", uncached_input_tokens=4, requests=2),
        call("x", team="red", product="driven", run_id="d1", cost="3", uncached_input_tokens=6, requests=3,
             started_at="2026-09-08T00:00:00"),
        call("y", team="blue", product="driven", run_id="d2", cost="2", uncached_input_tokens=30),
        call("y", team="blue", product="driven", run_id="d3", uncached_input_tokens=0, cost="0", requests=0),
        call("y", team="blue", product="driven", run_id="d4", cost="90", started_at="2026-10-01T00:00:00"),
    ],
    charges=[
        charge("180", component=component, split_by=driver, product="driven", charged_to="2026-09-30")
        for component, driver in (
            ("tool", "cost"), ("retrieval", "TOKENS"), ("evaluation", "requests"), ("observability", "runs"),
            ("infrastructure", "even"),
        )
    ],
)  # fmt: skip
SPLITS = {
    "cost_tool": {"red": 120, "blue": 60}, "cost_retrieval": {"red": 45, "blue": 135},
    "cost_evaluation": {"red": 150, "blue": 30}, "cost_observability": {"red": 60, "blue": 120},
    "cost_infrastructure": {"red": 90, "blue": 90},
}  # fmt: skip


@pytest.mark.parametrize("component", SPLITS)
def test_a_charge_is_split_by_its_driver_over_the_pairs_of_its_days(books, component):
    assert books.parts(component, "team", product="driven", until=date(2026, 9, 30)) == SPLITS[component]
    assert {"x": SPLITS[component]["red"], "y": SPLITS[component]["blue"]} == books.parts(
        component, "workflow", product="driven", until=date(2026, 9, 30)
    )


ROWS.add(
    usage=[
        call("m", team="red", product="months", cost="1", started_at="2026-07-31T00:00:00"),
        call("n", team="blue", product="months", cost="9", started_at="2026-08-01T00:00:00"),
    ],
    charges=[charge("6", split_by="cost", product="months", charged_from="2026-07-31", charged_to="2026-08-02")],
)


def test_the_driver_is_summed_month_by_month(books):
    assert {("red", "2026-07"): D(2), ("blue", "2026-08"): D(4)} == {
        key: n for key, n in books.parts("cost_tool", "team", "month", product="months").items() if n
    }


ROWS.add(
    charges=[charge("6", split_by="tokens", product="idle", team="red")],
    usage=[
        call("", product="partly", team="red", cost="1"),
        call("", product="partly", cost="2"),
    ],
)
ROWS.add(charges=[charge("6", split_by="cost", product="partly", charged_from="2026-09-07")])


def test_where_the_driver_is_zero_a_charge_is_not_split(books):
    assert {("red", "Unassigned"): D(6)} == books.parts("cost_tool", "team", "workflow", product="idle")


def test_pairs_with_an_unassigned_part_take_part(books):
    assert {"red": D(2), "Unassigned": D(4)} == books.parts("cost_tool", "team", product="partly")


ROWS.add(
    usage=[call("u", product="units", team=team, cost="1") for team in ("a", "b", "c")],
    charges=[charge("0.000000000005", split_by="cost", product="units", charged_from="2026-09-07",
                    charged_to="2026-09-08")],
)  # fmt: skip


def test_units_left_over_go_to_the_largest_remainders_the_earlier_day_and_the_first_pair_by_name(books):
    # 5 units over 3 pairs x 2 days: 0.8 each, so the first five cells take one
    found = books.parts("cost_tool", "day", "team", product="units")

    assert {
        ("2026-09-07", "a"),
        ("2026-09-07", "b"),
        ("2026-09-07", "c"),
        ("2026-09-08", "a"),
        ("2026-09-08", "b"),
    } == {key for key, amount in found.items() if amount == UNIT}
    assert sum(amount or 0 for amount in found.values()) == 5 * UNIT


# --- currencies -------------------------------------------------------------------------------------------------------

ROWS.add(
    fx=[
        {"day": "2026-09-01", "currency": "EUR", "rate": "1.10"},
        {"day": "2026-09-08", "currency": "EUR", "rate": "1.20"},
    ],
    usage=[
        call("euro", cost="10", currency="eur"),
        call("euro", cost="10", currency="EUR", started_at="2026-09-08T00:00:00"),
        call("euro", cost="10", currency="EUR", started_at="2026-08-31T00:00:00"),
    ],
    charges=[charge("20", workflow="spread", currency="EUR", charged_from="2026-09-07", charged_to="2026-09-08")],
)


def test_an_amount_converts_at_the_last_rate_known_on_its_day(books):
    assert {"09-07": D(11), "09-08": D(12)} == days_of(books, "all_in_cost", workflow="euro")


def test_what_has_no_rate_is_unconverted_and_never_zero_or_one_to_one(books):
    assert {"EUR": D(10)} == books.one("unconverted", workflow="euro")
    assert books.parts("all_in_cost", "day", workflow="euro")["2026-08-31"] is None
    assert D(23) == books.one("all_in_cost", workflow="euro")
    assert D(0) == books.one("unpriced_tokens", workflow="euro")


def test_a_spread_amount_converts_day_by_day(books):
    assert {"09-07": D(11), "09-08": D(12)} == days_of(books, workflow="spread")


ROWS.add(
    usage=[call("sold", run_id="sold", cost="1")],
    workflows=[{"workflow": "sold", "requires": "completed", "review_rate_per_hour": "60", "currency": "EUR"}],
    outcomes=[event("sold", completed="true", revenue="100", currency="EUR", human_minutes=2,
                    occurred_at="2026-09-08T00:00:00")],
)  # fmt: skip


def test_revenue_and_minutes_convert_on_their_event_s_day(books):
    assert D("2.4") == books.one("cost_human_review", workflow="sold")
    assert D(120) - 1 - D("2.4") == books.one("gross_margin_per_trusted_outcome", workflow="sold")


def test_a_bill_converts_day_by_day(tmp_path):
    with opened(tmp_path) as books:
        books.load(
            fx=ROWS.tables["fx"],
            billed=[{"charged_from": "2026-09-07", "charged_to": "2026-09-08", "provider": "p", "billed_cost": "20",
                     "currency": "EUR"}],
        )  # fmt: skip

        assert D(11) + D(12) == books.one("all_in_cost")


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()
