"""The Teams page in its frame: every level adds up to the one above, a row leads one level down, names are text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access.links import Links
from app.metrics.catalogue import RUN, catalogue
from app.settings import Settings
from app.ui import drill
from app.warehouse.connect import close_current
from tests.conftest import Company
from tests.drill_world import (
    ALL,
    NASTY,
    NASTY_FLOW,
    OTHERS,
    SUPPORT,
    TRIAGE,
    call,
    column,
    key_of,
    look,
    make,
    press,
    table,
    words,
)

D = Decimal
TEAMS = "20_teams"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("drill"))


@pytest.fixture
def world(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page shows the small company on 21 November: last month is October."""
    monkeypatch.setenv("TOKENPNL_DB", str(database))
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")
    yield
    close_current()


def teams(**address: str | list[str]) -> AppTest:
    return look(TEAMS, **({"since": "2026-10-01", "until": "2026-10-31"} | address))


def costs(app: AppTest, name: str) -> dict[str, Decimal]:
    return {key: value for key, value in column(app, name, "all_in_cost").items() if value is not None}


def test_the_page_begins_with_the_teams_and_what_they_come_to(world):
    app = teams()

    assert costs(app, "by_team") == {"Support": D(SUPPORT), NASTY: D("2.5"), "Unassigned": D(4)}
    assert table(app, "by_team").total["all_in_cost"] == ALL
    assert "All teams cost $67.00 in October; 76.7% of 43 runs were trusted." in words(app)  # 33 of 43


def test_a_team_leads_to_its_workflows_and_a_workflow_to_its_runs(world):
    app = press(teams(), "level", 0)

    assert app.query_params["team"] == "Support"
    assert costs(app, "by_workflow") == {"triage": D(TRIAGE), "search": D(10)}
    assert sum(costs(app, "by_workflow").values()) == D(SUPPORT)
    assert "Support cost $60.50 in October, 90.3% of the company; 78.6% of its 42 runs were trusted." in words(app)

    app = press(app, "level", 0)

    assert app.query_params["workflow"] == "triage"
    assert len(costs(app, "runs")) == 41  # 40 runs, and the charge that belongs to none
    assert sum(costs(app, "runs").values()) == D(TRIAGE)
    assert costs(app, "runs")["t00"] == D("1.5")
    assert costs(app, "runs")["Unassigned"] == D(10)

    app = press(app, "runs", 0)

    assert app.title[0].value == "Run"
    assert app.query_params["run"] == "t00"


FILTERED = ("workflow", "provider", "token_class", "cost_component", RUN)
CUTS = [
    *(({}, by, D(ALL)) for by in (*catalogue().dimensions, RUN)),
    *(({"team": "Support"}, by, D(SUPPORT)) for by in FILTERED),
    *(({"model": "m1"}, by, D("50.5")) for by in ("team", *FILTERED)),  # 40 + 4 + 2.50 + 4: no tool, no charge, not s1
]


@pytest.mark.parametrize(("where", "by", "above"), CUTS, ids=str)
def test_the_parts_add_up_by_every_dimension(world, where, by, above):
    found = table(teams(by=by, **where), "runs" if by == RUN else f"by_{by}")

    assert sum(row["all_in_cost"] for row in found.rows if row["all_in_cost"] is not None) == above
    assert found.total["all_in_cost"] == above


def test_the_bars_split_the_cost_by_what_its_run_came_to(world):
    rows = {row["team"]: row for row in table(teams(), "by_team").rows}

    # trusted: 32 of triage, the tool's 0.50, and s1; not trusted: 6 of triage and s2; unverified: 2; no run: the charge
    split = [rows["Support"][part.name] for part in drill.OUTCOMES]
    assert split == [D("38.5"), D(10), D(2), D(10)]
    assert sum(split) == D(SUPPORT)


def test_the_chart_shows_what_the_table_does_and_has_a_name(world):
    chart = teams().get("plotly_chart")[0].proto
    bars = [trace for trace in json.loads(chart.spec)["data"] if trace["type"] == "bar"]

    assert sum(sum(trace["x"]) for trace in bars) == ALL


def test_ten_parts_and_the_rest_in_one_bar(company: Company):
    company.load(usage=[call(at, f"r{at}", team=f"team {at:02}", cost=str(20 - at)) for at in range(13)])
    app = teams()
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)

    assert "Other (3)" in chart["layout"]["yaxis"]["ticktext"]
    assert len(table(app, "by_team").rows) == 13


def test_a_rate_over_few_runs_says_so_and_is_given_with_its_interval(world):
    rows = {row["workflow"]: row for row in table(teams(team="Support"), "by_workflow").rows}

    assert rows["search"]["words"]["trusted_rate"] == "few (n = 2)"
    assert rows["search"]["words"]["cost_per_trusted_outcome"] == "few (n = 1)"
    assert rows["triage"]["interval"] == "65.2% – 89.5%"  # Wilson's for 32 of 40
    assert "trusted_rate" not in rows["triage"]["words"]


def test_figures_per_run_are_contributions_where_the_cut_is_finer(world):
    labels = {column.name: column.label for column in table(teams(by="model"), "by_model").columns}

    assert labels["cost_per_trusted_outcome"] == "Cost per trusted outcome (contribution)"
    assert labels["all_in_cost"] == "All-in cost"


