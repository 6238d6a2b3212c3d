"""The second reading of the rules against sums done by hand."""

# ruff: noqa: SIM300 - the expected value stands first

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot

from tests.oracle.canonical import book_model
from tests.oracle.hand import TRUSTED, ask, bill, call, event, world
from tests.oracle.money import cut, cut_over_rows
from tests.oracle.prices import list_price, tokens_by_part
from tests.oracle.rows import read_rows
from tests.oracle.standing import Import
from tests.oracle.usage import Settings

D = Decimal


@pytest.mark.parametrize(
    ("cost", "trusted", "expected"),
    [("1.20", 11, D("1.20") * 20 / 11), ("1.50", 16, D("1.875"))],  # 55 % of 20: 2.18; 80 % of 20: 1.875
)
def test_the_worked_example(cost, trusted, expected):
    calls = [call(f"c{n}", run_id=f"r{n}", cost=cost) for n in range(20)]
    events = [event(f"e{n}", f"r{n}", **TRUSTED) for n in range(trusted)]

    answer = ask(world(usage=calls, outcomes=events))

    assert expected.quantize(D("1e-12")) == answer["cost_per_trusted_outcome"].quantize(D("1e-12"))
    assert (20, trusted, 20 - trusted) == (answer["runs"], answer["trusted"], answer["unverified"])


def test_units_left_over_go_to_the_largest_remainders_and_of_equal_ones_to_the_first():
    assert [4, 3, 3] == cut(10, [1, 1, 1])
    assert [-4, -3, -3] == cut(-10, [1, 1, 1])
    assert [1, 6, 3] == cut(10, [1, 5, 3])  # 1.11, 5.56, 3.33


def test_a_share_over_rows_is_rounded_down_and_the_rest_goes_to_the_largest_weight():
    assert [2, 6, 2] == cut_over_rows(10, [2, 5, 2])  # 2.2, 5.6, 2.2: rounded down 2, 5, 2
    assert [4, 3, 3] == cut_over_rows(10, [1, 1, 1])


def test_a_list_price_is_by_class():
    # gpt-4o: 2.50 in, 1.25 cached, 10 out per million: 1000 x 2.5 + 400 x 1.25 + 100 x 10 + 50 x 10 = 4500 / 1e6
    tokens = {"uncached_input_tokens": "1000", "cache_read_tokens": "400", "output_tokens": "100"}
    answer = ask(world(usage=[call("a", provider="OpenAI", model="gpt-4o", reasoning_tokens="50", **tokens)]))

    assert D("0.0045") == answer["all_in_cost"]
    assert [D("0.0025"), D("0.0005"), D("0.001"), D("0.0005")] == [
        answer[f"cost_{name}"] for name in ("input", "cached_input", "output", "reasoning")
    ]


def test_list_prices_are_those_of_the_price_book():
    told = {"input_tokens": 250_700, "cache_read_tokens": 400, "cache_write_tokens": 300, "cache_write_1h_tokens": 100}
    usage = Usage(**told, output_tokens=57, output_reasoning_tokens=7)
    row = read_rows("usage", [call("a", uncached_input_tokens="250000", output_tokens="50", reasoning_tokens="7")])[0]
    row |= {name: tokens for name, tokens in told.items() if name in row}
    for provider in get_snapshot().providers:
        for model in provider.models:
            one = {**row, "provider": provider.id, "model": model.id}
            found = book_model(provider.id, model.id)
            if found is None:
                continue  # an id that the book itself does not match
            price, (owner, entry) = list_price(one), found
            each = [(price.per_token[part] or 0) * tokens for part, tokens in tokens_by_part(one).items()]
            book = entry.calc_price(usage, owner, genai_request_timestamp=one["started_at"])

            assert abs(book.total_price - sum(each, price.per_request)) < D("1e-9"), (provider.id, model.id)


def test_a_tier_is_decided_per_call_and_never_for_a_bucket():
    # claude-sonnet-4-5: 3 per million up to 200,000 tokens of input, else 6
    big = {"provider": "anthropic", "model": "claude-sonnet-4-5", "uncached_input_tokens": "300000"}

    assert D("1.8") == ask(world(usage=[call("a", **big)]))["all_in_cost"]
    assert D("0.9") == ask(world(usage=[call("a", grain="bucket", **big)]))["all_in_cost"]


def test_no_price_is_unpriced_and_never_zero():
    answer = ask(world(usage=[call("a")]))

    assert (None, None, 100) == (answer["all_in_cost"], answer["cost_input"], answer["unpriced_tokens"])


