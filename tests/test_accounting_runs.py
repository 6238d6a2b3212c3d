"""Runs, user requests and what a row inherits (accounting 5: Run, User request, Adding up; 1: assignments)."""

from decimal import Decimal

import pytest

from tests.promises import NOON, Rows, call, event

D = Decimal
ROWS = Rows()


def loose(**fields):
    """A usage row that names no workflow."""
    return {**call(""), **fields}


ROWS.add(
    usage=[call("counted", run_id="u1", cost="1"), call("counted", run_id="u1", cost="1"), call("counted", cost="1")],
    steps=[{"run_id": "s1", "workflow": "counted", "started_at": NOON, "kind": "tool"}],
    checks=[{"run_id": "u1", "decided_at": NOON, "kind": "test", "name": "t"}],
    outcomes=[event("o1", workflow="counted"), event("o1", workflow="counted")],
)


def test_a_run_is_a_distinct_run_id_in_usage_steps_checks_or_outcomes(books):
    assert D(3) == books.one("runs", workflow="counted")  # u1, s1, o1


ROWS.add(
    usage=[
        loose(run_id="first", cost="1", started_at="2026-09-07T12:00:02", team="late", workflow="named", product="p"),
        loose(run_id="first", cost="2", started_at="2026-09-07T12:00:01", region="eu"),
        loose(run_id="first", cost="4", started_at="2026-09-07T12:00:03", team="later", customer="c"),
    ],
    steps=[
        {"run_id": "first", "started_at": "2026-09-06T00:00:00", "kind": "tool", "cost": "8", "workflow": "stepped"}
    ],
    outcomes=[event("first", workflow="evented", customer="late customer")],
)


def test_a_run_s_dimensions_are_those_of_the_first_usage_row_that_names_one(books):
    assert {("2026-09-07", "late", "named", "p", "c", "eu"): D(1)} == {
        key: runs
        for key, runs in books.parts(
            "runs", "day", "team", "workflow", "product", "customer", "region", product="p"
        ).items()
        if runs
    }


def test_a_row_that_names_none_has_its_run_s_and_one_that_names_another_keeps_its_own(books):
    assert {"late": D(1 + 2 + 8), "later": D(4)} == books.parts("all_in_cost", "team", product="p")


def test_an_event_keeps_to_its_run_whatever_workflow_it_names(books):
    assert {"named"} == set(books.parts("runs", "workflow", product="p"))


ROWS.add(
    outcomes=[
        event("events", occurred_at="2026-09-05T01:00:00", event_id="b", workflow="second"),
        event("events", occurred_at="2026-09-05T01:00:00", event_id="a", workflow="first event", customer="acme inc"),
    ],
    checks=[{"run_id": "events", "decided_at": "2026-09-04T23:00:00", "kind": "test", "name": "t", "cost": "3"}],
)


def test_a_run_known_by_its_events_alone_starts_with_the_first_of_them(books):
    assert {("2026-09-04", "acme inc"): D(1)} == {
        key: runs for key, runs in books.parts("runs", "day", "customer", workflow="first event").items() if runs
    }
    assert D(3) == books.one("cost_evaluation", workflow="first event")


ROWS.add(
    usage=[
        call("turns", run_id="t1", turn=1, cost="1"),
        call("turns", run_id="t1", turn=2, cost="1"),
        call("turns", run_id="t1", turn=2, cost="1", started_at="2026-09-09T00:00:00"),
        call("turns", run_id="t2", cost="1"),
        call("turns", run_id="t2", turn=1, cost="1", requests=9),
        call("turns", requests=5, cost="1", started_at="2026-09-08T00:00:00"),
        call("turns", requests=0, cost="1"),
        call("turns", cost="1"),
    ],
    outcomes=[event("t3", workflow="turns")],
)


def test_a_user_request_is_a_distinct_turn_of_a_run_on_the_run_s_day(books):
    # t1 has two, t2 one (a blank turn is the first), t3 none; loose rows their own: 5, 0, and 1 where it does not say
    assert {"2026-09-07": D(2 + 1 + 0 + 1), "2026-09-08": D(5), "2026-09-09": D(0)} == books.parts(
        "user_requests", "day", workflow="turns"
    )
    assert D(8) / 9 == pytest.approx(books.one("cost_per_request", workflow="turns"), abs=D("1e-9"))


# --- assignment rules -------------------------------------------------------------------------------------------------

