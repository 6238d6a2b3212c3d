"""The Run page in its frame: eight questions in order, cost that adds up, what failed, and who may not look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access.links import Links
from app.metrics.question import Viewer
from app.metrics.runs import UnknownRunError, run_document
from app.settings import Settings
from app.warehouse.connect import close_current, open_warehouse
from tests.conftest import Company
from tests.drill_world import NASTY_FLOW, call, event, look, make, press, table, words

D = Decimal
QUESTIONS = [
    "1 Which workflow?",
    "2 Which route?",
    "3 Which context?",
    "4 Which tools?",
    "5 Which checks?",
    "6 What did it cost?",
    "7 What was produced?",
    "8 Was it trusted?",
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("run"))


@pytest.fixture
def world(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TOKENPNL_DB", str(database))
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")
    yield
    close_current()


def run(run_id: str, **address: str) -> AppTest:
    return look("detail/run", **({"since": "2026-10-01", "until": "2026-10-31", "run": run_id} | address))


def headings(app: AppTest) -> list[str]:
    return [each.value for each in app.subheader]


def time_line(app: AppTest) -> list[dict[str, object]]:
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    return list(figure["data"])


def test_the_eight_questions_stand_in_their_order_and_the_calls_follow(world):
    app = run("s2")

    assert [heading for heading in headings(app) if heading in QUESTIONS] == QUESTIONS
    assert headings(app)[-1] == "Calls"


def test_the_run_says_first_what_it_came_to_and_what_it_cost(world):
    # 3.00 of the call that failed, 1.00 of the one that did it again; each has 100 tokens
    assert "Not trusted: not completed. Cost $4.00; 50.0% of its tokens were retries." in words(run("s2"))
    assert "Trusted. Cost $1.50; 0% of its tokens were retries." in words(run("t00"))
    assert "Unverified: no outcome. Cost $1.00" in words(run("t39"))


def test_the_components_add_up_to_the_cost(world):
    found = table(run("t00"), "components")

    assert {row["component"]: row["amount"] for row in found.rows}["Tools"] == D("0.5")
    assert sum(row["amount"] for row in found.rows) == found.total["amount"] == D("1.5")


def test_the_time_line_marks_what_failed_and_hatches_what_was_done_again(world):
    traces = {trace["name"]: trace for trace in time_line(run("s2"))}

    assert traces["Retry or thrown away"]["marker"]["pattern"]["shape"] == "/"
    assert traces["Failed"]["y"] == [0, 2]  # the first call, and the check at the end
    assert traces["Model call"]["y"] == [1]
    assert traces["Evaluation"]["y"] == [2]


def test_the_time_line_tells_its_figures_to_who_cannot_see_it(world):
    chart = run("t00").get("plotly_chart")[0].proto

    assert "2 events" in chart.alt
    assert "0 failed" in chart.alt


def test_calls_name_tokens_cost_price_file_and_line(world):
    found = table(run("s2"), "calls")
    first = found.rows[0]

    assert (first["record_id"], first["cost"], first["price"]) == ("c102", D(3), "stated by the source")
    assert (first["uncached_input_tokens"], first["output_tokens"]) == (80, 20)
    assert (first["line"], first["named"]) == (43, "the row")  # one line of names, 40 of triage, s1 before it
    assert found.total["cost"] == D(4)


def test_a_call_is_opened_on_the_page_of_its_run(world):
    app = press(run("s2"), "calls", 1)

    assert app.query_params["call"] == "c103"
    assert "Call c103" in words(app)
    assert "Metered cost: **$1.00**" in words(app)


def test_the_price_of_every_class_and_the_rule_that_named_the_team_are_said(company: Company):
    company.load(
        prices=[{"provider": "acme", "model": "m1", "input_per_1m": "2", "output_per_1m": "10"}],
        assignments=[{"rule_id": "by key", "match_api_key": "k*", "team": "Ruled"}],
        usage=[call(1, "a", cost="", api_key="k1")],
    )
    app = run("a", call="c1")
    said = words(app)

    assert table(app, "calls").rows[0]["cost"] == D("0.00036")  # 80 x 2 + 20 x 10 per million
    assert "Price of 1M input: **$2.00**" in said
    assert "Price of 1M output: **$10.00**" in said
    assert "Price used: **001_prices.csv, line 2**" in said
    assert "Team named by: **rule by key (002_assignments.csv, line 2)**" in said


def test_a_call_without_a_price_is_unpriced_and_the_cost_at_least(company: Company):
    company.load(usage=[call(1, "a"), call(2, "a", cost="", model="nobody-knows")])
    app = run("a", call="c2")

    assert "Cost at least $1.00" in words(app)
    assert "Metered cost: **unpriced**" in words(app)


def test_what_no_source_says_reads_not_reported(world):
    said = words(run("t00"))

    assert "Region: **not reported**" in said
    assert "Evidence: **not reported**" in said
    assert "No check was reported." in said
    assert "None" not in said


def test_the_runs_before_and_after_are_those_of_the_list(world):
    links = {link.label: link.proto.query_string for link in run("t00", workflow="triage").get("page_link")}

    assert "run=t01" in links["Next run"]  # the dearest is t00, then all cost the same and stand by name
    assert "Previous run" not in links
    assert "workflow=triage" in links["Next run"]
    links = {link.label: link.proto.query_string for link in run("t01", workflow="triage").get("page_link")}
    assert "run=t00" in links["Previous run"]


def test_the_id_can_be_copied(world):
    assert "t00" in [block.value for block in run("t00").code]


def test_names_with_markup_are_shown_as_they_are(world):
    app = run("n1")
    said = [str(each.value) for each in app.markdown]

    assert any("<b>Sales</b>" in text.replace("\\", "") for text in said)
    assert NASTY_FLOW in words(app)
    assert not any("<b>" in text or "](http" in text for text in said)
    assert "Unverified: safe not reported" in words(app)


@pytest.mark.parametrize("run_id", ["nobody", "<b>x</b>"])
def test_a_run_that_nobody_knows_is_said_to_be_missing(world, run_id):
    app = run(run_id)

    assert "This run is not here" in headings(app)
    assert f"“{run_id}”" in words(app)
    assert "Go to the teams" in [link.label for link in app.get("page_link")]


def test_without_a_run_the_page_says_where_to_choose_one(world):
    assert "No run is chosen" in headings(look("detail/run"))


def test_a_reader_of_one_team_does_not_open_a_run_of_another(world, database):
    days = {"from": ["2026-10-01"], "to": ["2026-10-31"], "team": ["Support"]}

    def shared(run_id: str) -> AppTest:
        token = Links.of(Settings(db=database)).create(
            "run", days | {"run": [run_id]}, {"team": ["Support"]}, date(2026, 10, 1), date(2026, 10, 31),
            by="", days=7, now=datetime.now(UTC),
        )[1]  # fmt: skip
        return look("detail/run", share=token)

    assert "8 Was it trusted?" in headings(shared("t00"))
    assert "This run is not here" in headings(shared("n1"))
    assert "<b>Sales" not in words(shared("n1"))


@pytest.mark.parametrize(
    ("viewer", "run_id", "opens"),
    [
        (Viewer(), "n1", True),
        (Viewer(where={"team": ("Support",)}), "s2", True),
        (Viewer(where={"team": ("Support",)}), "n1", False),
        (Viewer(where={"model": ("m1",)}), "s2", True),
        (Viewer(where={"model": ("m1",)}), "s1", False),
        (Viewer(since=date(2026, 10, 1), until=date(2026, 10, 31)), "s2", True),
        (Viewer(since=date(2026, 10, 1), until=date(2026, 10, 10)), "s2", False),
    ],
    ids=str,
)
def test_a_run_is_opened_only_by_who_may_see_all_of_it(database, viewer, run_id, opens):
    with closing(open_warehouse(database, Settings(db=database))) as warehouse, closing(warehouse.cursor()) as con:
        if opens:
            assert run_document(con, run_id, viewer)["run_id"] == run_id
        else:
            with pytest.raises(UnknownRunError, match="There is no run"):
                run_document(con, run_id, viewer)


def test_a_row_of_another_team_keeps_the_run_closed(company: Company):
    company.load(
        usage=[call(1, "a", team="Mine"), call(2, "a", team="Theirs")], outcomes=[event("a", completed="true")]
    )
    with closing(company.warehouse.cursor()) as con, pytest.raises(UnknownRunError):
        run_document(con, "a", Viewer(where={"team": ("Mine",)}))
