"""Where it comes from: sums, parts and rows of every figure add up to it; each row names its file, line and price."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.metrics.ask import ask
from app.metrics.catalogue import RUN, catalogue
from app.metrics.provenance import provenance
from app.metrics.question import Question, Viewer
from app.metrics.run_list import run_list
from app.warehouse.connect import close_current
from tests import little_world
from tests.conftest import TODAY, Company
from tests.drill_world import ALL, call, look, make, press, table, words
from tests.promises import Books, opened

D = Decimal
SUMS = [name for name, measure in catalogue().measures.items() if measure.kind == "sum"]
FILTERS = [
    {},
    {"team": ("red",)},
    {"workflow": ("trust",)},
    {"model": ("m1",)},
    {"provider": ("cheap",), "team": ("red", "blue")},
    {"token_class": ("retry",)},
    {"cost_component": ("true_up", "input", "tool")},
    {"team": ("Unassigned",)},
]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with opened(tmp_path_factory.mktemp("little"), time_zone=little_world.ZONE) as books:
        books.undo(little_world.load(books))
        yield books


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("figure"))


@pytest.fixture
def world(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TOKENPNL_DB", str(database))
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")
    yield
    close_current()


def figure(metric: str, **address: str) -> AppTest:
    return look("detail/figure", **({"since": "2026-10-01", "until": "2026-10-31", "metric": metric} | address))


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_the_rows_behind_every_sum_add_up_to_it(books, where):
    with closing(books.warehouse.cursor()) as con:
        asked = ask(con, Question(tuple(SUMS), where=where), Viewer(), TODAY).rows[0]
        for name in SUMS:
            found = provenance(con, name, Question((), where=where), Viewer(), TODAY, listed=3)
            added = sum(row["amount"] for row in (*found.rows, *found.rest))

            assert added == (asked[name] or 0), name
            assert found.members == len(found.rows) + sum(row["members"] for row in found.rest)


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_the_runs_of_every_filter_add_up_to_it(books, where):
    names = ("all_in_cost", "tokens", "runs", "trusted", "unverified", "margin", "cost_with_run")
    with closing(books.warehouse.cursor()) as con:
        asked = ask(con, Question(names, where=where), Viewer(), TODAY).rows[0]
        found = run_list(con, Question(names, where=where), Viewer(), TODAY, listed=2)
    parts = [*found.rows, *([found.rest] if found.rest else []), *([found.loose] if found.loose else [])]
    for name in names:
        assert sum(part[name] or 0 for part in parts) == (asked[name] or 0) == (found.total[name] or 0), name
    assert len(found.rows) <= 2


def test_runs_are_listed_by_cost_and_say_what_they_came_to(books):
    with closing(books.warehouse.cursor()) as con:
        found = run_list(con, Question(("all_in_cost",), where={"workflow": ("trust",)}), Viewer(), TODAY)

    assert [(row["run_id"], row["all_in_cost"]) for row in found.rows] == [
        ("t1", D("1.7")), ("t2", D("1.2")), ("t3", D("1.2")), ("t4", D("1.2")),
    ]  # fmt: skip
    assert [(row["is_trusted"], row["is_unverified"], row["is_reopened"]) for row in found.rows] == [
        (True, False, False), (False, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    assert (found.rest, found.loose) == (None, None)


def test_a_viewer_gets_no_row_of_another_team(books):
    viewer = Viewer(where={"team": ("red",)})
    with closing(books.warehouse.cursor()) as con:
        rows = provenance(con, "all_in_cost", Question(()), viewer, TODAY).rows
        runs = run_list(con, Question(("all_in_cost",)), viewer, TODAY)

    assert {row["team"] for row in rows} == {"red"}
    assert [row["run_id"] for row in runs.rows] == ["c1"]
    early = Viewer({"team": ("red",)}, until=date(2026, 9, 6))
    with closing(books.warehouse.cursor()) as con:
        kinds = {row["kind"] for row in provenance(con, "all_in_cost", Question(()), early, TODAY).rows}
    assert kinds <= {"charge", "bill"}


def test_every_row_names_its_file_and_line(books):
    with closing(books.warehouse.cursor()) as con:
        rows = provenance(con, "all_in_cost", Question(()), Viewer(), TODAY).rows

    assert {row["kind"] for row in rows} >= {"call", "event", "review", "charge", "bill"}
    assert all(row["file"] and row["line"] for row in rows)
    assert all(row["import_id"] for row in rows)


def test_what_has_no_rate_is_listed_in_its_own_currency(books):
    with closing(books.warehouse.cursor()) as con:
        found = provenance(con, "unconverted", Question(()), Viewer(), TODAY)

    assert [(row["amount"], row["currency"]) for row in found.rows] == [(D(10), "GBP")]


def test_run_is_no_filter_and_not_offered_as_one():
    assert RUN not in catalogue().dimensions
    assert catalogue().dimension(RUN).of == "run"


def test_a_metric_shows_its_two_sums_and_what_the_upper_one_is_made_of(world):
    app = figure("cost_per_trusted_outcome")
    sums = {row["figure"]: row["words"]["now"] for row in table(app, "sums").rows}
    parts = {row["cost_component"]: row["now"] for row in table(app, "parts").rows}

    assert sums == {"Cost per trusted outcome": "$2.03", "All-in cost": "$67.00", "Trusted outcomes": "33"}
    assert parts["Infrastructure"] == D(10)
    assert parts["Tools"] == D("0.5")
    assert sum(parts.values()) == table(app, "parts").total["now"] == ALL


def test_the_listed_rows_add_up_to_the_upper_sum(world):
    found = table(figure("cost_per_trusted_outcome"), "rows")

    assert sum(row["amount"] for row in found.rows) == found.total["amount"] == ALL
    assert (found.rows[0]["kind_said"], found.rows[0]["amount"]) == ("Charge", D(10))
    assert found.rows[1]["price"] == "stated by the source"


def test_a_row_leads_to_its_run_and_call(world):
    app = press(figure("cost_per_trusted_outcome"), "rows", 1)  # s1, after the charge

    assert app.title[0].value == "Run"
    assert (app.query_params["run"], app.query_params["call"]) == ("s1", "c101")
    assert "Call c101" in words(app)


def test_a_row_without_a_run_leads_to_its_import(world):
    app = press(figure("all_in_cost"), "rows", 0)

    assert app.title[0].value == "Imports"
    assert app.query_params["import"] == "i000006"


def test_a_sum_has_a_page_of_its_own(world):
    app = press(figure("cost_per_trusted_outcome"), "sums", 2)

    assert app.query_params["metric"] == "trusted"
    assert sum(row["amount"] for row in table(app, "rows").rows) == 33


@pytest.mark.parametrize("name", [*catalogue().metrics, "users", "latency", "unconverted", "unpriced_tokens"])
def test_every_figure_of_the_catalogue_has_its_page(world, name):
    app = figure(name)

    assert not app.error
    assert "None" not in words(app)


def test_a_margin_begins_with_what_outcomes_brought(world):
    parts = {row["cost_component"]: row["now"] for row in table(figure("margin"), "parts").rows}

    assert parts["Revenue and savings of trusted outcomes"] == D(116)  # 32 x 3 + 20
    assert sum(parts.values()) == D(116) - ALL


def test_under_a_filter_finer_than_a_run_the_rows_are_those_of_whole_runs(world):
    app = figure("cost_per_trusted_outcome", model="m2")  # only s1 used it

    assert table(app, "rows").total["amount"] == D(6)
    assert "whole cost of the runs that remain" in words(app)


def test_more_rows_than_are_listed_stand_in_one(company: Company):
    company.load(usage=[call(at, f"r{at}") for at in range(203)])
    found = table(figure("all_in_cost"), "rows")

    assert len(found.rows) == 201
    assert (found.rows[-1]["row"], found.rows[-1]["amount"]) == ("Other (3)", D(3))
    assert found.total["amount"] == D(203)


def test_without_a_figure_the_page_says_where_one_is_chosen(world):
    assert "No figure is chosen" in [each.value for each in look("detail/figure").subheader]
