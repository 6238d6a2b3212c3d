"""A little company with every figure known by hand. Its days are New York's, so UTC days would show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.promises import NOON, Books, call, event

D = Decimal
ZONE = "America/New_York"
TRUSTED = {"completed": "true", "accepted": "true", "grounded": "true", "policy_passed": "true", "safe": "true"}
SEPTEMBER = {"charged_from": "2026-09-01", "charged_to": "2026-09-30"}

OLD_CALLS = [call("renewed", record_id="k1", cost="1")]
CALLS = [
    call("renewed", record_id="k1", cost="5"),
    call("renewed", record_id="k2", cost="2"),
    call("renewed", record_id="k4", cost="4", requests=""),
    # Per million: input 1, cache read 0.1, output 4.
    call("classes", team="red", run_id="c1", uncached_input_tokens=1000, cache_read_tokens=500, output_tokens=300,
         reasoning_tokens=200, status="ok", attempt=2),
    call("classes", team="red", run_id="c1", uncached_input_tokens=2000, status="error", attempt=1),
    call("teamless", cost="3", project="ruled"),
    call("teamless", cost="4", project="nobody's"),
    call("unpriced", model="nobody-knows", output_tokens=700),
    call("euro", cost="1234567.123456789012", currency="EUR"),
    call("euro", cost="10", currency="GBP"),
    call("trust", run_id="t1", cost="1.2"),
    call("trust", run_id="t2", cost="1.2", status="error"),
    call("trust", run_id="t3", cost="1.2"),
    call("trust", run_id="t4", cost="1.2"),
    call("late", run_id="l1", cost="1", started_at="2026-09-08T03:00:00"),  # 23:00 of the 7th
    call("split", team="a", product="split", cost="1"),
    call("split", team="b", product="split", cost="1"),
    call("split", team="c", product="split", cost="1"),
    call("", provider="bucketed", team="calls", cost="1", uncached_input_tokens=100),
    call("", provider="bucketed", team="bucket", grain="bucket", started_at="2026-09-07", cost="4",
         uncached_input_tokens=400),
    call("", provider="cheap", team="red", cost="60"),
    call("", provider="cheap", team="blue", cost="40"),
    call("", provider="short", team="red", cost="10"),
    call("", provider="taxed", team="red", cost="10"),
    call("", provider="nameless", team="calls", cost="2", uncached_input_tokens=200),
    *(call("", provider="nameless", account=name, team=name, grain="bucket", started_at="2026-09-07", cost=cost,
           uncached_input_tokens=tokens) for name, tokens, cost in (("x", 300, "3"), ("y", 100, "1"))),
    call("", provider="long", team="calls", cost="1", uncached_input_tokens=100, started_at="2026-09-02T12:00:00"),
    call("", provider="long", team="bucket", grain="bucket", started_at="2026-09-01", ended_at="2026-09-05", cost="9",
         uncached_input_tokens=900),
    call("", provider="billed twice", team="red", cost="10"),
    call("", provider="billed twice", team="blue", cost="10", started_at="2026-09-20T12:00:00"),
    call("", provider="dearer", team="red", cost="1", uncached_input_tokens=100),
    call("", provider="reserved", team="red", service_tier="provisioned", uncached_input_tokens=100),
    call("", provider="hosted", team="red", uncached_input_tokens=100, cost="100"),
    call("", provider="openai", model="gpt-4o", grain="bucket", started_at="2026-09-12", uncached_input_tokens=500),
]  # fmt: skip
UNDONE_CALLS = [call("renewed", record_id="k2", cost="9"), call("renewed", record_id="k3", cost="100")]
TABLES: dict[str, list[dict[str, object]]] = {
    "prices": [
        {"provider": "acme", "model": "m1", "input_per_1m": "1", "cache_read_per_1m": "0.1", "output_per_1m": "4"},
    ],
    "fx": [{"day": "2026-09-01", "currency": "EUR", "rate": "1.123456789012"}],
    "workflows": [
        {"workflow": "reviewed", "requires": "completed", "review_rate_per_hour": 60},
        {"workflow": "reversed", "requires": "completed"},
    ],
    "assignments": [
        {"rule_id": "1", "priority": 1, "match_project": "ruled", "team": "first"},
        {"rule_id": "2", "priority": 2, "match_project": "ruled", "team": "second"},
    ],
    "outcomes": [
        event("t1", **TRUSTED, revenue="10"),
        event("t2", completed="false"),
        event("t3", **{**TRUSTED, "safe": "unknown"}),
        event("t4", **TRUSTED, reopened="true"),
        event("v1", workflow="reversed", completed="true", revenue="9", object_id="o"),
        event("v1", completed="false", revenue="-1", object_id="o", occurred_at="2026-09-20T12:00:00"),
        event("w1", workflow="reviewed", completed="true", human_minutes="30"),
    ],
    "steps": [{"run_id": "t1", "started_at": NOON, "kind": "tool", "cost": "0.5"}],
    "charges": [
        {"charged_from": "2026-09-01", "charged_to": "2026-09-03", "component": "other", "amount": "10",
         "workflow": "seats"},
        {"charged_from": "2026-09-01", "component": "other", "amount": "-4", "workflow": "credit"},
        {"charged_from": "2026-09-07", "charged_to": "2026-09-08", "component": "tool", "amount": "0.00000000001",
         "split_by": "cost", "product": "split"},
        {"charged_from": "2026-09-07", "component": "retrieval", "amount": "300000.000000003", "split_by": "cost",
         "product": "split"},
    ],
    "billed": [
        {**SEPTEMBER, "invoice_id": "1", "provider": "cheap", "billed_cost": "80"},
        {**SEPTEMBER, "invoice_id": "2", "provider": "short", "billed_cost": "40"},
        {**SEPTEMBER, "invoice_id": "3", "provider": "taxed", "billed_cost": "9"},
        {**SEPTEMBER, "invoice_id": "3", "provider": "taxed", "billed_cost": "3", "charge_category": "tax"},
        {**SEPTEMBER, "invoice_id": "4", "provider": "billed twice", "billed_cost": "14"},
        {"charged_from": "2026-09-07", "charged_to": "2026-09-08", "invoice_id": "5", "provider": "billed twice",
         "billed_cost": "6"},
        {**SEPTEMBER, "invoice_id": "6", "provider": "dearer", "model": "m1", "billed_cost": "3", "quantity": "0.1",
         "unit": "1k tokens"},
    ],
    "commitments": [
        {"commitment_id": "c", "provider": "reserved", "valid_from": "2026-09-07", "valid_to": "2026-09-08",
         "unit": "PTU-day", "units": "2", "unit_rate": "3"},
    ],
    "capacity": [
        {"capacity_id": "k", "provider": "hosted", "model": "m1", "started_at": "2026-09-07T12:00:00",
         "ended_at": "2026-09-08T12:00:00", "amount": "12", "team": "platform"},
    ],
}  # fmt: skip
# Two exports of a provider's usage: the second states the eleventh anew.
EXPORTS = ({10: 100, 11: 200, 12: 70}, {11: 250})


def export(days: Mapping[int, int]) -> dict[str, object]:
    """A page of the OpenAI usage API: day of September -> input tokens."""
    buckets = []
    for day, tokens in days.items():
        start = int(datetime(2026, 9, day, tzinfo=UTC).timestamp())
        result = {"object": "organization.usage.completions.result", "input_tokens": tokens, "output_tokens": 0,
                  "num_model_requests": 1, "project_id": "p", "model": "gpt-4o"}  # fmt: skip
        buckets.append({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": [result]})
    return {"object": "page", "has_more": False, "next_page": None, "data": buckets}


def load(books: Books) -> str:
    """Loads all; gives the import that `renewed` counts on to be undone."""
    for table, rows in TABLES.items():
        books.load(**{table: rows})
    for days in EXPORTS:
        assert books.bring_json(export(days)).status == "loaded"
    for day, rows in ((25, CALLS), (20, OLD_CALLS)):
        assert books.give("usage", rows, as_of=datetime(2026, 9, day)).status == "loaded"  # noqa: DTZ001 - naive UTC
    return str(books.give("usage", UNDONE_CALLS, as_of=datetime(2026, 9, 26)).import_id)  # noqa: DTZ001


def known(parts: Mapping[Any, Any]) -> dict[Any, Any]:
    """The parts that are neither unknown nor zero."""
    return {name: value for name, value in parts.items() if value}


# What must hold once the import is undone: promise -> how it is read, and what it is by hand.
PROMISES: dict[str, tuple[Callable[[Books], Any], Any]] = {
    "the newest version of a key counts, and undo gives back what was replaced": (
        lambda books: books.one("all_in_cost", workflow="renewed"), D(5 + 2 + 4)),
    "a blank count of requests is one": (
        lambda books: books.one("user_requests", workflow="renewed"), D(3)),
    "every class counts once": (
        lambda books: known(books.parts("tokens", "token_class", workflow="classes")),
        {"uncached_input": 1000, "cache_read": 500, "output": 300, "reasoning": 200, "retry": 2000}),
    "tokens are the sum of their classes": (
        lambda books: books.one("tokens", workflow="classes"), D(4000)),
    "each component has its price": (
        lambda books: books.components(workflow="classes"),
        {"input": D("0.001"), "cached_input": D("0.00005"), "output": D("0.0012"), "reasoning": D("0.0008"),
         "retry": D("0.002")}),
    "what has no team stands in Unassigned, and the first rule wins": (
        lambda books: books.parts("all_in_cost", "team", workflow="teamless"), {"first": D(3), "Unassigned": D(4)}),
    "what has no price is unpriced": (
        lambda books: [books.one(name, workflow="unpriced") for name in ("all_in_cost", "unpriced_tokens")],
        [None, D(700)]),
    "money converts exactly": (
        # 1234567.123456789012 x 1.123456789012 by hand, to twelve places
        lambda books: books.one("all_in_cost", workflow="euro"), D("1386982.816338545569")),
    "what has no rate is unconverted": (
        lambda books: books.one("unconverted", workflow="euro"), {"GBP": D(10)}),
    "failed runs stay in the cost, and every cost has its place": (
        lambda books: books.one("cost_per_trusted_outcome", workflow="trust"), D("1.2") * 4 + D("0.5")),
    "a run is trusted when every condition is true and it is not reopened": (
        lambda books: books.one("trusted", workflow="trust"), D(1)),
    "an answer that is missing is not false": (
        lambda books: books.one("unverified", workflow="trust"), D(1)),
    "an outcome keeps the day of its first answer": (
        lambda books: books.sql("select outcome_day::varchar, revenue from runs where run_id = 'v1'"),
        [("2026-09-07", D(-1))]),
    "minutes cost the rate": (
        lambda books: books.one("cost_human_review", workflow="reviewed"), D(30)),
    "days are the reporting zone's": (
        lambda books: books.parts("all_in_cost", "day", workflow="late"), {"2026-09-07": D(1)}),
    "a charge is spread over its days to the last unit": (
        lambda books: known(books.parts("cost_other", "day", workflow="seats")),
        {"2026-09-01": D("3.333333333334"), "2026-09-02": D("3.333333333333"), "2026-09-03": D("3.333333333333")}),
    "a negative charge is a credit": (
        lambda books: books.one("cost_other", workflow="credit"), D(-4)),
    "a split charge is shared to the last unit": (
        # ten units over three pairs and two days: one each, and four more for the first in order
        lambda books: known(books.parts("cost_tool", "team", product="split")),
        {"a": D("0.000000000004"), "b": D("0.000000000003"), "c": D("0.000000000003")}),
    "a share is the amount by the weight through the total": (
        lambda books: books.parts("cost_retrieval", "team", product="split"),
        dict.fromkeys("abc", D("100000.000000001"))),
    "calls explain their bucket": (
        lambda books: books.parts("all_in_cost", "team", provider="bucketed"), {"calls": D(1), "bucket": D(3)}),
    "tokens of calls and bucket count once": (
        lambda books: books.one("tokens", provider="bucketed"), D(400)),
    "below list, every team pays what it pays": (
        lambda books: books.parts("all_in_cost", "team", provider="cheap"), {"red": D(48), "blue": D(32)}),
    "what was billed beyond the traced stands in Unassigned": (
        lambda books: books.parts("all_in_cost", "team", provider="short"), {"red": D(10), "Unassigned": D(30)}),
    "tax is a line of its own": (
        lambda books: books.parts("all_in_cost", "team", provider="taxed"), {"red": D(9), "Unassigned": D(3)}),
    "calls without an account explain the buckets of all accounts": (
        lambda books: books.parts("tokens", "team", provider="nameless"), {"calls": D(200), "x": D(150), "y": D(50)}),
    "a bucket of several days lies evenly on them": (
        # 900 less 100 on four days, and 9 less 1
        lambda books: books.parts("all_in_cost", "day", provider="long", team="bucket"),
        {f"2026-09-0{day}": D(2) for day in (1, 2, 3, 4)}),
    "of two bills the finer stands, and the longer one adds the rest": (
        lambda books: books.parts("all_in_cost", "team", provider="billed twice"), {"red": D(6), "blue": D(8)}),
    "dearer tokens are paid by those who use them": (
        lambda books: books.parts("all_in_cost", "team", provider="dearer"), {"red": D(3)}),
    "what nobody used of a commitment is a line of its own": (
        lambda books: books.parts("all_in_cost", "team", provider="reserved"), {"red": D(6), "Unassigned": D(6)}),
    "a model of one's own costs what its capacity costs": (
        lambda books: books.parts("all_in_cost", "team", provider="hosted"), {"red": D(6), "platform": D(6)}),
    "the newest export replaces the days that it covers": (
        lambda books: books.parts("tokens", "day", provider="openai")["2026-09-11"], D(250)),
    "of two sources the better one owns the day": (
        lambda books: books.parts("tokens", "day", provider="openai")["2026-09-12"], D(500)),
    "the parts add up to the whole": (
        lambda books: books.one("all_in_cost") - sum(cost or 0 for cost in books.parts("all_in_cost", "team").values()),
        D(0)),
}  # fmt: skip


def broken(books: Books, promises: Sequence[str]) -> dict[str, str]:
    """Which of these promises do not hold, and what was found instead."""
    found = {}
    for promise in promises:
        read, expected = PROMISES[promise]
        got = read(books)
        if got != expected:
            found[promise] = f"{got} instead of {expected}"
    return found