def test_a_change_is_against_the_comparison_and_new_where_there_was_nothing(company: Company):
    company.load(usage=[
        call(1, "a", team="Old", cost="2.00", started_at="2026-09-05T10:00:00Z"),
        call(2, "b", team="Old", cost="3.00"), call(3, "c", team="New", cost="1.00"),
        call(4, "d", team="Gone", cost="7.00", started_at="2026-09-05T10:00:00Z"),
    ])  # fmt: skip
    found = table(teams(), "by_team")
    rows = {row["team"]: row for row in found.rows}

    assert rows["Old"]["change"] == D(1)
    assert rows["Old"]["words"]["change_share"] == "+50.0%"
    assert rows["New"]["words"]["change_share"] == "new"
    assert rows["Gone"]["words"]["change_share"] == "ended"
    assert found.total["change"] == D(-5)  # 4 against 9


def test_without_a_comparison_there_is_no_column_of_changes(world):
    assert "change" not in {column.name for column in table(teams(cmp="none"), "by_team").columns}


def test_a_part_of_time_leads_to_its_days(world):
    app = press(teams(by="week"), "level", 0)

    # From the 5th to the 11th: two runs of triage a day, the 2.50 of the 6th, and seven days of the charge.
    assert (app.query_params["from"], app.query_params["to"]) == ("2026-10-05", "2026-10-11")
    assert "by" not in app.query_params


def test_a_grouping_is_chosen_and_stands_in_the_address(world):
    app = teams()
    app.selectbox(key="group_by").set_value("customer").run()

    assert app.query_params["by"] == "customer"
    assert costs(app, "by_customer")["c0"] == D("14.5")  # 14 runs of triage and the tool


def test_names_with_markup_are_shown_as_they_are(world):
    app = teams(team=NASTY)
    said = [str(each.value) for each in app.markdown]

    assert costs(app, "by_workflow") == {NASTY_FLOW: D("2.5")}
    assert any("<b>Sales</b>" in text.replace("\\", "") for text in said)
    assert not any("<b>" in text or "](http" in text or "![" in text for text in said)


def test_days_without_spend_name_the_last_that_has_some(world):
    app = look(TEAMS, since="2026-09-01", until="2026-09-30", team="Retired")

    assert "Retired has no spend in these days. Last spend: 3 Aug 2026." in words(app)
    links = {link.label: link.proto.query_string for link in app.get("page_link")}
    assert "from=2026-08-01" in links["Go there"]
    assert "to=2026-08-03" in links["Go there"]


def test_rows_without_runs_are_said_to_be_buckets(company: Company):
    company.load(usage=[call(1, "", team="Support", workflow="triage", cost="4.00")])
    app = teams(workflow="triage")

    assert "No run ids in the loaded sources: rows are buckets, not runs." in words(app)
    assert costs(app, "runs") == {"Unassigned": D(4)}
    assert table(app, "runs").total["all_in_cost"] == D(4)


def test_without_outcomes_nobody_knows_what_was_trusted(company: Company):
    company.load(usage=[call(at, f"r{at}", team="Support") for at in range(40)])
    app = teams()
    row = table(app, "by_team").rows[0]

    assert {row["words"][name] for name in drill.OF_OUTCOMES} == {"no data"}
    assert "no outcome says which of 40 runs were trusted" in words(app)


def test_what_has_no_price_makes_the_cost_at_least(company: Company):
    company.load(usage=[call(1, "a", team="Support"), call(2, "b", team="Support", cost="", model="nobody-knows")])
    app = teams()

    assert table(app, "by_team").rows[0]["words"]["all_in_cost"] == "at least 1.00"
    assert "All teams cost at least $1.00 in October" in words(app)


def test_more_runs_than_are_listed_stand_in_one_row(company: Company):
    company.load(usage=[call(at, f"r{at:03}", team="Support", workflow="triage") for at in range(203)])
    found = table(teams(workflow="triage"), "runs")

    assert len(found.rows) == 201
    assert (found.rows[-1]["run_id"], found.rows[-1]["all_in_cost"]) == ("Other (3)", D(3))
    assert found.total["all_in_cost"] == D(203)


def test_the_reader_of_a_share_link_sees_one_team_and_opens_nothing(world, database):
    settings = Settings(db=database)
    params = {"from": ["2026-10-01"], "to": ["2026-10-31"], "team": ["Support"]}
    token = Links.of(settings).create(
        "teams",
        params,
        {"team": ["Support"]},
        date(2026, 10, 1),
        date(2026, 10, 31),
        by="",
        days=7,
        now=datetime.now(UTC),
    )[1]
    app = look(TEAMS, share=token)

    assert costs(app, "by_workflow") == {"triage": D(TRIAGE), "search": D(10)}
    assert "of the company" not in words(app)
    assert NASTY not in words(app)
    assert key_of(app, "level") not in app.session_state
    assert not app.selectbox


def test_the_small_company_is_what_its_figures_say():
    assert sum(D(row["cost"]) for row in OTHERS) == D("15.5")
