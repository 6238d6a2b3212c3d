"""One dollar, once: what the invoice says differently is posted under its own name (accounting 2.7 and 2.8)."""

from datetime import date
from decimal import Decimal

from tests.promises import Rows, call, opened

D = Decimal
ROWS = Rows()


def bill(provider, cost, since="2026-09-01", until="2026-09-30", **fields):
    return {
        "invoice_id": f"{provider}-1", "charged_from": since, "charged_to": until, "provider": provider,
        "billed_cost": cost, **fields,
    }  # fmt: skip


def reasons(books, provider):
    return {
        (row["account"], row["month"]): (row["metered"], row["invoiced"], row["difference"], row["reasons"])
        for row in books.reconciled()
        if row["provider"] == provider
    }


# --- below list -------------------------------------------------------------------------------------------------------

ROWS.add(
    usage=[
        call("w", provider="cheap", team="red", cost="60", started_at="2026-09-02"),
        call("w", provider="cheap", team="blue", cost="40", started_at="2026-09-03"),
        call("w", provider="cheap", team="green", output_tokens=5, model="nobody-knows", started_at="2026-09-03"),
        call("w", provider="cheap", team="late", cost="7", started_at="2026-10-01"),
    ],
    billed=[bill("cheap", "50"), bill("cheap", "30")],
)


def test_below_list_lies_over_the_metered_rows_in_proportion_to_their_cost_on_their_own_days(books):
    parts = books.parts("cost_true_up", "team", "day", provider="cheap")

    assert {("red", "2026-09-02"): D(-12), ("blue", "2026-09-03"): D(-8)} == {key: n for key, n in parts.items() if n}
    assert {"red": D(48), "blue": D(32), "green": None, "late": D(7)} == books.parts(
        "all_in_cost", "team", provider="cheap"
    )


def test_the_ledger_equals_the_invoice_where_there_is_one(books):
    september = {"since": date(2026, 9, 1), "until": date(2026, 9, 30), "provider": "cheap"}

    assert D(80) == books.one("all_in_cost", **september)
    assert D(100) == books.one("all_in_cost", basis="metered", **september)
    assert D(80) == books.one("all_in_cost", basis="invoiced", provider="cheap")


def test_days_that_no_bill_covers_are_not_yet_invoiced(books):
    assert {
        (None, "2026-09"): (D(100), D(80), D(-20), {"below list": D(-20)}),
        (None, "2026-10"): (D(7), None, None, {"not yet invoiced": D(-7)}),
    } == reasons(books, "cheap")


ROWS.add(
    usage=[call("w", provider="thirds", team=team, cost="1") for team in ("a", "b", "c")]
    + [call("w", provider="thirds", team="d", cost="4")],
    billed=[bill("thirds", "6")],
)


def test_what_rounding_leaves_goes_to_the_row_that_costs_most(books):
    # -1 over 1, 1, 1 and 4 of 7: each small row -0.142857142857, the large one the rest
    small = D("-0.142857142857")

    assert {"a": small, "b": small, "c": small, "d": -1 - 3 * small} == books.parts(
        "cost_true_up", "team", provider="thirds"
    )


# --- billed, not traced -----------------------------------------------------------------------------------------------

ROWS.add(
    usage=[call("w", provider="short", team="red", project="p1", cost="10")],
    billed=[
        bill("short", "15", model="m1", line_item="calls"),
        bill("short", "15", since="2026-09-11", until="2026-09-13", model="m2"),
        bill("short", "-2", line_item="refund"),
    ],
    assignments=[{"rule_id": "m2", "match_provider": "short", "match_model": "m2", "team": "placed"}],
)


def test_what_was_billed_beyond_the_traced_stands_in_unassigned_unless_a_rule_places_it(books):
    # 28 - 10 = 18 over the positive rows, 15 to 15
    found = books.parts("cost_true_up", "team", "model", provider="short")

    assert {("Unassigned", "m1"): D(9), ("placed", "m2"): D(9)} == {key: n for key, n in found.items() if n}


def test_each_part_lies_evenly_over_the_days_of_its_row(books):
    days = books.parts("cost_true_up", "day", provider="short", model="m2")
    assert {"2026-09-11": D(3), "2026-09-12": D(3), "2026-09-13": D(3)} == {day: n for day, n in days.items() if n}
    days = books.parts("cost_true_up", "day", provider="short", model="m1")
    assert {D("0.3")} == {n for day, n in days.items() if n}
    assert sum(1 for n in days.values() if n) == 30


def test_a_difference_has_no_run_and_is_model_cost(books):
    assert D(28) == books.one("model_cost", provider="short")
    assert {(None, "2026-09"): (D(10), D(28), D(18), {"billed not traced": D(18)})} == reasons(books, "short")


ROWS.add(
    usage=[call("w", provider="gap", cost="10"), call("w", provider="gap", model="nobody-knows", output_tokens=5)],
    billed=[bill("gap", "12")],
)


