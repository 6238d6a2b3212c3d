"""What a usage row costs, of which class its tokens are, and which component its cost is (accounting 2.1, 3 and 4)."""

from decimal import Decimal

from tests.promises import NOON, Rows, call, event

D = Decimal
ROWS = Rows()
# Per million: input 1, cache read 0.1, cache write 1.25, output 4; reasoning blank, so it costs what output costs.
ROWS.add(
    prices=[
        {"provider": "acme", "model": "m1", "input_per_1m": "1", "cache_read_per_1m": "0.1",
         "cache_write_per_1m": "1.25", "output_per_1m": "4"},
        {"provider": "acme", "model": "m1", "service_tier": "batch", "input_per_1m": "0.5", "output_per_1m": "2"},
        {"provider": "acme", "model": "m2", "valid_from": "2026-09-01", "valid_to": "2026-09-07", "input_per_1m": "3",
         "per_request": "0.01", "output_per_1m": "0"},
        {"provider": "acme", "model": "m2", "valid_from": "2026-09-08", "input_per_1m": "5", "output_per_1m": "0"},
        {"provider": "openai", "model": "gpt-4o", "discount": "0.15", "valid_from": "2026-09-08"},
    ]
)  # fmt: skip


# --- 2.1 cost of a usage row ------------------------------------------------------------------------------------------

ROWS.add(usage=[call("stated", uncached_input_tokens=1_000_000, cost="0.7")])


def test_a_row_costs_what_its_source_says(books):
    assert D("0.7") == books.one("model_cost", workflow="stated")


ROWS.add(
    usage=[
        call("priced", uncached_input_tokens=200_000, cache_read_tokens=1_000_000, cache_write_tokens=400_000,
             output_tokens=50_000, reasoning_tokens=25_000),
    ]
)  # fmt: skip


def test_a_row_without_a_cost_is_priced_by_its_tokens(books):
    expected = {
        "input": D("0.2"), "cached_input": D("0.1") + D("0.5"), "output": D("0.2"), "reasoning": D("0.1"),
    }  # fmt: skip

    assert expected == books.components(workflow="priced")
    assert D("1.1") == books.one("all_in_cost", workflow="priced")


ROWS.add(usage=[call("tier", uncached_input_tokens=1_000_000, service_tier="BATCH")])


def test_a_price_of_the_row_s_own_tier_wins(books):
    assert D("0.5") == books.one("model_cost", workflow="tier")


ROWS.add(
    usage=[
        call("dated", model="m2", uncached_input_tokens=1_000_000, started_at="2026-09-07T23:59:59"),
        call("dated", model="m2", uncached_input_tokens=1_000_000, started_at="2026-09-08T00:00:00"),
        call("dated", model="m2", uncached_input_tokens=1_000_000, started_at="2026-08-31T00:00:00"),
    ]
)


def test_a_price_holds_on_its_own_days_and_a_later_one_does_not_move_earlier_rows(books):
    expected = {"2026-08-31": None, "2026-09-07": D("3.01"), "2026-09-08": D("5")}

    assert expected == books.parts("model_cost", "day", workflow="dated")
    assert D(1_000_000) == books.one("unpriced_tokens", workflow="dated")


ROWS.add(usage=[call("per_request", model="m2", uncached_input_tokens=1_000_000, output_tokens=1, requests=3)])


def test_a_fee_per_request_is_inference(books):
    assert {"input": D(3), "inference": D("0.03")} == books.components(workflow="per_request")


ROWS.add(
    usage=[
        call("book", provider="OpenAI ", model="GPT-4o", uncached_input_tokens=1_000_000),
        call("book", provider="openai", model="gpt-4o", uncached_input_tokens=1_000_000, started_at="2026-09-08"),
    ]
)


def test_the_list_price_is_looked_up_by_the_canonical_name_and_a_discount_comes_off_it(books):
    first, second = books.parts("model_cost", "day", workflow="book").values()

    assert first * D("0.85") == second
    assert first == D("2.5")  # the book's price of gpt-4o since October 2024
    assert {"gpt-4o": first + second} == books.parts("model_cost", "model", workflow="book")


ROWS.add(usage=[call("nothing", model="nobody-knows", uncached_input_tokens=500, output_tokens=100)])


