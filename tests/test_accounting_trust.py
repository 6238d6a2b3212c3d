"""Trusted, successful, unverified, provisional (accounting 6)."""

from decimal import Decimal

import pytest

from tests.promises import NOON, Rows, call, event

D = Decimal
ROWS = Rows()
ALL = {"completed": "true", "accepted": "true", "grounded": "true", "policy_passed": "true", "safe": "true"}


def judged(workflow, *events, checks=(), **row):
    """A run of its own workflow, one after the other in time, and the row of `workflows` that judges it."""
    ROWS.add(
        usage=[call(workflow, run_id=workflow, cost="1")],
        outcomes=[
            event(workflow, **{"occurred_at": f"2026-09-{8 + place:02}T00:00:00", **fields})
            for place, fields in enumerate(events)
        ],
        checks=[
            {"run_id": workflow, "decided_at": "2026-09-20T00:00:00", "kind": "evaluator", "name": "n", **fields}
            for fields in checks
        ],
    )
    if row:
        ROWS.add(workflows=[{"workflow": workflow, **row}])


def verdict(books, workflow):
    (row,) = books.asked(workflow=workflow)
    return [name for name in ("trusted", "successful", "unverified") if row[name]]


judged("default", ALL)
judged("default_missing", {**ALL, "safe": "unknown"})
judged("default_wrong", {**ALL, "safe": "false"})


def test_by_default_five_conditions_are_required(books):
    assert verdict(books, "default") == ["trusted", "successful"]
    assert verdict(books, "default_wrong") == ["successful"]


def test_an_unknown_answer_is_missing_and_not_false(books):
    assert verdict(books, "default_missing") == ["successful", "unverified"]


judged("silent")


def test_a_run_without_events_is_unverified(books):
    assert verdict(books, "silent") == ["unverified"]


judged("folded", {**ALL, "safe": "false"}, {"safe": "true"}, {"safe": "unknown"}, {"safe": ""})
judged("turned", ALL, {"accepted": "false"})


def test_the_last_known_answer_wins_and_unknown_or_blank_is_no_answer(books):
    assert verdict(books, "folded") == ["trusted", "successful"]
    assert verdict(books, "turned") == []


judged("same_time", {"event_id": "b", **ALL, "occurred_at": "2026-09-08T00:00:00"},
       {"event_id": "a", "completed": "false", "occurred_at": "2026-09-08T00:00:00"})  # fmt: skip


def test_events_of_one_time_are_folded_in_order_of_their_id(books):
    assert verdict(books, "same_time") == ["trusted", "successful"]


judged("reopened", {**ALL, "reopened": "true"})
judged("reopened_missing", {"completed": "true", "reopened": "true"})
judged("reopened_not", {**ALL, "reopened": "true"}, {"reopened": "false"})


def test_a_reopened_outcome_is_neither_trusted_nor_unverified(books):
    assert verdict(books, "reopened") == ["successful"]
    assert verdict(books, "reopened_missing") == []
    assert verdict(books, "reopened_not") == ["trusted", "successful"]


judged("own", {"completed": "true", "brand_safe": "true", "leaked": ""}, requires="completed | brand_safe|!leaked")
judged(
    "own_leaked", {"completed": "true", "brand_safe": "true", "leaked": "true"}, requires="completed|brand_safe|!leaked"
)
judged("own_missing", {"completed": "true", "brand_safe": "", "leaked": "no"}, requires="completed|brand_safe|!leaked")


def test_a_workflow_may_require_conditions_of_its_own_and_forbid_others(books):
    assert verdict(books, "own") == ["trusted"]
    assert verdict(books, "own_leaked") == []
    assert verdict(books, "own_missing") == ["unverified"]


PRESETS = {
    "customer_support": ("completed", "!escalated", "!reopened", "!policy_violated"),
    "coding": ("accepted", "!reverted", "!tests_failed", "!security_regression"),
    "travel": ("accepted", "inventory_validated", "!policy_violated"),
    "marketing": ("accepted", "brand_safe", "value_confirmed"),
    "service_desk": ("completed", "!escalated", "!reopened"),
    "commerce": ("completed", "!refunded"),
}
for use_case, conditions in PRESETS.items():
    met = {name: "true" for name in conditions if name[0] != "!"}
    judged(f"{use_case}-met", met, use_case=use_case)
    for condition in conditions:
        name = condition.lstrip("!")
        judged(f"{use_case}-{name}", {**met, name: str(condition[0] == "!")}, use_case=use_case)


