"""Calls, buckets and bill of one spend: the same dollars in whatever order they come, undone and repeated or not."""

import shutil
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, permutations
from typing import Any

import pytest

from tests.promises import call, opened

D = Decimal
FIRST = "2026-09-01"


def bucket(last=1, **fields):
    """A bucket of the first days of September."""
    days = {"started_at": FIRST, "ended_at": f"2026-09-{last + 1:02d}T00:00:00"}
    return call("", grain="bucket", project="export", **{**days, **fields})


def billed(cost, last=30, **fields):
    days = {"charged_from": FIRST, "charged_to": f"2026-09-{last:02d}"}
    return {"invoice_id": "1", **days, "provider": "acme", "billed_cost": cost, **fields}


def traced(team, tokens, cost, **fields):
    return call(
        "w", team=team, uncached_input_tokens=tokens, cost=cost, **{"started_at": f"{FIRST}T08:00:00", **fields}
    )


@dataclass(frozen=True)
class Spend:
    """Three files about the same money, and what they come to by hand."""

    files: dict[str, tuple[str, list[dict[str, Any]]]]
    """step -> table, rows"""
    costs: dict[str, Decimal]
    """team -> all-in cost"""
    tokens: dict[str, Decimal]
    metered: Decimal
    reasons: dict[str, Decimal]
    """of the whole difference of invoice and metered"""


RATES = [{"day": FIRST, "currency": "EUR", "rate": "1.25"}, {"day": "2026-09-16", "currency": "EUR", "rate": "1.5"}]
SPENDS = {
    # 600 tokens for 6: of these 100 and 200 traced for 1 and 2. The bill says 3: every dollar costs a half.
    "all three meet": Spend(
        {
            "calls": ("usage", [traced("red", 100, "1"), traced("blue", 200, "2")]),
            "exports": ("usage", [bucket(cost="6", uncached_input_tokens=600)]),
            "bill": ("billed", [billed("3")]),
        },
        {"red": D("0.5"), "blue": D(1), "Unassigned": D("1.5")},
        {"red": D(100), "blue": D(200), "Unassigned": D(300)},
        D(6), {"below list": D(-3)},
    ),
    # The gateway was down from noon: 3 of 10 dollars are traced. The bill has 2 dollars that no export holds.
    "calls miss half a day": Spend(
        {
            "calls": ("usage", [traced("red", 100, "1", started_at=f"{FIRST}T{hour}:00:00") for hour in (10, 11, 12)]),
            "exports": ("usage", [bucket(cost="10", uncached_input_tokens=1000, requests=10)]),
            "bill": ("billed", [billed("12")]),
        },
        {"red": D(3), "Unassigned": D(7 + 2)},
        {"red": D(300), "Unassigned": D(700)},
        D(10), {"billed not traced": D(2)},
    ),
    # 600 tokens are traced for 6, the export holds 400 for 4: nothing is posted. The bill says 3, a half of the traced.
    "calls exceed the bucket": Spend(
        {
            "calls": ("usage", [traced("red", 500, "5"), traced("blue", 100, "1")]),
            "exports": ("usage", [bucket(cost="4", uncached_input_tokens=400)]),
            "bill": ("billed", [billed("3")]),
        },
        {"red": D("2.5"), "blue": D("0.5")},
        {"red": D(500), "blue": D(100)},
        D(6), {"below list": D(-3)},
    ),
    # Calls without an account explain 150 of x's 300 tokens and 50 of y's 100; the money 1.5 of 3 and 0.5 of 1. Since
    # they name none, the bill is compared by provider: 3 for 4, three quarters of everything.
    "calls name no account": Spend(
        {
            "calls": ("usage", [traced("red", 200, "2")]),
            "exports": ("usage", [
                bucket(account="x", team="of x", cost="3", uncached_input_tokens=300),
                bucket(account="y", team="of y", cost="1", uncached_input_tokens=100),
            ]),
            "bill": ("billed", [billed("2", account="x"), billed("1", account="y")]),
        },
        {"red": D("1.5"), "of x": D("1.125"), "of y": D("0.375")},
        {"red": D(200), "of x": D(150), "of y": D(50)},
        D(4), {"below list": D(-1)},
    ),
    # 8 EUR at 1.25 are 10 dollars, 1 of them traced. 6 EUR of a bill are 0.2 a day: 15 x 0.25 + 15 x 0.3 = 8.25.
    "buckets and bill in another currency": Spend(
        {
            "calls": ("usage", [traced("red", 100, "1")]),
            "exports": ("usage", [bucket(cost="8", currency="EUR", uncached_input_tokens=1000)]),
            "bill": ("billed", [billed("6", currency="EUR")]),
        },
        {"red": D("0.825"), "Unassigned": D("7.425")},
        {"red": D(100), "Unassigned": D(900)},
        D(10), {"below list": D("-1.75")},
    ),
    # A bucket of four days leaves 8 of 9 dollars, 2 a day. Two days' bill says 2.5 for 1 + 2 + 2; the month's 6.5 leave
    # 4 for the other days, whose metered cost is 4.
    "a bucket of several days and two bills": Spend(
        {
            "calls": ("usage", [traced("red", 100, "1")]),
            "exports": ("usage", [bucket(4, cost="9", uncached_input_tokens=900)]),
            "bill": ("billed", [billed("6.5"), billed("2.5", 2, invoice_id="2")]),
        },
        {"red": D("0.5"), "Unassigned": D(2 + 4)},
        {"red": D(100), "Unassigned": D(800)},
        D(9), {"below list": D("-2.5")},
    ),
    # 6 dollars a day for two days, of which nobody used the second; 2 more by the call. The bill says 10 for 14:
    # 4 less, over the 6 and the 2 that lie on rows.
    "a commitment, its calls and its bill": Spend(
        {
            "calls": ("usage", [traced("red", 100, "50", service_tier="provisioned"), traced("blue", 100, "2")]),
            "exports": ("commitments", [
                {"commitment_id": "c", "provider": "acme", "valid_from": FIRST, "valid_to": "2026-09-02",
                 "unit": "PTU-day", "units": "2", "unit_rate": "3"},
            ]),
            "bill": ("billed", [billed("10")]),
        },
        {"red": D(3), "blue": D(1), "Unassigned": D(6)},
        {"red": D(100), "blue": D(100)},
        D(14), {"below list": D(-4)},
    ),
}  # fmt: skip