def test_an_override_wins_on_its_days_and_a_class_that_it_leaves_blank_is_unpriced():
    price = {"provider": "acme", "model": "M1", "valid_from": "2026-09-01", "valid_to": "2026-09-01"}
    rows = [call("a"), call("b", started_at="2026-09-02T00:00:00"), call("c", output_tokens="1")]
    answer = ask(world(usage=rows, prices=[{**price, "input_per_1m": "10"}]), by=("day",))

    assert D("0.001") == answer["2026-09-01"]["all_in_cost"]  # 100 x 10 / 1e6
    assert 101 == answer["2026-09-01"]["unpriced_tokens"]
    assert answer["2026-09-02"]["all_in_cost"] is None


def test_a_source_cost_is_split_in_proportion_to_prices_and_adds_up():
    price = {"provider": "acme", "model": "m1", "input_per_1m": "1", "output_per_1m": "2"}
    row = call("a", cost="1", uncached_input_tokens="1", output_tokens="1")
    answer = ask(world(usage=[row], prices=[price]))

    assert D("0.333333333333") == answer["cost_input"]
    assert D("0.666666666667") == answer["cost_output"]


def test_a_source_cost_of_several_classes_without_a_price_is_inference():
    both = call("a", cost="1", output_tokens="1")
    one = call("b", cost="1")
    answer = ask(world(usage=[both, one]))

    assert (1, 1) == (answer["cost_inference"], answer["cost_input"])


def test_retry_and_evaluator_rows_are_whole_rows():
    rows = [
        call("a", attempt="2", cost="1"),
        call("b", attempt="2", status="ok", cost="1"),
        call("c", status="rejected", role="evaluate", cost="1"),
        call("d", role="verify", cost="1"),
        call("e", cost="1"),
    ]
    answer = ask(world(usage=rows))

    assert (2, 1, 2) == (answer["cost_retry"], answer["cost_evaluation"], answer["cost_input"])
    assert D("0.5") == answer["retry_token_ratio"]  # a and c of a, b, c, d: e reports none of the three
    assert D("0.2") == answer["eval_overhead_ratio"]


def test_a_charge_is_cut_once_over_its_pairs_and_days():
    rows = [call("a", team="x", cost="2"), call("b", team="y", cost="1")]
    charge = {"charge_id": "c", "charged_from": "2026-09-01", "charged_to": "2026-09-02", "component": "observability"}
    answer = ask(
        world(usage=rows, charges=[{**charge, "amount": "0.00000000001", "split_by": "cost"}]), by=("team", "day")
    )

    # 10 units over weights x 2, y 1 on two days: 3.33, 1.67, 3.33, 1.67 -> y gets the two left over
    cells = {key: row["cost_observability"] for key, row in answer.items()}
    assert {
        ("x", "2026-09-01"): D("3e-12"),
        ("y", "2026-09-01"): D("2e-12"),
        ("x", "2026-09-02"): D("3e-12"),
        ("y", "2026-09-02"): D("2e-12"),
    } == cells


def test_a_later_month_never_moves_an_earlier_one():
    charge = {"charge_id": "c", "charged_from": "2026-09-30", "charged_to": "2026-10-01", "component": "other"}
    rows = [
        call("a", team="x", started_at="2026-09-30T10:00:00"),
        call("b", team="y", started_at="2026-10-01T10:00:00"),
    ]
    split = [{**charge, "amount": "2", "split_by": "tokens"}]
    before = ask(world(usage=rows[:1], charges=split), by=("month", "team"))
    after = ask(world(usage=rows, charges=split), by=("month", "team"))

    assert 1 == before["2026-09", "x"]["cost_other"] == after["2026-09", "x"]["cost_other"]
    assert 1 == before["2026-10", "Unassigned"]["cost_other"] == after["2026-10", "y"]["cost_other"]


def test_a_charge_of_a_run_takes_the_runs_dimensions():
    charge = {"charge_id": "c", "charged_from": "2026-09-05", "component": "tool", "amount": "3", "team": "z"}
    rows = [call("a", team="x", run_id="r1")]
    known = ask(world(usage=rows, charges=[{**charge, "run_id": "r1"}]), by=("team",))
    unknown = ask(world(usage=rows, charges=[{**charge, "run_id": "r2"}]), by=("team",))

    assert 3 == known["x"]["cost_tool"] == unknown["z"]["cost_tool"]


def test_a_run_belongs_to_its_first_day_and_each_cost_to_its_own():
    rows = [
        call("a", run_id="r", started_at="2026-09-01T23:59:00", cost="1"),
        call("b", run_id="r", started_at="2026-09-02T00:01:00", cost="2", turn="2"),
    ]
    events = [
        event("e0", "r", "2026-09-02T01:00:00", grounded="true", revenue="7"),
        event("e1", "r", "2026-09-03T01:00:00", **TRUSTED),
        event("e2", "r", "2026-09-05T01:00:00", reopened="true"),
        event("e3", "r", "2026-09-06T01:00:00", reopened="false", accepted="unknown", revenue="-2"),
    ]
    answer = ask(world(usage=rows, outcomes=events), by=("day",))

    assert (1, 1, 2) == (*(answer["2026-09-01"][name] for name in ("all_in_cost", "runs", "user_requests")),)
    assert (2, 0) == (answer["2026-09-02"]["all_in_cost"], answer["2026-09-02"]["runs"])
    assert (1, 5) == (answer["2026-09-03"]["trusted"], answer["2026-09-03"]["gross_margin_per_trusted_outcome"])


