"""The ten metrics over any filter and grouping (accounting 7; 5: Ratio, Run coverage, Adding up)."""

from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest

from app.metrics.ask import ask
from app.metrics.catalogue import catalogue
from app.metrics.question import Question, Viewer
from app.ui import formats
from tests.conftest import TODAY
from tests.promises import NOON, Rows, call, event

D = Decimal
ROWS = Rows()
TRUSTED = {"completed": "true", "accepted": "true", "grounded": "true", "policy_passed": "true", "safe": "true"}


def test_the_ten_metrics_stand_in_their_order():
    assert tuple(catalogue().ten) == (
        "cost_per_1m_tokens", "cost_per_request", "cost_per_workflow", "cost_per_trusted_outcome",
        "tokens_per_successful_outcome", "retry_token_ratio", "reasoning_token_ratio", "cache_hit_rate",
        "eval_overhead_ratio", "gross_margin_per_trusted_outcome",
    )  # fmt: skip


# --- the worked example -----------------------------------------------------------------------------------------------

for workflow, cost, trusted in (("before", "1.20", 11), ("after", "1.50", 16)):
    ROWS.add(
        usage=[call(workflow, run_id=f"{workflow}{number}", cost=cost) for number in range(20)],
        outcomes=[event(f"{workflow}{number}", **TRUSTED) for number in range(trusted)]
        + [event(f"{workflow}{number}", completed="false") for number in range(trusted, 20)],
    )


def test_the_dearer_token_path_is_the_cheaper_business_path(books):
    before, after = (books.one("cost_per_trusted_outcome", workflow=name) for name in ("before", "after"))

    assert formats.figure(before, "money", "USD") == "$2.18"  # 1.20 / 0.55
    assert D("1.875") == after  # 1.50 / 0.80
    assert formats.figure(after, "money", "USD") == "$1.88"
    assert D("1.2") == books.one("cost_per_workflow", workflow="before")
    assert D("1.5") == books.one("cost_per_workflow", workflow="after")


ROWS.add(
    usage=[call("failing", run_id="f1", cost="1.20"), call("failing", run_id="f2", cost="1.20")],
    outcomes=[event("f1", **TRUSTED), event("f2", completed="false", accepted="false")],
)


def test_a_failed_run_stays_in_the_cost(books):
    assert D("2.4") == books.one("cost_per_trusted_outcome", workflow="failing")


# --- every formula ----------------------------------------------------------------------------------------------------

