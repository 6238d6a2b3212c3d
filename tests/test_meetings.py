"""Small worlds in which two readings of the rules once parted; each name is the rule."""

from __future__ import annotations

import pytest

from tests.oracle.product import Question
from tests.oracle.standing import Import
from tests.oracle.strategies import World
from tests.test_against_oracle import agree
from tests.test_oracle import TRUSTED, bill, call, event

CHECK = {
    "check_id": "k",
    "run_id": "r",
    "decided_at": "2026-09-01T00:00:00",
    "kind": "policy",
    "name": "n",
    "cost": "0.5",
}
CHECKED = [
    Import(1, "usage", [call("a", run_id="r", cost="1")]),
    Import(2, "checks", [CHECK]),
    Import(3, "billed", [bill("b", "2")]),
]
EVEN = {"charge_id": "c", "charged_from": "2026-09-01", "component": "other", "amount": "7e-12", "split_by": "even"}
CASES = {
    "an event that an undone import moved to another run returns to its run": (
        [
            Import(1, "outcomes", [event("e", "r1", **TRUSTED)]),
            Import(2, "outcomes", [event("e", "r2", **TRUSTED)], undone=True),
        ],
        [Question()],
    ),
    "a call that an undone import moved to another run returns to its run": (
        [
            Import(1, "usage", [call("a", run_id="r1", cost="1")]),
            Import(2, "usage", [call("a", run_id="r2", cost="2")], undone=True),
        ],
        [Question()],
    ),
    "on the invoiced basis the components are those of the invoiced cost": (CHECKED, [Question(basis="invoiced")]),
    "filtered by a model the components are those of its calls": (CHECKED, [Question(where={"model": ("m1",)})]),
    "a filter on Unassigned selects what the part Unassigned shows": (
        CHECKED,
        [Question(where={"role": ("Unassigned",)}), Question(by=("role",))],
    ),
    "a tax without a rate is unconverted": (
        [
            Import(1, "usage", [call("a", cost="1")]),
            Import(2, "billed", [bill("b", "2", currency="JPY") | {"charge_category": "tax"}]),
        ],
        [Question()],
    ),
    "a bill without a rate is unconverted and explains nothing": (
        [Import(1, "usage", [call("a", cost="1")]), Import(2, "billed", [bill("b", "2", currency="JPY")])],
        [Question(), Question(basis="invoiced")],
    ),
    "uncached input that a call leaves open is compared together with the cache": (
        [
            Import(
                1,
                "usage",
                [
                    call("a", cache_read_tokens="500", cost="1") | {"uncached_input_tokens": ""},
                    call("b", grain="bucket", cost="3", cache_read_tokens="0"),
                ],
            )
        ],
        [Question()],
    ),
    "by model the revenue stands in the part Unassigned": (
        [
            Import(1, "usage", [call("a", run_id="r", cost="1")]),
            Import(2, "outcomes", [event("e", "r", revenue="5", **TRUSTED)]),
        ],
        [Question(by=("model",))],
    ),
    "a margin is the sum of what is known": (
        [Import(1, "outcomes", [event("e", "r", revenue="5", **TRUSTED)])],
        [Question()],
    ),
    "a step keeps to its run, whatever workflow it names": (
        [
            Import(1, "usage", [call("a", run_id="r", cost="1", workflow="w")]),
            Import(
                2,
                "steps",
                [
                    {
                        "step_id": "s",
                        "run_id": "r",
                        "started_at": "2026-09-01T00:00:00",
                        "kind": "tool",
                        "workflow": "v",
                        "cost": "2",
                    }
                ],
            ),
        ],
        [Question(by=("workflow",))],
    ),
    "of equal remainders the first pair by name has the unit, a blank one is called Unassigned": (
        [
            Import(
                1,
                "usage",
                [call(f"u{n}", cost="1", team=team) for n, team in enumerate(("zeta", "", "Alpha", "beta", "eta"))],
            ),
            Import(2, "charges", [EVEN]),
        ],
        [Question(by=("team", "workflow"))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_readings_agree_that(name):
    imports, questions = CASES[name]
    agree(World(tuple(imports)), *questions)
