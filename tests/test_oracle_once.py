"""The second reading of *one dollar, once* (accounting 2.6 to 2.9) against sums done by hand."""

# ruff: noqa: SIM300 - the expected value stands first

from __future__ import annotations

from decimal import Decimal

from tests.oracle.hand import ask, bill, bucket, call, reconciled, world
from tests.oracle.standing import Import

D = Decimal


def spent(imports, *by, **asked):
    """What each part cost, where it cost anything; tokens beside it with `tokens=True`."""
    rows = ask(imports, by or ("account",), **asked)
    return {key: row["all_in_cost"] for key, row in rows.items() if row["all_in_cost"] is not None}


def tokens(imports, *by):
    return {key: row["tokens"] for key, row in ask(imports, by or ("account",)).items() if row["tokens"]}


# --- one of several sources -------------------------------------------------------------------------------------------


def ranked(*files):
    """(rank, rows of usage) -> imports, one per source."""
    return [Import(n, "usage", rows, source=f"s{rank}", rank=rank) for n, (rank, rows) in enumerate(files, 1)]


def test_equal_record_ids_are_one_call_and_the_better_rank_stands():
    imports = ranked((20, [call("a", account="x", cost="9")]), (10, [call("a", account="y", cost="2")]))

    assert {"y": 2} == spent(imports)


def test_of_equal_record_ids_of_one_rank_the_newest_stands():
    one = Import(1, "usage", [call("a", cost="9")], source="one", rank=10)

    assert 2 == ask([one, Import(2, "usage", [call("a", cost="2")], source="two", rank=10)])["all_in_cost"]


def test_the_better_rank_owns_a_provider_account_and_day():
    worse = [
        call("a", account="x", cost="9"),
        call("b", account="y", cost="4"),
        call("c", account="x", cost="3", started_at="2026-09-02T10:00:00"),
        call("d", account="x", cost="5", provider="other"),
        call("e", cost="7"),
    ]
    imports = ranked((20, worse), (10, [call("z", account="x", cost="1")]))

    # a: owned; e names no account and so meets x
    assert {("x", "acme"): 1 + 3, ("y", "acme"): 4, ("x", "other"): 5} == spent(imports, "account", "provider")


def test_rows_of_one_rank_add_up_and_calls_do_not_own_buckets():
    imports = [
        Import(1, "usage", [call("a", cost="1")], source="one", rank=10),
        Import(
            2, "usage", [call("b", cost="2"), bucket("k", cost="9", uncached_input_tokens="300")], source="two", rank=10
        ),
        Import(3, "usage", [bucket("l", cost="50")], source="three", rank=20),
    ]

    # the bucket of rank 20 is set aside; the other holds 300 tokens for 9, of which calls explain 200 for 3
    assert {"Unassigned": 9} == spent(imports)
    assert {"Unassigned": 300} == tokens(imports)


def test_a_worse_bucket_of_several_days_is_set_aside_when_all_its_days_are_owned():
    days = [bucket("a", 1, 1, cost="1"), bucket("b", 2, 2, cost="1")]
    longer = bucket("l", 1, 3, cost="9", uncached_input_tokens="900")

    assert {"Unassigned": 9} == spent(ranked((10, days), (20, [longer])))  # 2, and 9 - 2
    assert {"Unassigned": 3} == spent(ranked((10, [*days, bucket("c", 3, 3, cost="1")]), (20, [longer])))


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_the_account_of_a_key_comes_before_that_of_a_gateway():
    rows = [call("a", api_key="k", cost="1"), call("b", api_key="l", cost="2"), call("c", account="own", cost="4")]
    rows += [call("d", provider="other", api_key="k", cost="8")]
    accounts = [
        {"provider": "ACME", "account": "by key", "api_key": "k"},
        {"provider": "acme", "account": "by gateway", "gateway": "usage"},
        {"provider": "acme", "account": "only a name", "name": "The main one"},
    ]

    assert {"by key": 1, "by gateway": 2, "own": 4, "Unassigned": 8} == spent(world(usage=rows, accounts=accounts))


