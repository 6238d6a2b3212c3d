"""Charts: what a figure shows, in what order and colour, and what it says to who cannot see it."""

import json
import tomllib
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import plotly.graph_objects as go
import pytest

from app.metrics.catalogue import catalogue
from app.ui import charts, clicks, navigate
from app.ui.charts import Line, Step
from app.ui.sparkline import sparkline, svg
from app.ui.template import (
    COLOURS,
    NEUTRAL,
    ONE_HUE,
    OUTCOMES,
    STATES,
    Part,
    amounts_axis,
    component,
    days_axis,
    legend,
)
from tests.bare import bare

THEME = tomllib.loads((Path(__file__).resolve().parent.parent / ".streamlit/config.toml").read_text())["theme"]
PAGES = [THEME[mode]["backgroundColor"] for mode in ("light", "dark")]


def team(name, trusted, untrusted=0, **more):
    costs = {"trusted_run_cost": trusted, "untrusted_run_cost": untrusted} | more
    return {"team": name} | {key: Decimal(value) for key, value in costs.items()}


ROWS = [team("Sales", 100, 50), team("Unassigned", 0, cost_without_run=900), team("Support", 4210, 1120)]


def drawn(rows=ROWS, parts=OUTCOMES, **more):
    return charts.bars(rows, parts, label="team", says="Support has most", currency="USD", **more)


def labels(chart):
    return chart.figure["layout"]["yaxis"]["ticktext"]


def ends(chart):
    """The words behind the bars."""
    return [text.strip() for text in chart.figure["data"][-1]["text"]]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("colour", sorted({*COLOURS.values(), *(part.colour for part in (*OUTCOMES, *STATES))}))
def test_every_colour_is_seen_on_both_themes(colour, page):
    assert contrast(colour, page) >= 3


def test_every_component_of_cost_has_its_own_look():
    looks = [(part.colour, part.pattern) for part in map(component, catalogue().components)]

    assert len(set(looks)) == len(looks) == 14


@pytest.mark.parametrize("parts", [OUTCOMES, STATES])
def test_what_a_colour_says_a_pattern_says_too(parts):
    by_colour = {}
    for part in parts:
        by_colour.setdefault(part.pattern, set()).add(part.name)

    # without colour two may look alike only where both are nothing at all
    assert all(len(names) == 1 for pattern, names in by_colour.items() if pattern != "hollow")


def test_bars_stand_from_the_largest_down_and_what_is_nobodys_last():
    assert labels(drawn()) == ["Support", "Sales", "Unassigned"]
    assert ends(drawn()) == ["$5,330.00", "$150.00", "$900.00"]  # 4,210 + 1,120; 100 + 50


def test_the_parts_of_a_bar_are_its_figures():
    trusted, untrusted, *_ = drawn().figure["data"]

    assert trusted["x"] == [4210, 100, 0]
    assert untrusted["x"] == [1120, 50, 0]
    assert drawn().figure["layout"]["xaxis"]["range"][0] == 0


def test_beyond_ten_bars_the_rest_is_one_and_still_adds_up():
    rows = [team(f"t{at}", at) for at in range(1, 21)]
    chart = drawn(rows)

    assert labels(chart)[-1] == "Other (10)"
    assert sum(chart.figure["data"][0]["x"]) == sum(range(1, 21))
    assert drawn(rows[:11]).figure["layout"]["yaxis"]["ticktext"][-1] == "t1"  # eleven need no rest


def test_a_chart_has_at_most_seven_parts():
    names = catalogue().components
    rows = [{"team": "a", **{name: Decimal(at) for at, name in enumerate(names, 1)}}]
    chart = drawn(rows, [component(name) for name in names])

    assert [part.name for part in chart.key] == [*names[-6:], charts.REST]
    assert sum(trace["x"][0] for trace in chart.figure["data"][:-1]) == sum(range(1, 15))


