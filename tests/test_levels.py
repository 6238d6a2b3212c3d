"""Rows of several spans put together: now, before, step by step, and how each moved."""

from datetime import date
from decimal import Decimal

import pytest

from app.metrics.levels import BEFORE, NOW, Change, asked, change, compared, spans
from app.metrics.question import Answer

D = Decimal
SEPTEMBER, OCTOBER = (date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 10, 31))
HALF = (date(2026, 10, 1), date(2026, 10, 15))
WANTED = spans(OCTOBER, SEPTEMBER, {"s01": SEPTEMBER, "s02": OCTOBER})


@pytest.mark.parametrize(
    ("now", "before", "unit", "good", "expected"),
    [
        ("110", "100", "money", "down", Change(D(10), D("0.1"), "worse")),
        ("110", "100", "money", "up", Change(D(10), D("0.1"), "better")),
        ("90", "100", "tokens", "neither", Change(D(-10), D("-0.1"), "changed")),
        ("100.49", "100", "money", "down", Change(D("0.49"), D("0.0049"), "no change")),
        ("100.5", "100", "money", "down", Change(D("0.5"), D("0.005"), "worse")),
        (0.0009, 0, "ratio", "up", Change(D("0.0009"), None, "no change")),
        (0.322, 0.312, "ratio", "up", Change(D("0.010"), D("0.010") / D("0.312"), "better")),
        # Half a percent of a large ratio, and more than a tenth of a point.
        (0.902, 0.9, "ratio", "up", Change(D("0.002"), D("0.002") / D("0.9"), "better")),
        ("5", "0", "money", "up", Change(D(5), None, "better")),
        ("0", "0", "money", "up", Change(D(0), None, "no change")),
        ("-90", "-100", "money", "up", Change(D(10), None, "better")),
        ("-100.4", "-100", "money", "up", Change(D("-0.4"), None, "no change")),
        (None, "1", "money", "up", None),
        ("1", None, "money", "up", None),
    ],
)
def test_a_change_says_how_far_and_whether_for_the_better(now, before, unit, good, expected):
    assert change(now, before, unit, good) == expected


def test_a_ratio_is_asked_for_with_the_count_below_it():
    assert asked(["all_in_cost", "cost_per_trusted_outcome", "trusted_rate", "cache_hit_rate"]) == (
        "all_in_cost", "cost_per_trusted_outcome", "trusted", "trusted_rate", "runs", "cache_hit_rate",
    )  # fmt: skip


def row(span, team, cost, trusted, is_total=False):
    figures = {"all_in_cost": D(cost), "trusted": trusted, "cost_per_trusted_outcome": float(D(cost) / trusted)}
    return {"span": span, "is_total": is_total, "team": team, **figures}


ROWS = [
    row(NOW, "red", "310", 31), row(NOW, None, "310", 31, True),
    row(BEFORE, "blue", "30", 10), row(BEFORE, "red", "270", 30), row(BEFORE, None, "300", 40, True),
    row("s01", "blue", "30", 10), row("s01", "red", "270", 30), row("s01", None, "300", 40, True),
    row("s02", "red", "310", 31), row("s02", None, "310", 31, True),
]  # fmt: skip


def answer(rows=ROWS, **spans):
    return Answer(rows, "USD", None, None, {**WANTED, **spans})


def test_parts_meet_by_their_key_and_one_that_ended_has_a_row_too():
    red, blue = compared(answer(), ("team",), WANTED).rows

    assert (red.key, red.now["all_in_cost"], red.before["all_in_cost"]) == (("red",), D(310), D(270))
    assert (blue.key, blue.now["all_in_cost"], blue.before["all_in_cost"]) == (("blue",), None, D(30))
    assert [red.trend("all_in_cost"), blue.trend("all_in_cost")] == [[D(270), D(310)], [D(30), None]]


def test_the_total_is_a_row_of_its_own():
    total = compared(answer(), ("team",), WANTED).total

    assert (total.key, total.change("all_in_cost")) == ((None,), Change(D(10), D(10) / D(300), "changed"))
    # 310 / 31 = 10.00, 300 / 40 = 7.50
    assert total.change("cost_per_trusted_outcome") == Change(D("2.5"), D("2.5") / D("7.5"), "worse")


def test_months_of_unlike_length_are_compared_by_the_day():
    total = compared(answer(), ("team",), WANTED).total

    # 310 over 31 days, 300 over 30
    assert total.daily_change("all_in_cost") == Change(D(0), D(0), "no change")
    assert total.daily_change("cost_per_trusted_outcome") is None


def test_over_few_outcomes_a_ratio_has_no_change_and_no_point_in_the_trend():
    red, blue = compared(answer(), ("team",), WANTED).rows

    assert (red.few("cost_per_trusted_outcome"), red.why_not("cost_per_trusted_outcome")) == (None, None)
    assert blue.trend("cost_per_trusted_outcome") == [None, None]
    ended = compared(answer([row(NOW, "blue", "30", 29), row(BEFORE, "blue", "30", 30)]), ("team",), WANTED).rows[0]
    assert (ended.few("cost_per_trusted_outcome"), ended.why_not("cost_per_trusted_outcome")) == (29, "few")
    assert ended.change("cost_per_trusted_outcome") is None
    assert ended.change("all_in_cost").word == "no change"


def test_a_span_that_the_viewer_sees_a_part_of_is_no_comparison():
    red = compared(answer(before=HALF, s01=HALF), ("team",), WANTED).rows[0]

    assert (red.before, red.why_not("all_in_cost"), red.change("all_in_cost")) == (None, "no comparison", None)
    assert red.trend("all_in_cost") == [None, D(310)]


def test_where_nothing_lies_before_there_is_no_data_to_compare_with():
    red = compared(answer([row(NOW, "red", "310", 31)]), ("team",), WANTED).rows[0]

    assert (red.why_not("all_in_cost"), red.change("all_in_cost")) == ("no data", None)