def test_calls_without_an_account_explain_what_is_left_of_all_in_proportion():
    rows = [
        call("a", account="x", uncached_input_tokens="100", cost="1"),
        call("b", uncached_input_tokens="60", cost="3"),
        bucket("k", account="x", uncached_input_tokens="200", cost="3"),
        bucket("l", account="y", uncached_input_tokens="300", cost="8"),
    ]
    imports = world(usage=rows)

    # left after x: 100 and 300; the 60 go 15 and 45. Money: 2 and 8; the 3 go 0.6 and 2.4
    assert {"x": 100 + 85, "y": 255, "Unassigned": 60} == tokens(imports)
    assert {"x": 1 + D("1.4"), "y": D("5.6"), "Unassigned": 3} == spent(imports)


def test_what_is_left_of_all_calls_explains_buckets_without_an_account():
    rows = [
        call("a", account="x", uncached_input_tokens="100", cost="2"),
        call("b", account="z", uncached_input_tokens="10", cost="1"),
        call("c", uncached_input_tokens="50", cost="4"),
        bucket("k", account="x", uncached_input_tokens="120", cost="3"),
        bucket("l", uncached_input_tokens="70", cost="9"),
    ]
    imports = world(usage=rows)

    # x leaves 20 for 1; the blank call explains them, 30 tokens for 3 of it are left, and z's 10 for 1
    assert {"x": 100, "z": 10, "Unassigned": 50 + 70 - 40} == tokens(imports)
    assert {"x": 2, "z": 1, "Unassigned": 4 + 9 - 4} == spent(imports)


def test_where_all_tokens_of_an_account_are_explained_its_money_is_too():
    rows = [call("a", uncached_input_tokens="100", cost="1"), bucket("k", account="x", cost="5")]

    assert {"Unassigned": 1} == spent(world(usage=rows))


# --- several days -----------------------------------------------------------------------------------------------------


def test_a_bucket_of_several_days_is_explained_by_calls_and_shorter_buckets_and_lies_evenly():
    rows = [
        call("a", uncached_input_tokens="100", cost="1"),
        bucket("d", 1, 1, uncached_input_tokens="300", cost="4"),
        bucket("w", 1, 3, uncached_input_tokens="1000", cost="10", team="week"),
        call("b", uncached_input_tokens="100", cost="1", started_at="2026-09-03T10:00:00"),
        call("c", uncached_input_tokens="70", cost="1", started_at="2026-09-04T10:00:00"),
    ]
    imports = world(usage=rows)

    # the day leaves 200 for 3; the week 1000 - 100 - 200 - 100 = 600 for 10 - 1 - 3 - 1 = 5
    assert 1000 + 70 == ask(imports)["tokens"]
    third = D("1.666666666667")
    assert {
        ("2026-09-01", "week"): third,
        ("2026-09-02", "week"): third,
        ("2026-09-03", "week"): third - D("1e-12"),
    } == {key: cost for key, cost in spent(imports, "day", "team").items() if key[1] == "week"}
    assert {200} == {row["tokens"] for key, row in ask(imports, ("day", "team")).items() if key[1] == "week"}


def test_a_bucket_that_ends_at_midnight_does_not_reach_into_the_next_day():
    rows = [
        call("a", started_at="2026-09-02T00:00:00", cost="1"),
        bucket("d", 1, 1, cost="4"),
        bucket("e", cost="4", model="m2", ended_at="2026-09-02T00:00:00.000001"),
        call("b", model="m2", started_at="2026-09-02T00:00:00", cost="1"),
    ]

    assert {"m1": 5, "m2": 1} == spent(world(usage=rows), "model")  # the second explains all of it


def test_counts_of_a_remainder_lie_on_its_days_in_whole_numbers():
    rows = [bucket("w", 1, 3, uncached_input_tokens="8", requests="4", cost="1")]
    found = ask(world(usage=rows), ("day",))

    assert [(3, 2), (3, 1), (2, 1)] == [(row["tokens"], row["user_requests"]) for row in found.values()]


def test_a_class_that_some_call_leaves_blank_is_compared_with_the_input_over_all_accounts():
    rows = [
        call("a", account="x", uncached_input_tokens="100", cache_read_tokens="0", cache_write_tokens="0"),
        call("b", uncached_input_tokens="10", cache_write_tokens="0"),
        bucket("k", account="x", uncached_input_tokens="100", cache_read_tokens="100", cache_write_tokens="0"),
    ]

    # b does not tell its cache reads: 200 - 100 of x, then 10 more of input and reads together: 90 left, 45 and 45
    assert {"x": 100 + 90, "Unassigned": 10} == tokens(world(usage=rows))
    assert D(45) / 190 == +ask(world(usage=rows), ("account",))["x"]["cache_hit_rate"]