def test_days_are_days_of_the_reporting_zone_but_a_bucket_keeps_its_own():
    rows = [call("a", started_at="2026-09-01T22:30:00", cost="1")]
    rows += [call("b", started_at="2026-09-01T22:30:00", cost="2", grain="bucket", model="m2")]
    answer = ask(world(usage=rows), by=("day",), settings=Settings(time_zone="Europe/Berlin"))

    assert (2, 1) == (answer["2026-09-01"]["all_in_cost"], answer["2026-09-02"]["all_in_cost"])


def test_by_model_each_part_shows_its_contribution():
    rows = [call("a", run_id="r", cost="1"), call("b", run_id="r", model="m2", cost="2")]
    answer = ask(world(usage=rows, outcomes=[event("e", "r", revenue="9", **TRUSTED)]), by=("model",))

    assert [1, 2] == [answer[name]["cost_per_trusted_outcome"] for name in ("m1", "m2")]
    assert [-1, -2, 9] == [answer[name]["gross_margin_per_trusted_outcome"] for name in ("m1", "m2", "Unassigned")]


def test_a_filter_on_calls_keeps_the_runs_that_used_it():
    rows = [
        call("a", run_id="r", cost="1"),
        call("b", run_id="r", model="m2", cost="2"),
        call("c", run_id="q", model="m2", cost="4"),
    ]
    steps = [{"step_id": "s", "run_id": "r", "started_at": "2026-09-01T10:00:00", "kind": "tool", "cost": "8"}]
    answer = ask(world(usage=rows, steps=steps), where={"model": ("m1",)})

    assert (1, 1, 100) == (answer["all_in_cost"], answer["model_cost"], answer["tokens"])
    assert (1, 11, 1) == (answer["runs"], answer["cost_per_workflow"], answer["cost_per_request"])


def test_below_list_goes_over_the_metered_rows_in_proportion_to_their_cost():
    rows = [call("a", team="x", cost="6"), call("b", team="y", cost="3"), call("c", team="z")]
    imports = world(usage=rows, billed=[bill("b", "6")])
    answer = ask(imports, by=("team",))

    assert [4, 2] == [answer[name]["all_in_cost"] for name in ("x", "y")]  # 6 - 2, 3 - 1
    assert [-2, -1] == [answer[name]["cost_true_up"] for name in ("x", "y")]
    assert answer["z"]["all_in_cost"] is None
    assert [6, 9, 6] == [ask(imports, basis=name)["all_in_cost"] for name in ("ledger", "metered", "invoiced")]


def test_billed_not_traced_is_spread_over_the_bills_rows_and_days():
    rows = [call("a", team="x", cost="1")]
    imports = world(usage=rows, billed=[bill("b", "5", model="m1"), bill("t", "1", charge_category="tax")])
    answer = ask(imports, by=("team", "day"))

    assert 1 == answer["x", "2026-09-01"]["all_in_cost"]
    assert D("2.5") == answer["Unassigned", "2026-09-01"]["cost_true_up"]  # 4 of the usage row, 1 of tax, on 2 days
    assert D("2.5") == answer["Unassigned", "2026-09-02"]["cost_true_up"]


def test_a_bucket_posts_what_no_call_explains():
    calls = [call("a", cost="1", cache_read_tokens="5", requests="2", output_tokens="10")]
    whole = {"cache_read_tokens": "20", "cache_write_tokens": "7", "requests": "5", "output_tokens": "12"}
    bucket = call("b", grain="bucket", team="x", cost="4", uncached_input_tokens="90", **whole)
    answer = ask(world(usage=[*calls, bucket]), by=("team",))

    # cache writes are NULL in the call: compared with the input, 97 - 100 < 0; read 15; output 2; requests 3
    assert (17, 3, 3) == tuple(answer["x"][name] for name in ("tokens", "all_in_cost", "user_requests"))
    assert 2 == answer["Unassigned"]["user_requests"]


def test_the_rest_of_a_merged_class_is_split_as_the_bucket_is():
    row = call("a", cache_write_tokens="0")
    bucket = call("b", grain="bucket", team="x", uncached_input_tokens="100", cache_read_tokens="300")
    answer = ask(world(usage=[row, bucket]), by=("team",))

    assert D("0.75") == answer["x"]["cache_hit_rate"]  # 400 - 100 = 300, split 75 and 225
    assert 300 == answer["x"]["tokens"]


