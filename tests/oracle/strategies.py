"""Small worlds for hypothesis: few names, many meetings. Only files that the product accepts whole.

Where the rules are silent (README.md) the worlds keep away, so that a difference is always an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle.standing import Import

Cells = dict[str, str]
Draw = Any

RUNS = ("r1", "r2", "r3", "r4")
TEAMS = (None, "alpha", "beta")
WORKFLOWS = (None, "claims", "search")
MODELS = (
    ("openai", "gpt-4o"),
    ("OpenAI ", "GPT-4o"),
    ("anthropic", "claude-sonnet-4-5"),
    ("acme", "house-1"),
    ("acme", "house-2"),
)
FIRST = datetime.fromisoformat("2026-09-28T00:00:00")
DAYS = 6


def sometimes(values: st.SearchStrategy[Any], often: bool = False) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, st.none()) if often else st.one_of(st.none(), st.none(), values)


def filled(cells: dict[str, Any]) -> Cells:
    """What is said, as text. Nothing of another currency is not said: whether it is known is a silent place."""
    if "0" in (cells.get("cost"), cells.get("amount")):
        cells = {**cells, "currency": None}
    return {name: str(value) for name, value in cells.items() if value is not None}


@st.composite
def moments(draw: Draw) -> str:
    """A time within the days; rarely the last minute of a day or one with an offset."""
    minute = draw(st.integers(0, DAYS * 24 * 60 - 1) | st.integers(1, DAYS).map(lambda day: day * 24 * 60 - 1))
    second = draw(st.integers(0, 59))
    return (FIRST + timedelta(minutes=minute, seconds=second)).isoformat()


@st.composite
def days(draw: Draw) -> date:
    return (FIRST + timedelta(days=draw(st.integers(0, DAYS - 1)))).date()


counts = st.sampled_from((0, 1, 3, 7, 100, 1_000, 250_000))
amounts = st.decimals("-3", "9", places=6).map(lambda amount: str(amount or 0)) | st.sampled_from(
    ("0", "1", "0.000000000001", "0.333333333333")
)
costs = st.decimals("0", "9", places=6).map(lambda amount: str(amount or 0)) | st.sampled_from(
    ("0", "1", "0.000000000007")
)
truths = st.sampled_from(("true", "false", "unknown", "yes", "0"))


@st.composite
def dimensions(draw: Draw) -> dict[str, Any]:
    return {
        "team": draw(st.sampled_from(TEAMS)),
        "workflow": draw(st.sampled_from(WORKFLOWS)),
        "product": draw(sometimes(st.sampled_from(("p1", "p2")))),
        "customer": draw(sometimes(st.sampled_from(("c1", "c2")))),
        "environment": draw(sometimes(st.sampled_from(("production", "Staging", "moon")))),
    }


@st.composite
def calls(draw: Draw, number: int) -> Cells:
    provider, model = draw(st.sampled_from(MODELS))
    uncached = draw(sometimes(counts, often=True))
    return filled(
        {
            **draw(dimensions()),
            "record_id": f"u{number}",
            "started_at": draw(moments()),
            "provider": provider,
            "model": model,
            "account": "main" if provider == "acme" else None,
            "project": draw(sometimes(st.sampled_from(("x", "y")))),
            "api_key": draw(sometimes(st.sampled_from(("key-1", "key-2", "other")))),
            "run_id": draw(sometimes(st.sampled_from(RUNS), often=True)),
            "turn": draw(sometimes(st.integers(1, 2))),
            "role": draw(sometimes(st.sampled_from(("answer", "Retry", "verify", "replan", "juggle")))),
            "attempt": draw(sometimes(st.integers(1, 2))),
            "status": draw(sometimes(st.sampled_from(("ok", "error", "rejected", "odd")))),
            "requests": draw(sometimes(st.integers(0, 3))),
            "uncached_input_tokens": uncached,
            "tool_result_tokens": draw(sometimes(st.sampled_from((0, uncached)))) if uncached else None,
            "cache_read_tokens": draw(sometimes(counts)),
            "cache_write_tokens": draw(sometimes(counts)),
            "output_tokens": draw(sometimes(counts, often=True)),
            "reasoning_tokens": draw(sometimes(counts)),
            "service_tier": draw(sometimes(st.sampled_from(("standard", "batch", "provisioned")))),
            "cost": draw(sometimes(costs)),
            "currency": draw(sometimes(st.sampled_from(("USD", "EUR", "JPY")))),
            "shade": draw(sometimes(st.sampled_from(("light", "dark")))),
        }
    )


@st.composite
def buckets(draw: Draw, number: int) -> Cells:
    """A day's bucket: without a run, and in the reporting currency."""
    provider, model = draw(st.sampled_from(MODELS))
    day = draw(days())
    return filled(
        {
            "record_id": f"b{number}",
            "grain": "bucket",
            "started_at": f"{day}T00:00:00",
            "ended_at": f"{day + timedelta(days=1)}T00:00:00",
            "provider": provider,
            "model": model,
            "account": "main" if provider == "acme" else None,
            "project": draw(sometimes(st.sampled_from(("x", "y")))),
            "team": draw(st.sampled_from(TEAMS)),
            "requests": draw(sometimes(st.integers(0, 9), often=True)),
            "uncached_input_tokens": draw(sometimes(counts, often=True)),
            "cache_read_tokens": draw(sometimes(counts)),
            "cache_write_tokens": draw(sometimes(counts)),
            "output_tokens": draw(sometimes(counts, often=True)),
            "reasoning_tokens": draw(sometimes(counts)),
            "cost": draw(sometimes(costs)),
        }
    )