# --- bills ------------------------------------------------------------------------------------------------------------


def longer(billed_id, cost, **cells):
    return bill(billed_id, cost, **{"invoice_id": "month", "charged_to": "2026-09-10", **cells})


def test_the_shorter_bill_stands_and_the_longer_one_posts_the_rest_on_the_other_days():
    rows = [call("a", team="x", cost="6"), call("b", team="y", cost="10", started_at="2026-09-05T00:00:00")]
    imports = world(usage=rows, billed=[bill("s", "4"), longer("l", "11")])

    # days 1 and 2: 4 for 6; days 3 to 10: 11 - 4 = 7 for 10
    assert {"x": 4, "y": 7} == spent(imports, "team")
    assert {("acme", None, "2026-09"): (16, 11, {"below list": -5})} == reconciled(imports)


def test_a_longer_bill_whose_days_are_all_covered_is_added_to_what_stands():
    rows = [call("a", team="x", cost="6"), call("b", team="y", cost="6", started_at="2026-09-03T00:00:00")]
    days = [bill("s", "2"), bill("t", "3", charged_from="2026-09-02", charged_to="2026-09-03")]
    imports = world(usage=rows, billed=[*days, bill("l", "8", invoice_id="month", charged_to="2026-09-03")])

    # 5 stand on all three days; the rest of 3 is added, and 8 compared with 12
    assert {"x": 4, "y": 4} == spent(imports, "team")
    assert {("acme", None, "2026-09"): (12, 8, {"below list": -4})} == reconciled(imports)


def test_equally_long_bills_of_the_same_days_add_up():
    imports = world(billed=[bill("a", "4"), bill("b", "5", invoice_id="j")])

    assert {"2026-09-01": D("4.5"), "2026-09-02": D("4.5")} == spent(imports, "day")


def test_credits_of_a_longer_bill_are_the_rest_of_those_that_stand():
    rows = [bill("s", "4"), bill("c", "-1", charge_category="credit"), longer("l", "12")]
    rows += [longer("d", "-9", charge_category="credit"), longer("t", "10", charge_category="tax")]
    found = spent(world(billed=rows), "day")

    # tax 1 a day; credits -0.5 on two days, -8 on eight; usage 2 on two days, 8 on eight
    assert {
        **{f"2026-09-{day:02d}": D("2.5") for day in (1, 2)},
        **{f"2026-09-{d:02d}": 1 for d in range(3, 11)},
    } == found


def test_a_bill_of_a_worse_rank_is_set_aside_on_the_days_that_are_owned():
    imports = [
        Import(1, "billed", [longer("l", "20")], source="estimate", rank=20),
        Import(2, "billed", [bill("s", "3")], source="invoice", rank=0),
    ]

    assert 3 + 16 == ask(imports)["all_in_cost"]


def test_an_account_that_is_blank_on_one_side_is_compared_by_provider():
    rows = [call("a", account="x", team="x", cost="6"), call("b", team="y", cost="3")]

    assert {"x": 4, "y": 2} == spent(world(usage=rows, billed=[bill("b", "6", account="x")]), "team")
    named = [rows[0], {**rows[1], "account": "y"}]
    assert {"x": 4, "y": 2} == spent(world(usage=named, billed=[bill("b", "6")]), "team")
    assert {"x": 5, "y": 3} == spent(world(usage=named, billed=[bill("b", "5", account="x")]), "team")


def test_projects_are_compared_where_all_rows_name_one():
    rows = [call("a", project="p", cost="6"), call("b", project="q", cost="3")]
    bills = [bill("b", "5", project="p"), bill("c", "3", project="q")]

    assert {"p": 5, "q": 3} == spent(world(usage=rows, billed=bills), "project")
    more = [*rows, call("c", cost="1")]
    assert {"p": D("4.8"), "q": D("2.4"), "Unassigned": D("0.8")} == spent(world(usage=more, billed=bills), "project")