@pytest.mark.parametrize("use_case", PRESETS)
def test_a_use_case_has_a_preset_and_each_of_its_conditions_counts(books, use_case):
    assert "trusted" in verdict(books, f"{use_case}-met")
    for condition in PRESETS[use_case]:
        assert "trusted" not in verdict(books, f"{use_case}-{condition.lstrip('!')}"), condition
        assert "unverified" not in verdict(books, f"{use_case}-{condition.lstrip('!')}"), condition


judged(
    "checked",
    {"completed": "true"},
    requires="completed|grounded|!policy_violated",
    checks=[{"condition": "grounded", "result": "PASS"}, {"condition": "policy_violated", "result": "fail"}],
)
judged("checked_violated", {"completed": "true"}, requires="completed|!policy_violated",
       checks=[{"condition": "policy_violated", "result": "pass"}])  # fmt: skip
judged("checked_denied", {"completed": "true", "safe": "true"}, requires="completed|safe",
       checks=[{"condition": "safe", "result": "denied"}])  # fmt: skip
judged("checked_unknown", {"completed": "true", "safe": "true"}, requires="completed|safe",
       checks=[{"condition": "safe", "result": "unknown"}, {"condition": "", "result": "fail"}])  # fmt: skip


def test_a_check_with_a_condition_answers_it_as_named(books):
    assert verdict(books, "checked") == ["trusted"]
    assert verdict(books, "checked_violated") == []
    assert verdict(books, "checked_denied") == []
    assert verdict(books, "checked_unknown") == ["trusted"]


judged(
    "objects",
    {**ALL, "revenue": "10", "object_id": "o1"},
    {"revenue": "4", "object_id": "o1"},
    {"revenue": "100", "cost_saved": "1000"},
    {"revenue": "200"},
)


def test_money_adds_up_but_of_an_object_the_newest_amount_counts(books):
    assert D(4 + 100 + 200 + 1000 - 1) == books.one("gross_margin_per_trusted_outcome", workflow="objects")


judged("unpaid_for", {**ALL, "safe": "false", "revenue": "10"})


def test_what_an_outcome_without_trust_brought_is_in_no_margin(books):
    assert books.one("gross_margin_per_trusted_outcome", workflow="unpaid_for") is None


ROWS.add(
    usage=[
        call("states", provider="discounted", model="big", run_id="s1", cost="10"),
        call("states", provider="discounted", model="big", run_id="s1", cost="2", started_at="2026-09-10T12:00:00"),
        call("states", provider="discounted", model="small", run_id="s2", cost="4"),
        call("states", run_id="s3", cost="3"),
        call("states", cost="5"),
    ],
    steps=[{"run_id": "s1", "started_at": NOON, "kind": "tool", "cost": "0.5"}],
    checks=[{"run_id": "s2", "decided_at": NOON, "kind": "evaluator", "name": "n", "cost": "0.25"}],
    outcomes=[event("s1", **ALL), event("s2", completed="false")],
    charges=[{"charged_from": "2026-09-07", "charged_to": "2026-09-08", "component": "tool", "amount": "4",
              "run_id": "s1"}],
    # 4 less than the 16 that were metered: 2.50 + 0.50 of the first run, 1 of the second
    billed=[{"charged_from": "2026-09-01", "charged_to": "2026-09-30", "provider": "discounted", "billed_cost": "12"}],
)  # fmt: skip
STATES = ("trusted_run_cost", "untrusted_run_cost", "unverified_run_cost")


def of_states(books, *by, **asked):
    """What trusted runs cost, those that are not, and those of which nobody said; per part."""
    return {
        tuple(row[name] for name in by): [row[name] for name in STATES]
        for row in books.figures(*STATES, by=by, **{"workflow": "states", **asked})
    }