@st.composite
def steps(draw: Draw, number: int) -> Cells:
    return filled(
        {
            "step_id": f"s{number}",
            "run_id": draw(st.sampled_from(RUNS)),
            "started_at": draw(moments()),
            "kind": draw(st.sampled_from(("tool", "retrieval", "memory", "approval", "automation", "hand_off"))),
            "cost": draw(sometimes(costs, often=True)),
            "currency": draw(sometimes(st.sampled_from(("USD", "EUR")))),
        }
    )


@st.composite
def checks(draw: Draw, number: int) -> Cells:
    return filled(
        {
            "check_id": f"k{number}",
            "run_id": draw(st.sampled_from(RUNS)),
            "decided_at": draw(moments()),
            "kind": "policy",
            "name": "rules",
            "result": draw(st.sampled_from(("pass", "fail", "Approved", "denied", "unknown"))),
            "condition": draw(sometimes(st.sampled_from(("policy_violated", "policy_passed", "accepted")))),
            "cost": draw(sometimes(costs)),
        }
    )


@st.composite
def outcomes(draw: Draw, number: int) -> Cells:
    named = ("completed", "accepted", "grounded", "policy_passed", "safe")
    good = draw(st.booleans())
    answers = {name: "true" if good else draw(sometimes(truths)) for name in named}
    return filled(
        {
            **answers,
            "event_id": f"e{number}",
            "run_id": draw(st.sampled_from(RUNS)),
            "occurred_at": draw(moments()),
            "workflow": draw(sometimes(st.sampled_from(("claims", "search")))),
            "reopened": draw(sometimes(truths)),
            "reverted": draw(sometimes(st.sampled_from(("true", "false", "unknown")))),
            "object_id": draw(sometimes(st.sampled_from(("t1", "t2")))),
            "revenue": draw(sometimes(amounts)),
            "cost_saved": draw(sometimes(amounts)),
            "currency": draw(sometimes(st.just("USD"))),
            "human_minutes": draw(sometimes(st.sampled_from(("1", "2.5", "7")))),
        }
    )


@st.composite
def charges(draw: Draw, number: int) -> Cells:
    first = draw(days())
    length = draw(sometimes(st.integers(0, 40)))
    return filled(
        {
            "charge_id": f"g{number}",
            "charged_from": first,
            "charged_to": None if length is None else first + timedelta(days=length),
            "component": draw(st.sampled_from(("inference", "observability", "infrastructure", "Other"))),
            "amount": draw(amounts),
            "currency": draw(sometimes(st.sampled_from(("EUR", "JPY")))),
            "run_id": draw(sometimes(st.sampled_from((*RUNS, "nobody")))),
            "team": draw(st.sampled_from(TEAMS)),
            "workflow": draw(sometimes(st.sampled_from(("claims", "search")))),
            "product": draw(sometimes(st.sampled_from(("p1", "p2")))),
            "split_by": draw(sometimes(st.sampled_from(("cost", "tokens", "requests", "runs", "even")), often=True)),
        }
    )


@st.composite
def bills(draw: Draw) -> list[Cells]:
    """At most one bill per provider and account, all its rows of one period; a usage row is positive."""
    rows = []
    for provider, account, model in (("openai", None, "gpt-4o"), ("acme", "main", "house-1")):
        first = draw(days())
        period = {
            "invoice_id": f"i-{provider}",
            "charged_from": first,
            "charged_to": first + timedelta(days=draw(st.integers(0, 3))),
            "provider": provider,
            "account": account,
            "currency": draw(sometimes(st.sampled_from(("EUR", "JPY")))),
        }
        categories = draw(st.lists(st.sampled_from((None, "usage", "credit", "tax")), max_size=3))
        rows += [draw(billed(period, f"{provider}-{n}", category, model)) for n, category in enumerate(categories)]
    return rows


@st.composite
def billed(draw: Draw, period: dict[str, Any], billed_id: str, category: str | None, model: str) -> Cells:
    cost = draw(st.sampled_from(("1", "0.25", "7.000001", "40")))
    named = {"billed_id": billed_id, "model": draw(sometimes(st.just(model))), "charge_category": category}
    if category == "credit":
        return filled({**period, **named, "billed_cost": f"-{cost}"})
    return filled({**period, **named, "billed_cost": cost, "effective_cost": draw(sometimes(st.just("0.5")))})


@st.composite
def workflows(draw: Draw) -> list[Cells]:
    names = draw(st.lists(st.sampled_from(("claims", "search")), unique=True, max_size=2))
    return [draw(workflow_rows(name)) for name in names]