def test_beyond_the_traced_is_unpriced_while_the_scope_has_unpriced_tokens(books):
    assert {(None, "2026-09"): (D(10), D(12), D(2), {"unpriced": D(2)})} == reasons(books, "gap")


# --- lines of their own -----------------------------------------------------------------------------------------------

ROWS.add(
    usage=[call("w", provider="lines", team="red", cost="10")],
    billed=[
        bill("lines", "10"),
        bill("lines", "3", charge_category="TAX", since="2026-09-10", until="2026-09-12"),
        bill("lines", "-4", charge_category="credit", since="2026-09-20", until="2026-09-21"),
        bill("lines", "100", charge_category="Purchase", since="2026-09-05", until=""),
    ],
)


def test_credit_and_tax_are_lines_of_their_own_in_unassigned_evenly_over_their_days(books):
    found = books.parts("cost_true_up", "team", "day", provider="lines")

    assert {("Unassigned", f"2026-09-{day}"): D(amount) for day, amount in
            ((10, 1), (11, 1), (12, 1), (20, -2), (21, -2))} == {key: n for key, n in found.items() if n}  # fmt: skip
    assert {"red": D(10), "Unassigned": D(-1)} == books.parts("all_in_cost", "team", provider="lines")


def test_a_purchase_counts_on_the_invoiced_basis_only(books):
    assert D(9) == books.one("all_in_cost", provider="lines")
    assert D(109) == books.one("all_in_cost", provider="lines", basis="invoiced")
    assert D(10) == books.one("all_in_cost", provider="lines", basis="metered")


def test_reconcile_says_every_reason_of_the_difference(books):
    expected = {"tax": D(3), "credit": D(-4), "prepaid": D(100)}

    assert {(None, "2026-09"): (D(10), D(109), D(99), expected)} == reasons(books, "lines")


ROWS.add(billed=[bill("amortised", "9", charge_category="", effective_cost="0.5", since="2026-09-25", until="")])


def test_the_effective_cost_stands_for_the_billed_one_on_the_row_s_only_day(books):
    assert {"2026-09-25": D("0.5")} == books.parts("cost_true_up", "day", provider="amortised")


ROWS.add(billed=[bill("refund", "-5", charge_category="adjustment", since="2026-09-10", until="2026-09-10")])


def test_a_negative_bill_without_any_metered_cost_stays_in_unassigned(books):
    assert {"Unassigned": D(-5)} == books.parts("cost_true_up", "team", provider="refund")
    assert {(None, "2026-09"): (D(0), D(-5), D(-5), {"adjustment": D(-5)})} == reasons(books, "refund")


ROWS.add(
    usage=[call("w", provider="untaxed", cost="10")],
    billed=[bill("untaxed", "3", charge_category="tax")],
)


def test_a_period_without_a_usage_row_is_not_yet_invoiced(books):
    metered, _invoiced, _difference, why = reasons(books, "untaxed")[None, "2026-09"]

    assert D(10) == metered
    assert {"not yet invoiced": D(-10), "tax": D(3)} == why
    assert D(13) == books.one("all_in_cost", provider="untaxed")


# --- scope ------------------------------------------------------------------------------------------------------------

ROWS.add(
    usage=[
        call("w", provider="scoped", account="a1", team="one", cost="10"),
        call("w", provider="scoped", account="a2", team="two", cost="10"),
        call("w", provider="scoped", account="a1", team="next", cost="10", started_at="2026-09-20"),
    ],
    billed=[
        bill("scoped", "5", account="a1", since="2026-09-01", until="2026-09-15"),
        bill("scoped", "8", account="a1", since="2026-09-16", until="2026-09-30"),
    ],
)


def test_a_bill_is_compared_per_account_and_period(books):
    assert {"one": D(5), "two": D(10), "next": D(8)} == books.parts("all_in_cost", "team", provider="scoped")
    assert {
        ("a1", "2026-09"): (D(20), D(13), D(-7), {"below list": D(-7)}),
        ("a2", "2026-09"): (D(10), None, None, {"not yet invoiced": D(-10)}),
    } == reasons(books, "scoped")


ROWS.add(
    usage=[call("w", provider="onesided", account=name, team=name, cost="10") for name in ("a1", "a2")],
    billed=[bill("onesided", "10")],
)


def test_a_bill_without_an_account_is_compared_with_the_whole_provider(books):
    assert {"a1": D(5), "a2": D(5)} == books.parts("all_in_cost", "team", provider="onesided")


ROWS.add(
    usage=[
        call("w", provider="projects", project="p1", cost="10"),
        call("w", provider="projects", project="p2", cost="10"),
    ],
    billed=[bill("projects", "5", project="p1"), bill("projects", "8", project="p2")],
)


def test_a_bill_is_compared_by_project_where_all_rows_of_both_sides_name_one(books):
    assert {"p1": D(5), "p2": D(8)} == books.parts("all_in_cost", "project", provider="projects")


ROWS.add(
    usage=[call("paid", provider="beside", cost="10")],
    billed=[bill("beside", "10")],
    charges=[{"charged_from": "2026-09-07", "component": "inference", "amount": "5", "workflow": "paid"}],
)