STEPS = ("calls", "exports", "bill")


def rows_of(step):
    """Table -> the rows of all spends, each at a provider and on invoices of its own."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, spend in SPENDS.items():
        table, rows = spend.files[step]
        for row in rows:
            own = {"invoice_id": f"{name} {row['invoice_id']}"} if table == "billed" else {}
            found.setdefault(table, []).append({**row, **own, "provider": name})
    return found


def told(books):
    """Provider -> cost and tokens by team, what was metered and invoiced, and why they differ."""
    costs, tokens = books.parts("all_in_cost", "provider", "team"), books.parts("tokens", "provider", "team")
    found = {}
    for name in SPENDS:
        rows = [row for row in books.reconciled() if row["provider"] == name]
        reasons: dict[str, Decimal] = {}
        for row in rows:
            for reason, amount in row["reasons"].items():
                reasons[reason] = reasons.get(reason, D(0)) + amount
        found[name] = (
            {team: cost for (provider, team), cost in costs.items() if provider == name and cost},
            {team: count for (provider, team), count in tokens.items() if provider == name and count},
            sum(row["metered"] for row in rows),
            sum(row["invoiced"] or 0 for row in rows),
            reasons,
        )
    return found


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """What is told after each step of each order: (order, what stands, when) -> told; and what `check` says."""
    template = tmp_path_factory.mktemp("template")
    with opened(template) as books:
        books.load(fx=RATES)
    found, breaches = {}, []
    for order in permutations(STEPS):
        folder = tmp_path_factory.mktemp("orders") / "order"
        shutil.copytree(template, folder)
        with opened(folder) as books:
            ids = {}
            for place, step in enumerate(order):
                ids[step] = books.load(**rows_of(step))
                found[order, frozenset(order[: place + 1]), "came"] = told(books)
            if order[0] < order[2]:  # once for each step in the middle
                found |= come_again(books, order, ids)
            breaches += books.breaches()
    return found, breaches


def come_again(books, order, ids):
    """What is told when the last file comes twice, and the middle one is undone and comes again."""
    first, middle, last = order
    assert all(books.give(*file).status == "unchanged" for file in rows_of(last).items())
    for import_id in ids[middle]:
        books.undo(import_id)
    left = told(books)
    books.load(**rows_of(middle))
    return {(order, frozenset((first, last)), "undone"): left, (order, frozenset(STEPS), "came again"): told(books)}


@pytest.mark.parametrize("name", SPENDS)
def test_one_dollar_counts_once_in_whatever_order_its_files_come(name, heard):
    spend = SPENDS[name]
    expected = spend.costs, spend.tokens, spend.metered, sum(spend.costs.values()), spend.reasons
    for when, by_provider in heard[0].items():
        if when[1] == frozenset(STEPS):
            assert expected == by_provider[name], when


@pytest.mark.parametrize("left", list(combinations(STEPS, 2)), ids=" and ".join)
def test_what_is_left_when_one_file_is_taken_back_is_what_the_others_give_alone(left, heard):
    told_of = [by_provider for when, by_provider in heard[0].items() if when[1] == frozenset(left)]

    assert len(told_of) == 3  # they came first in two orders, and were left in one
    assert all(each == told_of[0] for each in told_of)


def test_nothing_that_check_knows_is_broken(heard):
    assert not heard[1]
