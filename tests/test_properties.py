"""What holds of every figure, whatever was loaded: parts add up, undo undoes, order and repetition do not matter."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.warehouse.connect import Warehouse
from ingest import pipeline
from tests.oracle.columns import COMPONENTS
from tests.oracle.money import Rates
from tests.oracle.product import Question, ask, load, opened, reconciled
from tests.oracle.spends import spends
from tests.oracle.standing import Import, standing
from tests.oracle.standing_bills import bill_of, bill_rows, cells_of, sides_of, standing_cells
from tests.oracle.standing_bills import total as billed_in
from tests.oracle.strategies import FIRST, World, worlds

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "2"))
# A world takes seconds to load: smaller ones are looked for only where asked.
PHASES = tuple(Phase) if os.environ.get("ORACLE_SHRINK") else (Phase.explicit, Phase.reuse, Phase.generate)
ADDITIVE = ("all_in_cost", "model_cost", "tokens", "unpriced_tokens", *(f"cost_{name}" for name in COMPONENTS))
COUNTED = ("runs", "trusted", "successful", "user_requests", "unverified", "provisional")
CUTS_OF_RUNS = (("day",), ("month",), ("team",), ("workflow", "product"), ("use_case",), ("environment", "day"))
CUTS_OF_CALLS = (("model",), ("provider", "role"), ("team", "service_tier"), ("project",), ("tag:shade",))
SNAPSHOT = (
    Question(),
    Question(basis="invoiced"),
    Question(by=("day", "team", "workflow")),
    Question(by=("model", "role", "service_tier")),
    Question(by=("team",), where={"provider": ("acme",)}),
)


@contextmanager
def loaded(world: World, imports: Sequence[Import] | None = None) -> Iterator[tuple[Warehouse, Path]]:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), world.time_zone) as warehouse:
        load(warehouse, world.imports if imports is None else imports, Path(folder))
        yield warehouse, Path(folder)


def snapshot(warehouse: Warehouse) -> list[list[Any]]:
    """Everything that the questions say, and what reconcile does, in an order of its own."""
    found = [sorted(map(_plain, ask(warehouse, question)), key=str) for question in SNAPSHOT]
    return [*found, sorted(map(_plain, reconciled(warehouse)), key=str)]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.normalize() if isinstance(value, Decimal) else value for name, value in sorted(row.items())}


def total(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(str(row[name] or 0)) for row in rows), Decimal(0))


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(worlds())
def test_the_parts_of_every_cut_add_up_to_the_whole(world):
    with loaded(world) as (warehouse, _):
        whole = ask(warehouse, Question())
        for by in CUTS_OF_RUNS + CUTS_OF_CALLS:
            parts = ask(warehouse, Question(by=by))
            for name in ADDITIVE + (COUNTED if by in CUTS_OF_RUNS else ()):
                assert total(whole, name) == total(parts, name), (by, name)
        for parts in (whole, ask(warehouse, Question(by=("team", "model")))):
            for row in parts:
                assert total([row], "all_in_cost") == sum(total([row], f"cost_{name}") for name in COMPONENTS)
        assert total(whole, "tokens") == total(ask(warehouse, Question(by=("token_class",))), "tokens")
        assert total(whole, "all_in_cost") == total(ask(warehouse, Question(by=("cost_component",))), "all_in_cost")


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(worlds(), st.integers(0, 5))
def test_the_days_of_a_range_add_up_to_the_range(world, length):
    since = FIRST.date()
    days = [since + timedelta(days=number) for number in range(length + 1)]
    with loaded(world) as (warehouse, _):
        whole = ask(warehouse, Question(since=since, until=days[-1]))
        parts = [row for day in days for row in ask(warehouse, Question(since=day, until=day))]
        before = ask(warehouse, Question(until=since - timedelta(days=1)))
        after = ask(warehouse, Question(since=days[-1] + timedelta(days=1)))
        ever = ask(warehouse, Question())
    for name in ADDITIVE + COUNTED:
        assert total(whole, name) == total(parts, name), name
        assert total(ever, name) == total([*before, *whole, *after], name), name


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(worlds(), st.data())
def test_undo_leaves_what_the_survivors_give_in_an_empty_database(world, data):
    undone = data.draw(st.sets(st.sampled_from([one.number for one in world.imports] or [0])))
    imports = [replace(one, undone=one.number in undone) for one in world.imports]
    with loaded(world, imports) as (warehouse, _):
        after = snapshot(warehouse)
    with loaded(world, [one for one in imports if not one.undone]) as (warehouse, _):
        survivors = snapshot(warehouse)
    assert survivors == after


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(worlds())
def test_importing_again_or_rebuilding_changes_nothing(world):
    imports = [replace(one, undone=False) for one in world.imports]
    with loaded(world, imports) as (warehouse, folder):
        first = snapshot(warehouse)
        load(warehouse, imports, folder)
        again = snapshot(warehouse)
        pipeline.rebuild(warehouse)
        rebuilt = snapshot(warehouse)
    assert first == again
    assert first == rebuilt


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_imports_does_not_matter_when_each_says_its_time(world, random):
    stated = datetime.combine(date(2026, 10, 10), datetime.min.time())
    imports = [replace(one, as_of=stated + timedelta(hours=one.number), undone=False) for one in world.imports]
    shuffled = random.sample(imports, len(imports))
    with loaded(world, imports) as (warehouse, _):
        given_order = snapshot(warehouse)
    with loaded(world, shuffled) as (warehouse, _):
        other_order = snapshot(warehouse)
    assert given_order == other_order


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(spends())
def test_the_ledger_equals_the_invoice_and_the_reasons_are_the_difference(world):
    with loaded(world) as (warehouse, _):
        invoiced = {
            row["provider"]: total([row], "all_in_cost")
            for row in ask(warehouse, Question(("provider",), basis="invoiced"))
        }
        rows = reconciled(warehouse)
    for provider, amount in billed(world).items():
        assert amount == invoiced.get(provider, 0), provider
    for row in rows:
        assert (row["invoiced"] or 0) - row["metered"] == sum(row["reasons"].values()), row
        assert row["difference"] is None or row["difference"] == row["invoiced"] - row["metered"]
    assert sum(invoiced.values()) == sum(row["invoiced"] or 0 for row in rows)


def billed(world: World) -> dict[str, Decimal]:
    """Provider -> what its bills say, those of the same days once; as they stand, whatever they are compared with."""
    rates = Rates("USD")
    for row in standing(list(world.imports), "fx"):
        rates.add(row["day"], row["currency"], row["rate"])
    rows = bill_rows(standing(list(world.imports), "billed"))
    unknown = {bill_of(row) for row in rows for cell in cells_of(row, rates) if cell.amount is None}
    known = [row for row in rows if bill_of(row) not in unknown]
    return {
        provider: sum((billed_in(standing_cells(side, rates)) for side in sides_of(own, [], [])), Decimal(0))
        for provider in {row["provider"] for row in known}
        for own in [[row for row in known if row["provider"] == provider]]
    }


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(spends(), st.randoms(use_true_random=False))
def test_no_order_of_imports_and_undos_changes_what_one_dollar_was(world, random):
    stated = datetime.combine(date(2026, 10, 10), datetime.min.time())
    imports = [replace(one, as_of=stated + timedelta(hours=one.number)) for one in world.imports]
    with loaded(world, imports) as (warehouse, folder):
        given_order = snapshot(warehouse)
    shuffled = random.sample(imports, len(imports))
    gone = {one.number for one in random.sample(imports, len(imports) // 3)}
    with loaded(world, [replace(one, undone=one.number in gone) for one in shuffled]) as (warehouse, folder):
        load(warehouse, [one for one in shuffled if one.number in gone], folder)
        assert given_order == snapshot(warehouse)
        pipeline.rebuild(warehouse)
        assert given_order == snapshot(warehouse)
