"""A small company for the pages that drill down, with every figure known by hand. October 2026 costs 67 in all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from app.reports.table import Table
from app.ui import tables
from tests.promises import opened

MAIN = Path(__file__).resolve().parent.parent / "app/main.py"
NASTY = "<b>Sales</b> [x](http://evil.example) $1$ & `co`"
NASTY_FLOW = "*w* ![i](http://evil.example/i.png) | $2"
ALL, SUPPORT, TRIAGE = 67, "60.5", "50.5"

RULES = [
    {"workflow": "triage", "requires": "completed|!escalated"},
    {"workflow": "search", "requires": "completed"},
    {"workflow": NASTY_FLOW, "requires": "completed|safe"},
]


def call(number: int, run: str, **fields: Any) -> dict[str, Any]:
    """A call of October, at one dollar unless it says otherwise."""
    moment = f"2026-10-{number % 28 + 1:02}T10:00:0{number % 10}Z"
    plain = {"record_id": f"c{number}", "run_id": run, "started_at": moment, "provider": "acme", "model": "m1",
             "cost": "1.00", "uncached_input_tokens": "80", "output_tokens": "20", "status": "ok"}  # fmt: skip
    return plain | fields


def event(run: str, **fields: Any) -> dict[str, Any]:
    return {"event_id": f"e-{run}", "run_id": run, "occurred_at": "2026-10-30T12:00:00Z"} | fields


# 40 runs of triage: 32 trusted, 6 not completed, 2 of which nobody says anything. They cost 40, and a tool 0.50.
TRIAGES = [call(at, f"t{at:02}", team="Support", workflow="triage", customer=f"c{at % 3}") for at in range(40)]
SEARCHES = [
    call(101, "s1", team="Support", workflow="search", cost="6.00", model="m2"),
    call(102, "s2", team="Support", workflow="search", cost="3.00", status="error", attempt="1"),
    call(103, "s2", team="Support", workflow="search", cost="1.00", attempt="2", started_at="2026-10-19T10:00:06Z"),
]
OTHERS = [
    call(201, "n1", team=NASTY, workflow=NASTY_FLOW, cost="2.50"),
    call(301, "", cost="4.00"),  # no team and no run
    call(401, "old", team="Retired", workflow="gone", cost="9.00", started_at="2026-08-03T10:00:00Z"),
]
WORLD: dict[str, list[dict[str, Any]]] = {
    "workflows": RULES,
    "usage": [*TRIAGES, *SEARCHES, *OTHERS],
    "steps": [{"step_id": "k1", "run_id": "t00", "started_at": "2026-10-01T10:00:03Z",
               "ended_at": "2026-10-01T10:00:05Z", "kind": "tool", "name": "lookup", "cost": "0.50"}],
    "checks": [{"check_id": "p1", "run_id": "s2", "decided_at": "2026-10-19T10:01:00Z", "kind": "policy",
                "name": "refund limit", "result": "fail", "decided_by": "policy engine"}],
    "outcomes": [
        *(event(f"t{at:02}", completed=str(at < 32).lower(), escalated="false", revenue="3.00") for at in range(38)),
        event("s1", completed="true", revenue="20.00"),
        event("s2", completed="false"),
        event("n1", completed="true"),  # nobody says whether it is safe
    ],
    "charges": [{"charge_id": "x1", "charged_from": "2026-10-01", "charged_to": "2026-10-31", "component":
                 "infrastructure", "amount": "10.00", "team": "Support", "workflow": "triage"}],
}  # fmt: skip


def make(folder: Path, world: dict[str, list[dict[str, Any]]] | None = None) -> Path:
    """The database of a world, closed again."""
    with opened(folder) as books:
        books.load(**(world or WORLD))
        return books.warehouse.path


def look(page: str, **address: str | list[str]) -> AppTest:
    """A page at an address, drawn in its frame."""
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    for key, value in address.items():
        app.query_params[{"since": "from", "until": "to"}.get(key, key)] = value
    app.run()
    if page:
        app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def table(app: AppTest, name: str) -> Table:
    """A table of the page, as its files have it."""
    return next(each for each in app.session_state[tables.OFFERED] if each.name == name)


def column(app: AppTest, name: str, of: str) -> dict[Any, Any]:
    """One column of a table by its first one."""
    found = table(app, name)
    return {row[found.columns[0].name]: row.get(of) for row in found.rows}


def key_of(app: AppTest, key: str) -> str:
    """The key under which a table or chart stands in the page: it is made of the view, as `charts.placed` makes it."""
    address = json.dumps(app.session_state["view"].params(), sort_keys=True)
    return f"{key}_{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def press(app: AppTest, key: str, place: int) -> AppTest:
    """Chooses a row of the table that was placed under a key, as it is shown: the largest first."""
    app.session_state[key_of(app, key)] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    app.run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def words(app: AppTest) -> str:
    """Everything that the page says, without the signs that escape a name."""
    kinds = ("title", "subheader", "markdown", "caption", "code", "info", "warning", "error")
    said = "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
    return said.replace("\\", "").replace("\u2060", "")