def test_cost_stands_under_what_its_run_came_to_on_its_own_day(books):
    trusted, refuted = 10 + 2 - 3 + D("0.5") + 4, 4 - 1 + D("0.25")

    assert {(): [trusted, refuted, D(3)]} == of_states(books)
    assert {
        ("2026-09-07",): [10 - D("2.5") + D("0.5") + 2, refuted, D(3)],
        ("2026-09-08",): [D(2), 0, 0],
        ("2026-09-10",): [2 - D("0.5"), 0, 0],
    } == of_states(books, "day")
    assert [tuple(row.values()) for row in books.figures("trusted", "refuted", "unverified", workflow="states")] == [
        (1, 1, 1)
    ]


def test_the_cost_of_what_runs_came_to_is_cut_like_any_other(books):
    assert {("big",): [D(9), 0, 0], ("small",): [0, D(3), 0], ("m1",): [0, 0, D(3)],
            ("Unassigned",): [D("4.5"), D("0.25"), 0]} == of_states(books, "model")  # fmt: skip
    assert {(): [D(9), 0, 0]} == of_states(books, model="big")
    assert {(): [D(12 + 4) + D("0.5"), D("4.25"), D(3)]} == of_states(books, basis="metered")
    assert {(): [D(9), D(3), 0]} == of_states(books, basis="invoiced")
    parts = of_states(books, "cost_component")
    assert [D("4.5"), 0, 0] == parts["tool",]
    assert [D(-3), D(-1), 0] == parts["true_up",]
    assert [D("13.5"), D("3.25"), D(3)] == [sum(part[place] for part in parts.values()) for place in range(3)]


@pytest.mark.parametrize("basis", ["ledger", "metered", "invoiced"])
@pytest.mark.parametrize("by", [(), ("workflow",), ("day", "team"), ("customer",), ("provider", "model"),
                                ("cost_component",), ("token_class",), ("tag:none",)])  # fmt: skip
def test_what_runs_cost_and_what_has_no_run_add_up_to_the_all_in_cost(books, by, basis):
    names = (*STATES, "cost_with_run", "all_in_cost")
    (whole,) = books.figures(*names, basis=basis)
    parts = books.figures(*names, by=by, basis=basis)

    for row in (whole, *parts):
        assert (row["cost_with_run"] or 0) == sum(row[name] or 0 for name in STATES)
    assert {name: sum(row[name] or 0 for row in parts) for name in names} == whole


def test_what_has_no_run_is_the_rest(books):
    ((with_run, all_in),) = [row.values() for row in books.figures("cost_with_run", "all_in_cost", workflow="states")]

    assert D(5) == all_in - with_run


# Today is 21 November 2026. Windows of outcomes of 8 September end 74 days later.
judged("settled", {"completed": "false"}, window_days=74)
judged("open", {"completed": "false"}, window_days=75)
judged("waiting", window_days=100)


def test_an_outcome_is_provisional_until_its_window_has_passed(books):
    assert D(0) == books.one("provisional", workflow="settled")
    assert D(1) == books.one("provisional", workflow="open")


def test_a_run_without_any_event_is_not_provisional(books):
    assert D(0) == books.one("provisional", workflow="waiting")


ROWS.add(
    workflows=[
        {"workflow": "dated", "valid_to": "2026-09-07", "requires": "completed", "review_rate_per_hour": "60"},
        {"workflow": "dated", "valid_from": "2026-09-08", "requires": "completed|safe", "review_rate_per_hour": "120"},
    ]
)
judged("dated", {"completed": "true", "occurred_at": "2026-09-07T23:00:00", "human_minutes": "1"},
       {"grounded": "true", "human_minutes": "1"})  # fmt: skip


def test_a_run_is_judged_by_the_row_of_its_outcome_s_day_and_minutes_by_that_of_their_own(books):
    assert verdict(books, "dated") == ["trusted"]
    assert {"2026-09-07": D(1), "2026-09-09": D(2)} == {
        day: cost for day, cost in books.parts("cost_human_review", "day", workflow="dated").items() if cost
    }


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()