def test_dearer_tokens_are_a_unit_price_over_the_traced_rows():
    rows = [call("a", team="x", cost="1"), call("b", team="y", cost="3")]  # 200 tokens for 4: 0.02 each
    billed = [bill("b", "15", model="M1", quantity="0.3", unit="1k tokens")]  # 300 tokens: 0.05 each
    imports = world(usage=rows, billed=billed)

    # (0.05 - 0.02) x 200 = 6, 1 to 3; what is left of 15 - 4 is not traced
    assert {"x": D("2.5"), "y": D("7.5"), "Unassigned": 5} == spent(imports, "team")
    assert {("acme", None, "2026-09"): (4, 15, {"unit price": 6, "billed not traced": 5})} == reconciled(imports)


def test_unit_prices_of_several_models_share_at_most_the_difference():
    rows = [call("a", team="x", cost="1"), call("b", team="y", model="m2", cost="1")]
    billed = [
        bill("b", "4", model="m1", quantity="100", unit="tokens"),
        bill("c", "7", model="m2", quantity="100", unit="Tokens"),
        bill("d", "-6", charge_category="adjustment"),
    ]

    # 3 and 6 more than metered, but only 5 - 2 = 3 in all
    assert {"x": 2, "y": 3} == spent(world(usage=rows, billed=billed), "team")


def test_a_difference_has_the_reason_that_its_scope_gives_it():
    assert {"rounding": D("0.01")} == _why([call("a", cost="1")], [bill("b", "1.01"), bill("c", "0")])
    assert {"billed not traced": D("0.02")} == _why([call("a", cost="1")], [bill("b", "1.02"), bill("c", "0")])
    assert {"unpriced": 1} == _why([call("a", cost="1"), call("b")], [bill("b", "2")])
    assert {"adjustment": -3} == _why([], [bill("b", "-3", charge_category="adjustment")])
    assert {"tax": 2, "credit": -1, "prepaid": 9, "not yet invoiced": -1} == _why(
        [call("a", cost="1")],
        [bill(name, cost, charge_category=name) for name, cost in (("tax", "2"), ("credit", "-1"), ("purchase", "9"))],
    )


def _why(usage, billed):
    ((_, _, why),) = reconciled(world(usage=usage, billed=billed)).values()
    return why


# --- commitments and capacity -----------------------------------------------------------------------------------------


def committed(**cells):
    return {"commitment_id": "c", "provider": "acme", "units": "2", "unit_rate": "3", **cells}


def test_a_time_commitment_costs_every_day_whether_used_or_not():
    rows = [call("a", team="x", service_tier="provisioned", cost="50"), call("b", team="y", cost="1")]
    rows += [call("c", team="z", service_tier="provisioned", uncached_input_tokens="300")]
    days = {"valid_from": "2026-09-01", "valid_to": "2026-09-02"}
    imports = world(usage=rows, commitments=[committed(unit="PTU-hour", **days)])

    # 2 x 3 x 24 = 144 a day; the first over 100 and 300 tokens of provisioned rows, the second unused
    assert {"x": 36, "z": 108, "y": 1, "Unassigned": 144} == spent(imports, "team")
    assert 288 == ask(imports)["cost_inference"]
    assert 0 == ask(imports)["unpriced_tokens"]
    assert {"2026-09-01": 145, "2026-09-02": 144} == spent(imports, "day")


def test_a_month_s_or_a_year_s_money_is_cut_over_its_days():
    month = committed(unit="PTU-month", valid_from="2026-09-30", valid_to="2026-10-01")
    year = committed(commitment_id="y", unit="year", valid_from="2026-12-31", valid_to="2026-12-31")
    found = spent(world(commitments=[month, year]), "day")

    # 6 / 30; 6 / 31 = 0.193548387096774..., an earlier day has one unit more; 6 / 365
    assert {"2026-09-30": D("0.2"), "2026-10-01": D("0.193548387097"), "2026-12-31": D("0.016438356164")} == found


def test_an_open_commitment_reaches_as_far_as_there_is_usage():
    rows = [call("a"), call("b", started_at="2026-09-03T00:00:00")]

    assert ["2026-09-01", "2026-09-02", "2026-09-03"] == list(
        spent(world(usage=rows, commitments=[committed(unit="day")]), "day")
    )


