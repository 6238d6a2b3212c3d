"""Tables on screen: sorted by numbers, read in words, the total apart, a row that opens."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from app.reports.table import WORDS, Column, Table
from app.ui import clicks, navigate, tables
from tests.bare import bare

COLUMNS = [
    Column("team", "Team", "text"),
    Column("cost", "All-in cost", "money"),
    Column("runs", "Runs", "count"),
    Column("rate", "Trusted rate", "ratio"),
]
SUPPORT = {"team": "Support", "cost": Decimal("6120.00"), "runs": 5650, "rate": Decimal("0.781")}
CODING = {"team": "Coding", "cost": Decimal("41220.10"), "runs": 18_908, "rate": Decimal("0.5")}
LEGAL = {"team": "Legal", "cost": None, "runs": 0, "rate": None}
REST = {"team": "Other (2)", "cost": Decimal(90000), "runs": 7, "rate": Decimal("0.9"), "is_other": True}
NOBODY = {"team": "Unassigned", "cost": Decimal(99999), "runs": 0, "rate": None}
TOTAL = {"cost": Decimal("237339.10"), "runs": 24_565, "rate": Decimal("0.56")}
ROWS = [NOBODY, SUPPORT, REST, LEGAL, CODING]
TEAMS = Table("teams", "Teams", COLUMNS, ROWS, TOTAL, "USD")


@pytest.fixture
def left(monkeypatch):
    """Where clicks have led."""
    found = []
    monkeypatch.setattr(navigate, "go", lambda params, page=None: found.append((page, params)))
    return found


def into(row):
    return None, {"team": [row["team"]]}


def grid(app):
    """The first grid as it is drawn: what it sorts by."""
    return app.dataframe[0].value


def test_the_largest_comes_first_no_data_after_it_and_what_is_nobodys_last():
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost")).run()

    assert list(grid(app)["team"]) == ["Coding", "Support", "Legal", "Other (2)", "Unassigned"]


def test_rows_stay_as_they_come_where_nothing_is_said_but_nobodys_are_last():
    app = bare(lambda: tables.table(TEAMS, key="teams")).run()

    assert list(grid(app)["team"]) == ["Support", "Legal", "Coding", "Other (2)", "Unassigned"]


def test_the_address_says_the_order():
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost"), {"sort": ["rate"]}).run()

    assert list(grid(app)["team"])[:2] == ["Support", "Coding"]


def test_an_order_that_the_table_does_not_have_is_left_alone():
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost"), {"sort": ["nothing"]}).run()

    assert grid(app)["team"][0] == "Coding"


def test_a_cell_sorts_by_its_number_and_reads_as_its_words():
    few = {**SUPPORT, WORDS: {"rate": "few (n = 7)"}}
    table = Table("teams", "Teams", COLUMNS, [few, CODING], currency="USD")
    app = bare(lambda: tables.table(table, key="teams")).run()

    assert list(grid(app)["rate"]) == [0.781, 0.5]
    assert "few (n = 7)" in shown_words(app)
    assert "50.0%" in shown_words(app)
    assert "41,220.10" in shown_words(app)


def test_a_cell_without_a_number_can_have_words_too():
    columns = [*COLUMNS, Column("day", "Last day", "date")]
    row = {"team": "Unassigned", "cost": None, "day": None, WORDS: {"cost": "n/a", "day": "not yet"}}
    table = Table("teams", "Teams", columns, [{**SUPPORT, "day": date(2026, 10, 31)}, row], currency="USD")
    app = bare(lambda: tables.table(table, key="teams", sort="cost")).run()

    assert {"n/a", "not yet", "31 Oct 2026"} <= shown_words(app)
    assert not grid(app)["cost"].isna().any()  # what is missing would read "no data", whatever its words


def shown_words(app):
    """What the cells of the first grid read."""
    styled = app.dataframe[0].proto.arrow_data.styler.display_values
    return {str(cell) for column in pa.ipc.open_stream(styled).read_all().to_pydict().values() for cell in column}


def test_the_total_stands_apart_from_what_sorting_moves():
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost")).run()
    (markup,) = [element.body for element in app.get("html")]

    assert "Total (as filtered)" not in list(grid(app)["team"])
    assert all(text in markup for text in ("Total (as filtered)", "237,339.10", "24,565", "56.0%"))
    assert 'data-label="All-in cost, USD"' in markup


def test_names_are_text_in_the_total_too():
    total = {**TOTAL, "team": "<img src=x onerror=alert(1)>"}
    markup = tables.total_row(Table("t", "T", COLUMNS, [], total, "USD"))

    assert "<img" not in markup
    assert "&lt;img" in markup


def test_a_bar_says_the_share_of_the_whole():
    app = bare(lambda: tables.table(TEAMS, key="teams", bar="cost", sort="cost")).run()

    assert round(grid(app)["cost_share"][0], 2) == 17.37  # 41,220.10 / 237,339.10


def test_a_ratio_is_its_own_bar():
    app = bare(lambda: tables.table(TEAMS, key="teams", bar="rate")).run()

    assert "rate_share" not in grid(app)
    assert grid(app)["rate"][0] == pytest.approx(78.1)


def test_a_row_leads_down_by_keyboard(left):
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost", drill=into))
    choose(app, 1)

    assert left == [(None, {"team": ["Support"]})]


def test_a_row_that_leads_nowhere_stays(left):
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost", drill=lambda _: None))
    choose(app, 0)

    assert left == []


def test_a_row_that_leads_to_what_is_shown_stays(left):
    app = bare(lambda: tables.table(TEAMS, key="teams", drill=lambda _: ("teams", {})))
    choose(app, 0)

    assert left == []


def test_the_reader_of_a_share_link_opens_no_row(left):
    app = bare(lambda: tables.table(TEAMS, key="teams", sort="cost", drill=into), locked=True)
    choose(app, 1)

    assert left == []
    assert grid(app)["team"][0] == "Coding"


def test_coming_back_from_a_row_finds_it_unchosen():
    at_top, below = keys({}), keys({"team": ["Support"]})

    assert at_top != below
    assert at_top == keys({})


def keys(params):
    found = []
    bare(lambda: found.append(clicks.placed("teams")), params, team=["Support"]).run()
    return found[0]


def test_every_table_that_is_placed_is_offered_as_a_file():
    found = []

    def draw():
        tables.forget()
        tables.table(TEAMS, key="teams")
        tables.offer(Table("more", "More", COLUMNS, []))
        found.extend(tables.offered())

    bare(draw).run()

    assert [table.name for table in found] == ["teams", "more"]
    assert found[0].rows == ROWS


def test_a_table_of_which_the_screen_holds_the_first_rows_says_so():
    table = Table("runs", "Runs", COLUMNS, [SUPPORT], currency="USD", of=1_234_567)
    app = bare(lambda: tables.table(table, key="runs", sort="cost")).run()

    assert [caption.value for caption in app.caption] == ["First 1 of 1.2M by all-in cost; the file has all."]


def test_a_grid_holds_ten_thousand_rows_and_no_more():
    rows = [{"team": f"t{at}", "cost": Decimal(at), "runs": at, "rate": Decimal("0.5")} for at in range(10_001)]
    table = Table("runs", "Runs", COLUMNS, [{**rows[0], WORDS: {"cost": "at least 0.00"}}, *rows[1:]], currency="USD")
    app = bare(lambda: tables.table(table, key="runs", sort="runs")).run()

    assert len(grid(app)) == tables.MOST_ROWS
    assert grid(app)["team"][0] == "t10000"
    assert grid(app)["rate"][0] == 50  # the browser writes it as percent
    assert any("First 10,000 of 10.0K" in caption.value for caption in app.caption)


def test_words_of_a_long_table_stand_in_a_column_of_their_own():
    rows = [{"team": f"t{at}", "cost": Decimal(1)} for at in range(tables.MOST_WORDED)]
    rows.append({"team": "last", "cost": Decimal(2), WORDS: {"cost": "at least 2.00"}})
    app = bare(lambda: tables.table(Table("r", "R", COLUMNS[:2], rows, currency="USD"), key="r", sort="cost")).run()

    assert grid(app)["notes"][0] == "All-in cost: at least 2.00"


def test_the_order_of_a_long_table_can_be_chosen_without_the_mouse(left):
    rows = [{"team": f"t{at}", "cost": Decimal(at), "runs": 100 - at} for at in range(tables.LONG)]
    table = Table("r", "R", COLUMNS[:3], rows, currency="USD")
    app = bare(lambda: tables.table(table, key="r", sort="cost")).run()

    app.selectbox[0].select("runs").run()

    assert left[-1][1] == {"sort": ["runs"]}


def test_a_column_of_unit_costs_has_the_decimals_of_its_smallest():
    columns = [COLUMNS[0], Column("price", "Cost per request", "unit_cost")]
    rows = [{"team": "a", "price": Decimal("0.0034")}, {"team": "b", "price": Decimal(2)}]
    app = bare(lambda: tables.table(Table("t", "T", columns, rows, currency="USD"), key="t")).run()

    assert {"0.0034", "2.0000"} <= shown_words(app)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (Decimal("41220.1"), "money", "41,220.10"),
        (Decimal(5310), "change_money", "+5,310.00"),
        (Decimal(-5310), "change_money", "−5,310.00"),
        (Decimal(0), "change_money", "0.00"),
        (18_908, "count", "18,908"),
        (Decimal("0.312"), "ratio", "31.2%"),
        (Decimal("0.021"), "change_ratio", "+2.1"),
        (Decimal("12.34"), "duration", "12.3"),
        (date(2026, 10, 31), "date", "31 Oct 2026"),
        (datetime(2026, 10, 31, 14, 3, tzinfo=UTC), "time", "31 Oct 2026, 14:03 UTC"),
        (None, "money", "no data"),
        ("Sup\u200bport", "text", "Support"),
    ],
)
def test_a_cell_reads(value, kind, text):
    assert text == tables.written(value, kind, 2)


def choose(app, row):
    """Chooses a row of the table `teams` as the keyboard does."""
    app.session_state[keys({})] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