def test_names_are_text_in_a_chart():
    chart = drawn([team('<a href="http://evil.test">R&D</a>', 5)])
    figure = json.dumps(chart.figure)

    assert "<a href" not in figure
    assert "&lt;a href" in figure
    assert "<script" not in legend([Part("x", "<script>", NEUTRAL)])


def test_two_of_one_name_stay_two():
    assert labels(drawn([team("Same", 5), team("Same", 3)])) == ["Same", "Same"]
    assert drawn([team("Same", 5), team("Same", 3)]).figure["data"][0]["y"] == [0, 1]


def test_a_waterfall_goes_from_total_to_total():
    steps = [
        Step("Revenue", Decimal(80)),
        Step("Cost saved", Decimal(20)),
        Step("Value", Decimal(100), total=True),
        Step("Model cost", Decimal(-30)),
        Step("Human review", Decimal(-10)),
        Step("Gross margin", Decimal(60), total=True),
    ]
    chart = charts.waterfall(steps, says="60 is left", currency="USD")
    bars = {
        place: (base, base + size)
        for trace in chart.figure["data"][:-1]
        for place, base, size in zip(trace["y"], trace["base"], trace["x"], strict=True)
    }

    assert [bars[place] for place in range(6)] == [(0, 80), (80, 100), (0, 100), (100, 70), (70, 60), (0, 60)]
    assert ends(chart) == ["+$80.00", "+$20.00", "$100.00", "−$30.00", "−$10.00", "$60.00"]
    assert all(before[1] == after[0] for before, after in pairwise(bars[place] for place in (2, 3, 4)) if after[0])


def test_a_reduction_is_hatched_and_a_total_is_solid():
    steps = [
        Step("Value", Decimal(100), total=True),
        Step("Cost", Decimal(-30)),
        Step("Margin", Decimal(70), total=True),
    ]
    totals, reductions, _ = charts.waterfall(steps, says="", currency="USD").figure["data"]

    assert "pattern" not in totals["marker"]
    assert reductions["marker"]["pattern"]["shape"] == "/"


def test_steps_below_one_percent_are_one_step_and_the_sum_stays():
    steps = [
        Step("Value", Decimal(1000), total=True),
        Step("a", Decimal(-9)),
        Step("b", Decimal(-300)),
        Step("c", Decimal("-0.5")),
        Step("nothing", Decimal(0)),
        Step("Margin", Decimal("690.5"), total=True),
    ]
    folded = charts.fold(steps)

    assert [step.label for step in folded] == ["Value", "b", "2 smaller", "Margin"]
    assert sum(step.amount for step in folded if not step.total) == Decimal("-309.5")


def test_a_total_that_does_not_fit_is_shown_as_it_is():
    steps = [
        Step("Value", Decimal(100), total=True),
        Step("Cost", Decimal(-30)),
        Step("Margin", Decimal(50), total=True),
    ]

    assert ends(charts.waterfall(steps, says="", currency="USD"))[-1] == "$50.00"


DAYS = [date(2026, 10, 1) + timedelta(days=at) for at in range(5)]


def test_a_line_has_a_gap_where_nothing_is_known():
    chart = charts.lines([Line("This", [1, 2, None, 4, 5])], DAYS, says="", currency="USD")
    (line,) = chart.figure["data"]

    assert line["y"] == [1, 2, None, 4, 5]
    assert line["connectgaps"] is False
    assert not chart.key


def test_days_that_are_not_complete_are_dotted_and_the_comparison_is_dashed():
    series = [Line("This", [1, 2, 3, 4, 5]), Line("Before", [5, 4, 3, 2, 1], dashed=True)]
    chart = charts.lines(series, DAYS, says="", currency="USD", complete_to=DAYS[2])
    traces = chart.figure["data"]

    assert [trace["line"]["dash"] for trace in traces] == ["solid", "dot", "dash", "dot"]
    assert traces[1]["x"] == [day.isoformat() for day in DAYS[2:]]  # it goes on from the last complete day
    assert [part.label for part in chart.key] == ["This", "Before"]