def test_a_charge_is_never_part_of_an_invoice(books):
    assert D(15) == books.one("all_in_cost", workflow="paid")
    assert D(0) == books.one("cost_true_up", provider="beside")
    assert {(None, "2026-09"): (D(10), D(10), D(0), {})} == reasons(books, "beside")


ROWS.add(
    usage=[call("w", provider="foreign", cost="10")],
    billed=[bill("foreign", "9", currency="KZT")],
)


def test_an_unconverted_bill_explains_nothing_and_its_days_are_not_invoiced(books):
    assert D(10) == books.one("all_in_cost", provider="foreign")
    assert {(None, "2026-09"): (D(10), None, None, {"not yet invoiced": D(-10)})} == reasons(books, "foreign")
    assert {"KZT": D(9)} == books.one("unconverted", provider="foreign")


ROWS.add(
    usage=[
        call("w", provider="rest", team="red", cost="10", uncached_input_tokens=100),
        call("", provider="rest", team="blue", cost="40", grain="bucket", uncached_input_tokens=400),
    ],
    billed=[bill("rest", "20")],
)


def test_what_calls_leave_of_a_bucket_is_in_the_scope_of_a_bill(books):
    assert {"red": D(5), "blue": D(15)} == books.parts("all_in_cost", "team", provider="rest")


ROWS.add(usage=[call("w", provider="ptu", service_tier="provisioned", uncached_input_tokens=100, cost="5")])


def test_a_provisioned_row_costs_nothing_by_itself_and_is_not_unpriced(books):
    assert D(0) == books.one("model_cost", provider="ptu")
    assert D(0) == books.one("unpriced_tokens", provider="ptu")


ROWS.add(
    usage=[
        call("w", provider="finer", team="red", started_at="2026-09-01T10:00:00", cost="10"),
        call("w", provider="finer", team="blue", started_at="2026-09-03T10:00:00", cost="10"),
        call("w", provider="finer", team="green", started_at="2026-09-04T10:00:00", cost="10"),
    ],
    billed=[
        bill("finer", "6", "2026-09-01", "2026-09-01", invoice_id="days"),
        bill("finer", "7", "2026-09-02", "2026-09-02", invoice_id="days"),
        bill("finer", "31", "2026-09-01", "2026-09-04", invoice_id="month"),
    ],
)


def test_of_bills_for_the_same_days_the_finer_stands_and_the_other_posts_the_rest_on_the_days_that_it_leaves(books):
    # each day is a period of its own: 6 for 10 metered, 7 for nothing; the rest 31 - 13 = 18 for the other two days' 20
    assert {"red": D(6), "blue": D(9), "green": D(9), "Unassigned": D(7)} == books.parts(
        "all_in_cost", "team", provider="finer"
    )
    expected = {"billed not traced": D(7), "below list": D(-6)}
    assert {(None, "2026-09"): (D(30), D(31), D(1), expected)} == reasons(books, "finer")


ROWS.add(
    usage=[call("w", provider="whole", team="red", cost="10")],
    billed=[
        bill("whole", "9", "2026-09-07", "2026-09-07", invoice_id="day"),
        bill("whole", "12", "2026-09-07", "2026-09-08", invoice_id="longer"),
        bill("whole", "1", "2026-09-08", "2026-09-08", invoice_id="other day"),
    ],
)


def test_where_finer_bills_cover_all_days_the_rest_is_added_to_what_they_are_compared_with(books):
    assert D(12) == books.one("all_in_cost", provider="whole")
    assert {(None, "2026-09"): (D(10), D(12), D(2), {"billed not traced": D(2)})} == reasons(books, "whole")


ROWS.add(
    usage=[
        call("w", provider="dear", team="red", uncached_input_tokens=600, cost="6"),
        call("w", provider="dear", team="blue", uncached_input_tokens=400, cost="3"),
    ],
    billed=[bill("dear", "24", model="m1", quantity="2", unit="1k tokens")],
)


def test_a_dearer_token_lies_over_the_traced_rows_and_only_the_rest_is_not_traced(books):
    # billed 24 / 2000 = 0.012 a token, traced 9 / 1000 = 0.009: 3 for the thousand that is traced, by cost 6 to 3;
    # the other 12 are the thousand tokens that nobody traced
    assert {"red": D(8), "blue": D(4), "Unassigned": D(12)} == books.parts("all_in_cost", "team", provider="dear")
    expected = {"unit price": D(3), "billed not traced": D(12)}
    assert {(None, "2026-09"): (D(9), D(24), D(15), expected)} == reasons(books, "dear")


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()


def test_half_a_cent_per_billed_row_is_rounding(tmp_path):
    with opened(tmp_path) as books:
        books.load(usage=[call("w", provider="cents", cost="9.997")], billed=[bill("cents", "10.00")])

        assert {(None, "2026-09"): (D("9.997"), D(10), D("0.003"), {"rounding": D("0.003")})} == reasons(books, "cents")