def test_a_row_without_a_price_is_unpriced_and_never_zero(books):
    assert books.one("model_cost", workflow="nothing") is None
    assert books.one("all_in_cost", workflow="nothing") is None
    assert D(600) == books.one("unpriced_tokens", workflow="nothing")
    assert books.one("cost_per_1m_tokens", workflow="nothing") is None


ROWS.add(usage=[call("free", cost="0", uncached_input_tokens=500), call("free", cost="", uncached_input_tokens=100)])


def test_zero_in_a_canonical_file_is_zero_and_blank_is_unknown(books):
    assert D("0.0001") == books.one("model_cost", workflow="free")  # 100 tokens at 1 per million


ROWS.add(
    usage=[
        call("tiered", provider="google", model="gemini-2.5-pro", uncached_input_tokens=300_000, turn=1),
        call("tiered", provider="google", model="gemini-2.5-pro", uncached_input_tokens=100_000, turn=1),
    ]
)


def test_a_long_context_has_its_own_price_call_by_call(books):
    assert D("0.75") + D("0.125") == books.one("model_cost", workflow="tiered")  # 2.50 above 200,000 tokens, else 1.25


ROWS.add(
    usage=[
        call("bucketed", provider="google", model="gemini-2.5-pro", uncached_input_tokens=300_000, grain="bucket",
             requests=30, started_at="2026-09-11"),
    ]
)  # fmt: skip


def test_a_bucket_has_no_context_length(books):
    assert D("0.375") == books.one("model_cost", workflow="bucketed")


# --- 3 token classes --------------------------------------------------------------------------------------------------

TOKENS = {
    "uncached_input_tokens": 100, "tool_result_tokens": 30, "cache_read_tokens": 200, "cache_write_tokens": 40,
    "cache_write_1h_tokens": 10, "output_tokens": 50, "reasoning_tokens": 7,
}  # fmt: skip
ROWS.add(usage=[call("classes", **TOKENS)])


def test_the_classes_are_exclusive_and_add_up_to_all_tokens(books):
    expected = {
        "tool_result": 30, "uncached_input": 70, "cache_read": 200, "cache_write": 40, "reasoning": 7, "output": 50,
    }  # fmt: skip

    found = {name: count for name, count in books.parts("tokens", "token_class", workflow="classes").items() if count}

    assert expected == found
    assert 397 == books.one("tokens", workflow="classes") == sum(expected.values())


RETRIES = [
    {"role": "retry"}, {"role": "Repair"}, {"role": "replan"}, {"status": "error"}, {"status": "TIMEOUT"},
    {"status": "rejected"}, {"attempt": 2}, {"role": "verify", "status": "error"},
]  # fmt: skip
KEPT = [
    {"attempt": 2, "status": "ok"}, {"attempt": 1}, {"status": "refused"}, {"status": "cancelled"}, {"role": "plan"},
    {"attempt": 3, "status": "cancelled"},
]  # fmt: skip
EVALUATORS = [{"role": "verify"}, {"role": "EVALUATE"}, {"role": "guardrail", "attempt": 2, "status": "ok"}]
for number, (kind, fields) in enumerate(
    [("retry", each) for each in RETRIES] + [("kept", each) for each in KEPT] + [("eval", each) for each in EVALUATORS]
):
    ROWS.add(usage=[call(f"class_{kind}", record_id=f"class{number}", uncached_input_tokens=1000, **fields)])


def test_the_thrown_away_attempt_is_the_waste_and_not_the_one_that_succeeded(books):
    assert {"retry": len(RETRIES) * 1000} == tokens_by_class(books, "class_retry")
    assert {"uncached_input": len(KEPT) * 1000} == tokens_by_class(books, "class_kept")


def test_all_tokens_of_an_evaluator_are_its_class(books):
    assert {"evaluator": len(EVALUATORS) * 1000} == tokens_by_class(books, "class_eval")


def tokens_by_class(books, workflow):
    return {name: count for name, count in books.parts("tokens", "token_class", workflow=workflow).items() if count}


# --- 4 cost components ------------------------------------------------------------------------------------------------