def test_days_of_a_source_say_their_state():
    states = {("openai", DAYS[0]): "complete", ("openai", DAYS[1]): "missing"}
    chart = charts.calendar(["openai"], DAYS, states, says="1 day is missing")

    assert [part.name for part in chart.key] == ["complete", "missing"]
    assert chart.figure["data"][1]["customdata"] == [[0, "openai<br>2 Oct 2026: missing"]]


def test_an_axis_has_few_ticks_in_words():
    month = [date(2026, 10, 1) + timedelta(days=at) for at in range(31)]
    year = [date(2026, 1, 1) + timedelta(days=at) for at in range(365)]

    assert days_axis(month)["ticktext"][0] == "1 Oct"
    assert len(days_axis(month)["ticktext"]) <= 5
    assert days_axis(year)["ticktext"][:2] == ["Jan 2026", "Apr 2026"]
    assert amounts_axis([Decimal(3), Decimal(140)], "money", "USD")["ticktext"] == [
        "$0.00", "$50.00", "$100.00", "$150.00",
    ]  # fmt: skip
    assert amounts_axis([Decimal("0.5")], "ratio", "USD")["ticktext"][0] == "0%"


@pytest.mark.parametrize(
    "chart",
    [
        drawn(),
        drawn([]),
        charts.waterfall([Step("Value", Decimal(0), total=True)], says="", currency="USD"),
        charts.lines([Line("This", [None] * 5)], DAYS, says="", currency="USD", complete_to=DAYS[1]),
        charts.lines([], [], says="", currency="USD"),
        charts.calendar([], DAYS, {}, says=""),
        charts.calendar(["a"], DAYS, {("a", day): "late" for day in DAYS}, says=""),
    ],
)
def test_plotly_takes_every_figure(chart):
    assert go.Figure(chart.figure).layout.height > 0


def test_a_chart_says_what_it_shows():
    app = bare(lambda: charts.show(drawn(), key="bars")).run()

    assert app.get("plotly_chart")[0].proto.alt == "Support has most"
    assert all(part.label in app.get("html")[0].body for part in OUTCOMES)


def into(row):
    return None, {"team": [row["team"]]}


@pytest.mark.parametrize(("locked", "led"), [(False, [(None, {"team": ["Sales"]})]), (True, [])])
def test_a_click_on_a_bar_leads_down_unless_the_link_is_locked(monkeypatch, locked, led):
    found = []
    monkeypatch.setattr(navigate, "go", lambda params, page=None: found.append((page, params)))
    key = []
    bare(lambda: key.append(clicks.placed("bars"))).run()
    app = bare(
        lambda: charts.show(drawn(), key="bars", drill=lambda row: (None, {"team": [row["team"]]})), locked=locked
    )
    point = {"customdata": [1, ""], "point_index": 1}
    app.session_state[key[0]] = {"selection": {"points": [point], "point_indices": [1], "box": [], "lasso": []}}
    app.run()

    assert not app.exception
    assert found == led


def test_the_rest_leads_nowhere(monkeypatch):
    found = []
    monkeypatch.setattr(navigate, "go", lambda params, page=None: found.append((page, params)))
    key = []
    bare(lambda: key.append(clicks.placed("bars"))).run()
    chart = drawn([team(f"t{at}", at) for at in range(1, 21)])
    app = bare(lambda: charts.show(chart, key="bars", drill=into))
    point = {"customdata": [10, ""], "point_index": 10}
    app.session_state[key[0]] = {"selection": {"points": [point], "point_indices": [10], "box": [], "lasso": []}}
    app.run()

    assert not app.exception
    assert found == []


def test_a_sparkline_breaks_at_what_is_not_known_and_has_words():
    picture = svg([1, 2, None, 4, 5])

    assert picture.count("<polyline") == 2
    assert ONE_HUE in picture
    assert 'alt="5 months, &quot;x&quot;"' in sparkline([1, 2, None, 4, 5], '5 months, "x"')
    assert sparkline([None, 2], "") == ""