def test_of_a_token_commitment_only_the_used_units_lie_on_rows():
    rows = [call("a", team="x", service_tier="provisioned")]
    days = {"valid_from": "2026-09-01", "valid_to": "2026-09-04"}
    imports = world(usage=rows, commitments=[committed(unit="1k tokens", **days)])

    # 6 over 4 days: 1.5 for 500 tokens a day; 100 are used on the first
    assert {("x", "2026-09-01"): D("0.3"), ("Unassigned", "2026-09-01"): D("1.2")} == {
        key: cost for key, cost in spent(imports, "team", "day").items() if key[1] == "2026-09-01"
    }
    assert 6 == ask(imports)["all_in_cost"]


def test_another_unit_pays_for_the_whole_validity_which_needs_an_end():
    days = {"valid_from": "2026-09-01", "valid_to": "2026-09-03"}
    rows = [call("a", service_tier="provisioned", team="x")]

    assert {"x": 2, "Unassigned": 4} == spent(world(usage=rows, commitments=[committed(unit="USD", **days)]), "team")
    assert {"x": 0} == spent(world(usage=rows, commitments=[committed(unit="USD", valid_from="2026-09-01")]), "team")


def test_a_commitment_s_rows_are_those_of_its_account_model_and_region_where_both_name_one():
    rows = [call(name, account=name, service_tier="provisioned") for name in ("x", "y")] + [
        call("z", service_tier="provisioned"),
        call("m", model="m2", account="x", service_tier="provisioned"),
        call("r", account="x", region="eu", service_tier="provisioned", uncached_input_tokens="200"),
    ]
    day = {"unit": "day", "valid_from": "2026-09-01", "valid_to": "2026-09-01", "region": "us"}
    imports = world(usage=rows, commitments=[committed(account="x", model="M1", **day)])

    assert {"x": 3, "y": 0, "Unassigned": 3} == spent(imports)


def test_a_bill_is_compared_with_rows_and_unused_money_of_a_commitment():
    rows = [call("a", team="x", service_tier="provisioned"), call("b", team="y", cost="2")]
    days = {"valid_from": "2026-09-01", "valid_to": "2026-09-02"}
    imports = world(usage=rows, commitments=[committed(unit="day", **days)], billed=[bill("b", "10")])

    # metered 6 used, 6 unused and 2; 4 less, over 6 and 2
    assert {"x": 3, "y": 1, "Unassigned": 6} == spent(imports, "team")
    assert {("acme", None, "2026-09"): (14, 10, {"below list": -4})} == reconciled(imports)
    assert 10 == ask(imports, basis="invoiced")["all_in_cost"]


def test_capacity_lies_evenly_on_its_hours_and_its_model_has_no_cost_of_its_own():
    rows = [
        call("a", team="x", cost="7"),
        call("b", team="y", uncached_input_tokens="300"),
        call("c", provider="other", team="z", cost="1"),
        call("d", started_at="2026-09-09T00:00:00"),
    ]
    hours = {"started_at": "2026-09-01T18:00:00", "ended_at": "2026-09-02T12:00:00"}
    capacity = [{"capacity_id": "k", "provider": "ACME", "model": "M1", "amount": "18", "team": "own", **hours}]
    imports = world(usage=rows, capacity=capacity)

    # 6 of 18 hours on the first day: 6 over 100 and 300 tokens; 12 on the second, idle
    assert {"x": D("1.5"), "y": D("4.5"), "z": 1, "own": 12, "Unassigned": 0} == spent(imports, "team")
    assert (18, 0) == (ask(imports)["cost_inference"], ask(imports)["unpriced_tokens"])


def test_committed_money_drives_no_charge():
    rows = [call("a", team="x", service_tier="provisioned"), call("b", team="y", cost="1")]
    charge = {"charge_id": "g", "charged_from": "2026-09-01", "component": "tool", "amount": "8", "split_by": "cost"}
    day = {"valid_from": "2026-09-01", "valid_to": "2026-09-01"}
    found = ask(world(usage=rows, commitments=[committed(unit="day", **day)], charges=[charge]), ("team",))

    assert (8, 0) == (found["y"]["cost_tool"], found["x"]["cost_tool"])
