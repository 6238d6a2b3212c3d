"""Small worlds of one spend seen several times: sources of several ranks, accounts, days, bills, commitments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle import strategies
from tests.oracle.standing import Import
from tests.oracle.strategies import FIRST, Cells, Draw, World, costs, counts, days, filled, moments, sometimes

PROVIDERS = (("openai", "gpt-4o"), ("acme", "house-1"), ("acme", "house-2"), ("ptu", "reserved"), ("own", "llama"))
ACCOUNTS = (None, "x", "y")
# Spans of one length never overlap in part: whether they would explain each other is a silent place.
SPANS = tuple((first, length) for length in (1, 2, 3, 6) for first in range(0, 6, length))
SOURCES = (("", 0), ("gateway", 10), ("trace", 20))


def day(number: int) -> date:
    return (FIRST + timedelta(days=number)).date()


@dataclass(frozen=True)
class Habits:
    """What is the same all over a provider, so that no world comes into a silent place."""

    says_cost: bool
    """whether its buckets say what they cost"""
    accounts: tuple[str | None, ...]
    """that its calls and buckets name"""
    billed: str
    """"lengths": bills of several lengths, of one account; "details": of one length, with all there is on a row"""
    bill_accounts: tuple[str | None, ...]


@st.composite
def habits(draw: Draw) -> Habits:
    billed = draw(st.sampled_from(("lengths", "details")))
    single: list[tuple[str | None, ...]] = [(None,), ("x",)]
    return Habits(
        draw(st.booleans()),
        draw(st.sampled_from((ACCOUNTS, ACCOUNTS, ("x", "y"), (None,)))),
        billed,
        draw(st.sampled_from(single if billed == "lengths" else [*single, ("x", "y")])),
    )


@st.composite
def usage_row(draw: Draw, known: dict[str, Habits], record_id: str, grain: str) -> Cells:
    """What calls and buckets have in common."""
    provider, model = draw(st.sampled_from(PROVIDERS))
    tiers = ("provisioned", "provisioned", None) if provider == "ptu" else (None, None, "standard")
    return filled(
        {
            "record_id": record_id,
            "grain": grain,
            "provider": provider,
            "model": model,
            "account": draw(st.sampled_from(known[provider].accounts)),
            "project": draw(sometimes(st.sampled_from(("p", "q")))),
            "team": draw(st.sampled_from(("alpha", "beta", None))),
            "service_tier": draw(st.sampled_from(tiers)),
            "uncached_input_tokens": draw(sometimes(counts, often=True)),
            "cache_read_tokens": draw(sometimes(counts)),
            "cache_write_tokens": draw(sometimes(counts)),
            "output_tokens": draw(sometimes(counts, often=True)),
            "reasoning_tokens": draw(sometimes(counts)),
            "requests": draw(sometimes(st.integers(0, 3 if grain == "call" else 9))),
        }
    )


@st.composite
def calls(draw: Draw, known: dict[str, Habits], record_id: str) -> Cells:
    return {
        **draw(usage_row(known, record_id, "call")),
        **filled(
            {
                "started_at": draw(moments()),
                "api_key": draw(sometimes(st.sampled_from(("key-1", "key-2")))),
                "run_id": draw(sometimes(st.sampled_from(("r1", "r2")))),
                "status": draw(sometimes(st.sampled_from(("ok", "error")))),
                "cost": draw(sometimes(costs, often=True)),
                "currency": draw(sometimes(st.sampled_from(("USD", "EUR")))),
            }
        ),
    }


@st.composite
def buckets(draw: Draw, known: dict[str, Habits], record_id: str) -> Cells:
    row = draw(usage_row(known, record_id, "bucket"))
    first, length = draw(st.sampled_from(SPANS))
    ends = {"ended_at": f"{day(first + length)}T00:00:00"}
    if known[row["provider"]].says_cost:
        row["cost"] = draw(costs)
    return {**row, "started_at": f"{day(first)}T00:00:00", **ends}


@st.composite
def invoices(draw: Draw, known: dict[str, Habits], rank: int) -> list[Cells]:
    """Rows of a few invoices; self-hosted models have none."""
    rows: list[Cells] = []
    for provider in ("openai", "acme", "ptu"):
        own = known[provider]
        lengths = draw(st.lists(st.sampled_from((1, 2, 3, 6)), max_size=3))
        lengths = lengths if own.billed == "lengths" else lengths[:1] * len(lengths)
        for number, length in enumerate(lengths):
            said: dict[str, Any] = {"invoice_id": f"{provider}-{rank}-{number}", "provider": provider}
            if own.billed == "details":
                said["currency"] = draw(sometimes(st.sampled_from(("USD", "EUR"))))
            for place in range(draw(st.integers(1, 3))):
                first = draw(st.integers(0, 6 - length))
                period = {"charged_from": day(first), "charged_to": day(first + length - 1)}
                said["billed_id"] = f"{provider}-{rank}-{number}-{place}"
                rows.append(draw(billed({**said, **period}, own)))
    return rows


@st.composite
def billed(draw: Draw, said: dict[str, Any], own: Habits) -> Cells:
    more = () if own.billed == "lengths" else ("adjustment",)
    category = draw(st.sampled_from((None, None, "usage", "tax", "credit", "purchase", *more)))
    cost = draw(st.sampled_from(("1", "0.25", "7.000001", "40", "3")))
    row = {
        **said,
        "account": draw(st.sampled_from(own.bill_accounts)),
        "charge_category": category,
        "billed_cost": f"-{cost}" if category == "credit" else cost,
        "model": draw(sometimes(st.sampled_from(sorted(m for p, m in PROVIDERS if p == said["provider"])))),
    }
    if own.billed == "lengths":
        return filled(row)
    row |= {
        "project": draw(sometimes(st.sampled_from(("p", "q")), often=True)),
        "quantity": draw(sometimes(st.sampled_from(("100", "7", "0.5")))),
        "unit": draw(sometimes(st.sampled_from(("tokens", "1k tokens", "requests")), often=True)),
    }
    return filled(row)


@st.composite
def commitments(draw: Draw, number: int) -> Cells:
    unit = draw(st.sampled_from(("PTU-hour", "PTU-day", "PTU-month", "PTU-year", "USD", "tokens", "1k tokens")))
    # A commitment that is not for a time needs its days; one for a time may be open.
    first = draw(days()) if not unit.startswith("PTU") else draw(sometimes(days(), often=True))
    last = first and first + timedelta(days=draw(st.integers(0, 9)))
    return filled(
        {
            "commitment_id": f"c{number}",
            "provider": draw(st.sampled_from(("ptu", "PTU", "openai"))),
            "account": draw(sometimes(st.just("x"))),
            "model": draw(sometimes(st.just("reserved"))),
            "valid_from": first,
            "valid_to": last,
            "unit": unit,
            "units": draw(st.sampled_from(("2", "0.7", "1000"))),
            "unit_rate": draw(st.sampled_from(("3", "0.01", "0.333333333333"))),
        }
    )


@st.composite
def capacity(draw: Draw, number: int) -> Cells:
    at = draw(moments())
    hours = draw(st.sampled_from((1, 5, 24, 100)))
    return filled(
        {
            "capacity_id": f"k{number}",
            "started_at": at,
            "ended_at": (FIRST.fromisoformat(at) + timedelta(hours=hours)).isoformat(),
            "provider": draw(sometimes(st.just("own"))),
            "model": "llama",
            "amount": draw(st.sampled_from(("5", "0.1", "1.000000000007"))),
            "team": draw(sometimes(st.just("platform"))),
        }
    )


@st.composite
def accounts(draw: Draw, number: int) -> Cells:
    provider, _ = draw(st.sampled_from(PROVIDERS))
    return filled(
        {
            "provider": provider,
            "account": draw(st.sampled_from(("x", "y"))),
            "api_key": draw(sometimes(st.sampled_from(("key-1", "key-2")))),
            "gateway": draw(sometimes(st.sampled_from(("usage", "gateway", "trace")))),
            "name": f"account {number}",
        }
    )


@st.composite
def spends(draw: Draw) -> World:
    """Usage of up to three sources, bills of up to two, and what else has a say in what is left of them."""
    known = {provider: draw(habits()) for provider in ("openai", "acme", "ptu", "own")}
    files: list[tuple[str, str, int, list[Cells]]] = []
    for source, rank in SOURCES[: draw(st.integers(1, 3))]:
        rows = [draw(calls(known, f"u{n}")) for n in range(draw(st.integers(0, 6)))]
        rows += [draw(buckets(known, f"b{n}")) for n in range(draw(st.integers(0, 4)))]
        files.append(("usage", source, rank, rows))
    for source, rank in (("", 0), ("estimate", 20))[: draw(st.integers(0, 2))]:
        files.append(("billed", source, rank, draw(invoices(known, rank))))
    for table, one in (("commitments", commitments), ("capacity", capacity), ("accounts", accounts)):
        files.append((table, "", 0, [draw(one(n)) for n in range(draw(st.integers(0, 2)))]))
    others = draw(st.lists(st.sampled_from(("charges", "prices", "fx", "assignments")), unique=True, max_size=2))
    files += [(table, "", 0, strategies.TABLES[table](draw)) for table in others]
    order = draw(st.permutations([file for file in files if file[3]]))
    imports = [
        Import(n, table, rows, source=source, rank=rank) for n, (table, source, rank, rows) in enumerate(order, 1)
    ]
    return World(tuple(imports), draw(st.sampled_from(("UTC", "America/New_York"))))
