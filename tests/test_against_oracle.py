"""Two readings of the accounting rules meet: the product, and tests/oracle, on generated worlds."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import Phase, given, settings

from tests.oracle.product import Question, differences, load, opened, unreconciled
from tests.oracle.spends import spends
from tests.oracle.strategies import World, worlds

# A world takes seconds to load: smaller ones are looked for only where asked.
PHASES = tuple(Phase) if os.environ.get("ORACLE_SHRINK") else (Phase.explicit, Phase.reuse, Phase.generate)
SECOND, THIRD = date(2026, 9, 29), date(2026, 9, 30)
FIGURES = (
    Question(),
    Question(basis="metered"),
    Question(basis="invoiced"),
    Question(since=SECOND, until=THIRD),
)
PARTS_OF_RUNS = (
    Question(by=("team",)),
    Question(by=("day", "workflow")),
    Question(by=("product", "environment")),
    Question(by=("month", "region", "customer")),
    Question(by=("team", "use_case"), where={"workflow": ("claims", "Unassigned")}, until=THIRD),
    Question(where={"team": ("Unassigned",)}, basis="metered"),
    Question(by=("day",), basis="invoiced"),
)
PARTS_OF_CALLS = (
    Question(by=("provider", "model")),
    Question(by=("team", "role")),
    Question(by=("account", "project"), since=SECOND),
    Question(by=("service_tier",)),
    Question(by=("model",), basis="metered"),
    Question(by=("tag:shade", "api_key")),
)
FILTERS_ON_CALLS = (
    Question(where={"model": ("gpt-4o",)}),
    Question(by=("team",), where={"role": ("retry", "verify"), "provider": ("acme",)}),
    Question(by=("day",), where={"service_tier": ("Unassigned",)}, until=THIRD),
    Question(where={"model": ("house-1", "house-2"), "team": ("alpha",)}),
    Question(where={"tag:shade": ("dark",)}),
)


def agree(world: World, *questions: Question) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), world.time_zone) as warehouse:
        load(warehouse, world.imports, Path(folder))
        unlike = differences(warehouse, world, questions) + unreconciled(warehouse, world)
    assert not unlike, "\n".join(unlike[:20])


@settings(max_examples=int(os.environ.get("ORACLE_EXAMPLES", "6")), phases=PHASES)
@given(worlds())
def test_every_figure_is_what_a_second_reading_of_the_rules_gives(world):
    agree(world, *FIGURES, *PARTS_OF_RUNS, *PARTS_OF_CALLS, *FILTERS_ON_CALLS)


ONE_DOLLAR = (
    Question(),
    Question(basis="metered"),
    Question(basis="invoiced"),
    Question(by=("day", "team")),
    Question(by=("provider", "account", "model")),
    Question(by=("provider", "day"), basis="invoiced"),
    Question(by=("service_tier", "project"), since=SECOND, until=THIRD),
    Question(by=("team", "month"), where={"provider": ("acme", "ptu")}),
)


@settings(max_examples=int(os.environ.get("ORACLE_EXAMPLES", "4")), phases=PHASES)
@given(spends())
def test_one_dollar_is_once_what_a_second_reading_of_the_rules_gives(world):
    agree(world, *ONE_DOLLAR)