ROWS.add(
    assignments=[
        {"rule_id": "r9", "match_project": "apollo-*", "team": "any apollo", "product": "rockets"},
        {"rule_id": "r2", "priority": 5, "match_project": "apollo-1*", "team": "apollo eleven"},
        {"rule_id": "r1", "priority": 5, "match_project": "apollo-11", "team": "moon", "feature": "landing"},
        {"rule_id": "r3", "priority": 1, "match_project": "apollo-11", "match_user_id": "*", "team": "of a user"},
        {"rule_id": "r4", "priority": 1, "match_project": "apollo-13", "valid_to": "2026-09-06", "team": "too late"},
        {"rule_id": "r5", "priority": 1, "match_project": "gemini", "match_tag": "shade=d?rk*", "team": "no"},
        {"rule_id": "r6", "match_project": "gemini", "match_tag": "shade=dark*", "team": "shady"},
        {"rule_id": "r7", "match_project": "mercury", "workflow": "orbit"},
        {"rule_id": "r8", "match_workflow": "orbit", "team": "from what a rule filled"},
    ],
    usage=[
        loose(project="apollo-11", cost="1"),
        loose(project="apollo-11", user_id="me", cost="2"),
        loose(project="apollo-13", cost="4"),
        loose(project="apollo-14", team="own", cost="8"),
        loose(project="gemini", cost="16", shade="dark blue"),
        loose(project="gemini", cost="32", shade="light"),
        loose(project="mercury", cost="64"),
        loose(project="apollo-9", cost="128", run_id="ruled"),
    ],
    steps=[{"run_id": "ruled", "started_at": NOON, "kind": "tool", "cost": "256"}],
)  # fmt: skip


def test_each_blank_dimension_is_filled_by_the_first_rule_that_fits_and_names_it(books):
    assert {"moon": D(1), "of a user": D(2)} == books.parts("all_in_cost", "team", project="apollo-11")
    assert {("rockets", "landing"): D(3)} == books.parts("all_in_cost", "product", "feature", project="apollo-11")


def test_a_rule_holds_on_its_days_and_never_takes_what_a_row_names(books):
    assert {"apollo eleven": D(4)} == books.parts("all_in_cost", "team", project="apollo-13")
    assert {("own", "rockets"): D(8)} == books.parts("all_in_cost", "team", "product", project="apollo-14")


def test_a_star_is_the_only_wildcard_and_a_tag_may_be_matched(books):
    assert {"shady": D(16), "Unassigned": D(32)} == books.parts("all_in_cost", "team", project="gemini")


def test_a_rule_never_reads_what_another_rule_filled(books):
    assert {("orbit", "Unassigned"): D(64)} == books.parts("all_in_cost", "workflow", "team", project="mercury")


def test_a_run_and_its_steps_take_what_rules_give_its_first_usage_row(books):
    held = books.parts("all_in_cost", "team", "product", team="any apollo")

    assert {("any apollo", "rockets"): D(128 + 256)} == held
    assert D(1) == books.one("runs", team="any apollo")


ROWS.add(
    charges=[
        {
            "charged_from": "2026-09-07",
            "component": "tool",
            "amount": "3",
            "shade": "dark red",
            "workflow": "ruled charge",
        }
    ],
)
ROWS.add(
    assignments=[{"rule_id": "c1", "match_workflow": "ruled charge", "match_tag": "shade=dark*", "team": "charged"}]
)


def test_rules_act_on_charges_too(books):
    assert {"charged": D(3)} == books.parts("all_in_cost", "team", workflow="ruled charge")


ROWS.add(
    accounts=[
        {"provider": "mapped", "account": "by key", "api_key": "k1"},
        {"provider": "mapped", "account": "by gateway", "gateway": "usage"},
    ],
    usage=[
        loose(provider="mapped", api_key="k1", cost="1"),
        loose(provider="mapped", api_key="k2", cost="2"),
        loose(provider="mapped", account="own", api_key="k1", cost="4"),
    ],
)


def test_the_account_map_names_the_account_of_calls_that_name_none(books):
    assert {"by key": D(1), "by gateway": D(2), "own": D(4)} == books.parts("all_in_cost", "account", provider="mapped")


# --- adding up --------------------------------------------------------------------------------------------------------

CUTS = (
    ("team",), ("workflow",), ("day",), ("provider", "model"), ("team", "role"), ("product", "region", "customer"),
    ("project",), ("account", "day"), ("token_class",), ("cost_component",), ("month", "use_case"), ("tag:shade",),
)  # fmt: skip


@pytest.mark.parametrize("by", CUTS, ids="-".join)
def test_the_parts_of_any_level_sum_to_the_level_above(books, by):
    names = ["all_in_cost"] + [
        name for name in ("model_cost", "tokens", "unpriced_tokens") if by != ("cost_component",)
    ]
    (whole,) = books.asked()
    parts = books.asked(by)

    for name in names:
        assert whole[name] == sum(part[name] or 0 for part in parts), name


def test_what_has_no_team_stands_in_unassigned_and_can_be_asked_for(books):
    cost = books.parts("all_in_cost", "team")["Unassigned"]

    assert cost > 0
    assert cost == books.one("all_in_cost", team="Unassigned")


def test_nothing_that_check_knows_is_broken(books):
    assert not books.breaches()