def test_retries_and_evaluators_are_components_of_their_own(books):
    assert {"retry": D("0.001") * len(RETRIES)} == books.components(workflow="class_retry")
    assert {"evaluation": D("0.001") * len(EVALUATORS)} == books.components(workflow="class_eval")


ROWS.add(usage=[call("split", uncached_input_tokens=1000, output_tokens=500, cost="0.30")])


def test_a_stated_cost_is_split_in_proportion_to_prices(books):
    assert {"input": D("0.1"), "output": D("0.2")} == books.components(workflow="split")  # 0.001 to 0.002


ROWS.add(usage=[call("uneven", uncached_input_tokens=2, output_tokens=1, cost="0.000000000001")])


def test_what_rounding_leaves_of_a_split_is_not_lost(books):
    assert {"output": D("0.000000000001")} == books.components(workflow="uneven")  # weights 2 to 4: all to the larger


ROWS.add(
    usage=[
        call("one_class", model="nobody-knows", cache_read_tokens=9, cost="0.3"),
        call("many_classes", model="nobody-knows", uncached_input_tokens=9, output_tokens=1, cost="0.4"),
    ]
)


def test_a_row_of_one_class_needs_no_price_and_one_of_several_without_a_price_is_inference(books):
    assert {"cached_input": D("0.3")} == books.components(workflow="one_class")
    assert {"inference": D("0.4")} == books.components(workflow="many_classes")


STEPS = {
    "tool": "1", "automation": "2", "retrieval": "4", "memory": "8", "approval": "16", "hand_off": "32",
}  # fmt: skip
ROWS.add(
    usage=[call("steps", run_id="steps", cost="0", uncached_input_tokens=1)],
    steps=[{"run_id": "steps", "started_at": NOON, "kind": kind, "cost": cost} for kind, cost in STEPS.items()],
    checks=[
        {"run_id": "steps", "decided_at": NOON, "kind": "evaluator", "name": "judge", "cost": "64", "result": "pass"}
    ],
)


def test_steps_and_checks_have_the_component_of_their_kind(books):
    expected = {"tool": D(3), "retrieval": D(12), "human_review": D(48), "evaluation": D(64)}

    assert expected == books.components(workflow="steps")
    assert D(127) == books.one("all_in_cost", workflow="steps")
    assert D(0) == books.one("model_cost", workflow="steps")


CHARGES = (
    "inference", "retrieval", "tool", "evaluation", "observability", "human_review", "infrastructure", "other",
)  # fmt: skip
ROWS.add(
    charges=[
        {"charged_from": "2026-09-07", "component": name, "amount": 1 + place, "workflow": "charged"}
        for place, name in enumerate((*CHARGES, "seats"))
    ]
)


def test_a_charge_goes_to_its_component_and_an_unknown_word_counts_as_other(books):
    expected = {name: D(1 + place) for place, name in enumerate(CHARGES)} | {"other": D(8 + 9)}

    assert expected == books.components(workflow="charged")
    assert D(1) == books.one("model_cost", workflow="charged")  # only inference


ROWS.add(
    workflows=[
        {"workflow": "reviewed", "review_rate_per_hour": "30"},
        {"workflow": "unpaid"},
    ],
    usage=[call("reviewed", run_id="v1", cost="1"), call("unpaid", run_id="v2", cost="1")],
    outcomes=[
        event("v1", human_minutes=10, occurred_at="2026-09-09T01:00:00"),
        event("v1", human_minutes=1, occurred_at="2026-09-10T01:00:00"),
        event("v2", human_minutes=10),
    ],
)


def test_people_s_minutes_cost_the_workflow_s_rate_on_the_day_of_their_event(books):
    expected = {"2026-09-07": D(0), "2026-09-09": D(5), "2026-09-10": D("0.5")}

    assert expected == books.parts("cost_human_review", "day", workflow="reviewed")


def test_minutes_without_a_rate_cost_nothing(books):
    assert {"inference": D(1)} == books.components(workflow="unpaid")


def test_the_fourteen_components_add_up_to_the_all_in_cost_of_every_workflow(books):
    for row in books.asked(("workflow",)):
        parts = sum((value or 0) for name, value in row.items() if name.startswith("cost_") and "_per_" not in name)
        assert (row["all_in_cost"] or 0) == parts, row["workflow"]


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()