@st.composite
def workflow_rows(draw: Draw, name: str) -> Cells:
    return filled(
        {
            "workflow": name,
            "use_case": draw(sometimes(st.sampled_from(("customer_support", "coding", "mining")))),
            "requires": draw(sometimes(st.sampled_from(("completed", "accepted|!reverted", "grounded|safe")))),
            "window_days": draw(sometimes(st.sampled_from((1, 50, 60)))),
            "review_rate_per_hour": draw(sometimes(st.sampled_from(("30", "7.1")), often=True)),
        }
    )


@st.composite
def prices(draw: Draw) -> list[Cells]:
    """At most one override per model: prices of its own, or a discount on a model that has a list price."""
    house = draw(overrides("acme", "house-1")) if draw(st.booleans()) else None
    known = st.just({"provider": "openai", "model": "gpt-4o", "discount": "0.333333"}) | overrides("OpenAI", "gpt-4o")
    listed = draw(sometimes(known))
    return [row for row in (house, listed) if row]


@st.composite
def overrides(draw: Draw, provider: str, model: str) -> Cells:
    return filled(
        {
            "provider": provider,
            "model": model,
            "valid_to": draw(sometimes(days())),
            "service_tier": draw(sometimes(st.just("batch"))),
            "input_per_1m": draw(sometimes(st.sampled_from(("2", "0.000003")), often=True)),
            "cache_read_per_1m": draw(sometimes(st.just("0.5"), often=True)),
            "cache_write_per_1m": draw(sometimes(st.just("3"), often=True)),
            "output_per_1m": draw(sometimes(st.just("8"), often=True)),
            "reasoning_per_1m": draw(sometimes(st.just("9"))),
        }
    )


@st.composite
def rates(draw: Draw) -> list[Cells]:
    chosen = draw(st.lists(days(), max_size=2, unique=True))
    return [
        filled({"day": day, "currency": "EUR", "rate": draw(st.sampled_from(("1.1", "0.9", "1.23456789")))})
        for day in [*chosen, date(2026, 8, 1)][: draw(st.integers(0, 3))]
    ]


@st.composite
def rules(draw: Draw, number: int) -> Cells:
    return filled(
        {
            "rule_id": f"a{number}",
            "priority": draw(sometimes(st.integers(1, 3))),
            "valid_from": draw(sometimes(days())),
            "match_provider": draw(sometimes(st.sampled_from(("OPENAI", "acme", "a*")))),
            "match_model": draw(sometimes(st.sampled_from(("house-*", "GPT-4o")))),
            "match_api_key": draw(sometimes(st.sampled_from(("key-*", "other")))),
            "match_workflow": draw(sometimes(st.sampled_from(("claims", "s*")))),
            "match_tag": draw(sometimes(st.sampled_from(("shade=dark", "shade=*")))),
            "team": draw(sometimes(st.sampled_from(("gamma", "alpha")))),
            "workflow": draw(sometimes(st.sampled_from(("claims", "billing")))),
            "region": draw(sometimes(st.just("eu"))),
            "product": draw(sometimes(st.just("p9"))),
        }
    )


@dataclass(frozen=True)
class World:
    """Imports in order of arrival, and the settings that they are read under."""

    imports: tuple[Import, ...]
    time_zone: str = "UTC"


TABLES = {
    "steps": lambda draw: _several(draw, steps, 2),
    "checks": lambda draw: _several(draw, checks, 2),
    "outcomes": lambda draw: _several(draw, outcomes, 4),
    "charges": lambda draw: _several(draw, charges, 2),
    "billed": lambda draw: draw(bills()),
    "workflows": lambda draw: draw(workflows()),
    "prices": lambda draw: draw(prices()),
    "fx": lambda draw: draw(rates()),
    "assignments": lambda draw: _several(draw, rules, 2),
}


@st.composite
def tables(draw: Draw) -> dict[str, list[Cells]]:
    """Usage, and rows of a few tables more: a world is slow to load."""
    chosen = draw(st.lists(st.sampled_from(sorted(TABLES)), unique=True, max_size=4))
    found = {"usage": _several(draw, calls, 8) + _several(draw, buckets, 3)}
    found |= {table: TABLES[table](draw) for table in chosen}
    return {table: rows for table, rows in found.items() if rows}


def _several(draw: Draw, one: Any, most: int) -> list[Cells]:
    return [draw(one(number)) for number in range(draw(st.integers(0, most)))]


@st.composite
def worlds(draw: Draw) -> World:
    """One import of each table; some tables come again, with rows changed and added; some are taken back."""
    imports: list[Import] = []
    for table, rows in draw(tables()).items():
        imports.append(Import(len(imports) + 1, table, rows))
    for table, rows in draw(tables()).items():
        if table in ("usage", "outcomes", "charges", "steps") and draw(st.booleans()):
            undone = draw(st.sampled_from((False, False, True)))
            imports.append(Import(len(imports) + 1, table, rows, undone=undone))
    zone = draw(st.sampled_from(("UTC", "UTC", "Europe/Berlin", "America/New_York")))
    return World(tuple(imports), zone)