ROWS.add(
    usage=[
        call("all", run_id="a1", turn=1, cost="3", uncached_input_tokens=100, cache_read_tokens=300,
             cache_write_tokens=50, output_tokens=40, reasoning_tokens=10, status="ok"),
        call("all", run_id="a1", turn=2, cost="1", uncached_input_tokens=200, output_tokens=100, status="error",
             reasoning_tokens=100),
        call("all", run_id="a2", cost="1", uncached_input_tokens=100, cache_read_tokens=0),
        call("all", run_id="a2", cost="2", output_tokens=500, role="verify"),
    ],
    steps=[{"run_id": "a1", "started_at": NOON, "kind": "tool", "cost": "5"}],
    outcomes=[event("a1", **TRUSTED, revenue="20", cost_saved="7"), event("a2", completed="true", accepted="true",
                                                                          revenue="1000")],
    charges=[{"charged_from": "2026-09-07", "component": "inference", "amount": "4", "workflow": "all"}],
)  # fmt: skip
ALL_TOKENS = 500 + 400 + 100 + 500
FORMULAS = {
    "cost_per_1m_tokens": D(1_000_000) * (3 + 1 + 1 + 2 + 4) / ALL_TOKENS,
    "cost_per_request": D(11) / 3,
    "cost_per_workflow": D(16) / 2,
    "cost_per_trusted_outcome": D(16),
    "tokens_per_successful_outcome": D(ALL_TOKENS) / 2,
    "retry_token_ratio": D(400) / (500 + 400 + 500),  # the third row reports neither attempt nor role nor status
    "reasoning_token_ratio": D(110) / (500 + 400),  # two rows report reasoning; the failed one counts too
    "cache_hit_rate": D(300) / (300 + 50 + 100 + 100),  # the first and third row report cache reads
    "eval_overhead_ratio": D(2) / 16,
    "gross_margin_per_trusted_outcome": D(20 + 7 - 16),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_metric_is_a_ratio_of_sums(books, name):
    assert FORMULAS[name] == pytest.approx(books.one(name, workflow="all"), abs=D("1e-8"))


ROWS.add(usage=[call("nothing", cost="1", uncached_input_tokens=10)])


def test_a_zero_bottom_is_no_data_and_a_zero_top_over_a_known_bottom_is_zero(books):
    (row,) = books.asked(workflow="nothing")

    assert all(row[name] is None for name in (
        "cost_per_workflow", "cost_per_trusted_outcome", "tokens_per_successful_outcome",
        "gross_margin_per_trusted_outcome", "retry_token_ratio", "reasoning_token_ratio", "cache_hit_rate",
    ))  # fmt: skip
    assert row["eval_overhead_ratio"] == 0


def test_without_any_row_there_is_no_data(books):
    (row,) = books.asked(workflow="never heard of")

    assert row["all_in_cost"] is None
    assert row["cost_tool"] is None
    assert 0 == row["tokens"] == row["runs"]


ROWS.add(
    usage=[call("partly", cost="1", uncached_input_tokens=10), call("partly", model="nobody-knows", output_tokens=90)]
)


def test_tokens_of_unpriced_rows_stay_in_every_denominator(books):
    assert D(10_000) == books.one("cost_per_1m_tokens", workflow="partly")
    assert D(90) == books.one("unpriced_tokens", workflow="partly")


def test_a_component_without_a_line_is_zero_where_any_cost_is_known(books):
    (row,) = books.asked(workflow="partly")

    assert 0 == row["cost_tool"] == row["cost_true_up"]


# --- grouping and filtering finer than a run --------------------------------------------------------------------------

ROWS.add(
    usage=[
        call("mixed", team="red", run_id="m1", model="big", cost="8", uncached_input_tokens=80),
        call("mixed", team="red", run_id="m1", model="small", cost="2", uncached_input_tokens=20),
        call("mixed", team="red", run_id="m2", model="small", cost="1", uncached_input_tokens=100),
        call("mixed", team="blue", run_id="m3", model="big", cost="4", uncached_input_tokens=50),
        call("mixed", model="small", cost="16", uncached_input_tokens=400, requests=3),
    ],
    steps=[{"run_id": "m1", "started_at": NOON, "kind": "tool", "cost": "32"}],
    outcomes=[event("m1", **TRUSTED, revenue="100"), event("m2", **TRUSTED), event("m3", **TRUSTED)],
)


def test_grouped_by_model_each_part_shows_its_contribution_over_the_whole_slice_s_outcomes(books):
    # 3 trusted outcomes; big 12, small 19, and the step has no model
    assert {"big": D(12) / 3, "small": round(D(19) / 3, 9), "Unassigned": round(D(32) / 3, 9)} == books.parts(
        "cost_per_trusted_outcome", "model", workflow="mixed"
    )
    assert {D(3)} == set(books.parts("trusted", "model", workflow="mixed").values())


def test_the_contributions_add_up_to_the_whole(books):
    for name in ("cost_per_trusted_outcome", "cost_per_workflow", "gross_margin_per_trusted_outcome"):
        parts = books.parts(name, "model", workflow="mixed").values()
        assert books.one(name, workflow="mixed") == pytest.approx(sum(parts), abs=D("1e-8")), name


def test_revenue_stands_in_unassigned_where_the_cut_is_finer_than_a_run(books):
    margins = books.parts("gross_margin_per_trusted_outcome", "model", workflow="mixed")

    assert {"big": D(-4), "small": round(D(-19) / 3, 9), "Unassigned": round(D(100 - 32) / 3, 9)} == margins


def test_grouped_by_several_dimensions_the_bottom_is_that_of_those_that_a_run_has(books):
    found = books.parts("cost_per_trusted_outcome", "team", "model", workflow="mixed")

    assert D(8) / 2 == found["red", "big"]
    assert D(2 + 1) / 2 == found["red", "small"]
    assert D(32) / 2 == found["red", "Unassigned"]
    assert D(4) == found["blue", "big"]
    assert found["Unassigned", "small"] is None  # no run, no outcome


def test_filtered_by_model_calls_are_cut_and_runs_are_whole(books):
    (row,) = books.asked(workflow="mixed", model="big")

    assert D(12) == row["model_cost"]
    assert row["tokens"] == 130
    assert D(12) == row["all_in_cost"]
    assert 2 == row["runs"] == row["trusted"]
    assert D(8 + 2 + 32 + 4) / 2 == D(str(row["cost_per_trusted_outcome"]))
    assert D(46) / 2 == D(str(row["cost_per_workflow"]))
    assert D(100 - 46) / 2 == D(str(row["gross_margin_per_trusted_outcome"]))


def test_filtered_by_model_cost_per_request_and_tokens_per_success_are_measures_of_calls(books):
    assert D(12) / 2 == books.one("cost_per_request", workflow="mixed", model="big")
    assert D(130) / 2 == books.one("tokens_per_successful_outcome", workflow="mixed", model="big")
    assert D(0) == books.one("eval_overhead_ratio", workflow="mixed", model="big")


def test_two_values_of_a_dimension_mean_either_and_two_dimensions_both(books):
    assert D(31) == books.one("model_cost", workflow="mixed", model=("big", "small"))
    assert D(4) == books.one("model_cost", workflow="mixed", model=("big", "small"), team="blue")


# --- bases ------------------------------------------------------------------------------------------------------------

ROWS.add(
    usage=[
        call("bases", provider="based", run_id="b1", cost="10", uncached_input_tokens=10),
        call("bases", provider="based", cost="5", uncached_input_tokens=10, started_at="2026-10-07T00:00:00"),
    ],
    steps=[{"run_id": "b1", "started_at": NOON, "kind": "tool", "cost": "1"}],
    billed=[{"charged_from": "2026-09-01", "charged_to": "2026-09-30", "provider": "based", "billed_cost": "8"}],
)


def test_the_ledger_is_invoiced_where_there_is_an_invoice_and_metered_elsewhere(books):
    assert D(8 + 5 + 1) == books.one("all_in_cost", workflow="bases")
    assert D(10 + 5 + 1) == books.one("all_in_cost", workflow="bases", basis="metered")
    assert D(8) == books.one("all_in_cost", workflow="bases", basis="invoiced")
    assert D(-2) == books.one("cost_true_up", workflow="bases", since=date(2026, 9, 1), until=date(2026, 9, 30))


# --- run coverage -----------------------------------------------------------------------------------------------------

ROWS.add(
    usage=[call("half", run_id="h1", cost="6"), call("half", cost="3")],
    steps=[{"run_id": "h1", "started_at": NOON, "kind": "tool", "cost": "2"}],
    outcomes=[event("h1", **TRUSTED)],
    charges=[{"charged_from": "2026-09-07", "component": "other", "amount": "5", "workflow": "half"}],
)


def test_beside_a_metric_over_runs_stands_the_share_of_cost_that_has_one(books):
    question = Question(
        ("run_coverage", "traced_cost_per_workflow", "traced_cost_per_trusted_outcome"), where={"workflow": ("half",)}
    )
    with closing(books.warehouse.cursor()) as con:
        (row,) = ask(con, question, Viewer.everything(), TODAY).rows

    assert D(8) / 16 == D(str(row["run_coverage"]))
    assert 8 == row["traced_cost_per_workflow"] == row["traced_cost_per_trusted_outcome"]


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()