def test_another_currency_without_a_rate_is_never_zero():
    rows = [call("a", cost="1", currency="EUR"), call("b", cost="1", currency="EUR", started_at="2026-09-03T00:00:00")]
    answer = ask(world(usage=rows, fx=[{"day": "2026-09-02", "currency": "EUR", "rate": "1.1"}]), by=("day",))

    assert (None, {"EUR": 1}) == (answer["2026-09-01"]["all_in_cost"], answer["2026-09-01"]["unconverted"])
    assert (D("1.1"), {}) == (answer["2026-09-03"]["all_in_cost"], answer["2026-09-03"]["unconverted"])


def test_review_minutes_are_paid_by_the_rate_on_their_own_day():
    events = [event("e", "r", "2026-09-05T00:00:00", human_minutes="10", workflow="w")]
    rate = {"workflow": "w", "review_rate_per_hour": "30"}
    answer = ask(world(usage=[call("a", run_id="r")], outcomes=events, workflows=[rate]), by=("day", "workflow"))

    assert 5 == answer["2026-09-05", "w"]["cost_human_review"]


def test_trust_is_what_the_workflow_requires():
    events = [event("e", "r", completed="true", workflow="w"), event("f", "q", completed="true", workflow="w")]
    checks = [{"check_id": "k", "run_id": "q", "decided_at": "2026-09-02T00:00:00", "kind": "policy", "name": "p"}]
    checks[0] |= {"condition": "policy_violated", "result": "pass"}
    preset = {"workflow": "w", "use_case": "customer_support", "window_days": "5"}
    imports = world(outcomes=events, checks=checks, workflows=[preset])
    answer = ask(imports, settings=Settings(today=date(2026, 9, 5)))

    # q's check answers policy_violated with true: untrusted, and answered the wrong way
    assert (1, 0, 2, 2) == tuple(answer[name] for name in ("trusted", "unverified", "provisional", "runs"))
    assert 0 == ask(imports, settings=Settings(today=date(2026, 9, 6)))["provisional"]


def test_the_newest_amounts_of_an_object_count():
    events = [
        event("e", "r", "2026-09-01T00:00:00", object_id="t1", revenue="10", **TRUSTED),
        event("f", "r", "2026-09-02T00:00:00", object_id="t1", revenue="4"),
        event("g", "r", "2026-09-03T00:00:00", revenue="1"),
    ]
    answer = ask(world(usage=[call("a", run_id="r", cost="1")], outcomes=events))

    assert 4 == answer["gross_margin_per_trusted_outcome"]  # 4 + 1 - 1


def test_a_rule_fills_what_is_blank_and_reads_only_what_the_row_says():
    rows = [
        call("a", run_id="r", api_key="k1", cost="1"),
        call("b", run_id="r", team="own", cost="2"),
        call("c", cost="4"),
    ]
    rules = [
        {"rule_id": "1", "priority": "1", "match_api_key": "k*", "workflow": "w"},
        {"rule_id": "2", "match_workflow": "w", "team": "wrong"},
        {"rule_id": "3", "team": "rest"},
    ]
    answer = ask(world(usage=rows, assignments=rules), by=("team", "workflow"))

    # the run's team is that of its first row that names one; b and c do not have the key
    assert {("own", "w"): 1, ("own", "Unassigned"): 2, ("rest", "Unassigned"): 4} == {
        key: row["all_in_cost"] for key, row in answer.items()
    }


def test_newest_is_by_the_as_of_time_and_undo_brings_back_what_was_replaced():
    old = Import(1, "usage", [call("a", cost="1")], as_of=datetime.fromisoformat("2026-09-10"))
    new = Import(2, "usage", [call("a", cost="2")], as_of=datetime.fromisoformat("2026-09-09"))
    last = Import(3, "usage", [call("a", cost="3")])

    assert 1 == ask([old, new])["all_in_cost"]
    assert 3 == ask([old, new, last])["all_in_cost"]
    assert 2 == ask([Import(1, "usage", old.rows, old.as_of, undone=True), new])["all_in_cost"]


def test_true_twins_both_count_and_the_month_so_far_adds_only_what_is_new():
    twin = {key: value for key, value in call("", cost="1").items() if key != "record_id"}
    other = {**twin, "started_at": "2026-09-02T00:00:00"}

    assert 3 == ask([*world(usage=[twin, twin]), Import(2, "usage", [twin, twin, other])])["all_in_cost"]


def test_replace_is_all_there_is_of_its_days():
    first = [call("a", cost="1"), call("b", cost="2"), call("c", cost="4", started_at="2026-09-02T00:00:00")]
    again = Import(2, "usage", [call("b", cost="2")], replace=True)

    assert 6 == ask([*world(usage=first), again])["all_in_cost"]
