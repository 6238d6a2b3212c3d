"""Periods, comparisons and addresses: what a link says is what a page shows, and the other way round."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui import periods
from app.ui.view import read

FIRST, LATEST = date(2025, 11, 1), date(2026, 11, 20)
TEAMS = ("Search & Ads", "Support", "<b>x</b>")


def known(name: str) -> tuple[str, ...]:
    return TEAMS if name == "team" else ("EU", "US")


def view(**params: str | list[str]):
    said = {key: [value] if isinstance(value, str) else value for key, value in params.items()}
    return read("teams", said, FIRST, LATEST, known)


@pytest.mark.parametrize(
    ("preset", "latest", "since", "until"),
    [
        ("mtd", date(2026, 11, 20), date(2026, 11, 1), date(2026, 11, 20)),
        ("month", date(2026, 11, 20), date(2026, 10, 1), date(2026, 10, 31)),
        ("month", date(2026, 11, 30), date(2026, 11, 1), date(2026, 11, 30)),
        ("month", date(2026, 1, 15), date(2025, 12, 1), date(2025, 12, 31)),
        ("7d", date(2026, 11, 20), date(2026, 11, 14), date(2026, 11, 20)),
        ("qtd", date(2026, 11, 20), date(2026, 10, 1), date(2026, 11, 20)),
        ("quarter", date(2026, 11, 20), date(2026, 7, 1), date(2026, 9, 30)),
        ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
        ("ytd", date(2026, 11, 20), date(2026, 1, 1), date(2026, 11, 20)),
        ("12m", date(2026, 11, 20), date(2025, 11, 1), date(2026, 10, 31)),
        ("all", date(2026, 11, 20), FIRST, date(2026, 11, 20)),
    ],
)
def test_a_preset_stands_for_complete_days(preset, latest, since, until):
    found = periods.period(preset, FIRST, latest)

    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    ("preset", "latest", "since", "until"),
    [
        ("mtd", date(2026, 11, 20), date(2026, 10, 1), date(2026, 10, 20)),
        ("mtd", date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),  # a shorter month is taken whole
        ("month", date(2026, 11, 20), date(2026, 9, 1), date(2026, 9, 30)),
        ("month", date(2026, 3, 10), date(2026, 1, 1), date(2026, 1, 31)),
        ("7d", date(2026, 11, 20), date(2026, 11, 7), date(2026, 11, 13)),
        ("quarter", date(2026, 11, 20), date(2026, 4, 1), date(2026, 6, 30)),
        ("qtd", date(2026, 11, 20), date(2026, 7, 1), date(2026, 8, 20)),
        ("ytd", date(2026, 11, 20), date(2025, 1, 1), date(2025, 11, 20)),
        ("12m", date(2026, 11, 20), date(2024, 11, 1), date(2025, 10, 31)),
    ],
)
def test_the_previous_period_is_the_same_part_of_the_one_before(preset, latest, since, until):
    before = periods.compared(periods.period(preset, FIRST, latest), "previous")

    assert before is not None
    assert (before.since, before.until) == (since, until)


def test_a_year_before_is_the_same_days_of_that_year():
    before = periods.compared(periods.period("month", FIRST, date(2028, 2, 29)), "year")

    assert before is not None
    assert (before.since, before.until) == (date(2027, 2, 1), date(2027, 2, 28))


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 500), st.sampled_from(["previous", "year"]))
def test_a_comparison_ends_before_the_range_it_is_compared_with_or_a_year_earlier(since, length, how):
    now = periods.custom(since, date.fromordinal(since.toordinal() + length))
    before = periods.compared(now, how)

    assert before is not None
    assert before.since <= before.until
    assert before.until < now.since or how == "year"
    assert before.since < now.since


@given(st.sampled_from([*periods.PRESETS]), st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_twelve_steps_end_with_the_period_and_do_not_overlap(preset, latest):
    now = periods.period(preset, date(2023, 1, 1), latest)
    spans = [*periods.steps(now).values()]

    assert len(spans) == 12
    assert spans[-1][1] == now.until
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))


def test_an_address_without_anything_is_the_last_month_against_the_one_before():
    shown = view()

    assert (shown.period.since, shown.period.until) == (date(2026, 10, 1), date(2026, 10, 31))
    assert shown.compare is not None
    assert shown.compare_dates() == "1–30 Sep 2026 (30 days)"
    assert shown.params() == {}


@pytest.mark.parametrize(
    "params",
    [
        {"p": ["mtd"], "cmp": ["none"], "team": ["Search & Ads", "Support"], "env": ["EU"], "by": ["model"]},
        {"from": ["2026-10-03"], "to": ["2026-10-09"], "cmp": ["year"], "run": ["r/1?x=2"], "sort": ["runs"]},
        {"p": ["all"], "tier": ["US"], "metric": ["cache_hit_rate"], "import": ["i000003"], "job": ["j1"]},
        {"team": ["Unassigned"], "seen": ["12"], "share": ["token"]},
    ],
)
def test_an_address_is_read_and_written_the_same(params):
    assert read("teams", params, FIRST, LATEST, known).params() == params


def test_a_fixed_address_names_its_days():
    assert view(p="28d", team="Support").fixed() == {
        "from": ["2026-10-24"],
        "to": ["2026-11-20"],
        "team": ["Support"],
    }


@pytest.mark.parametrize("how", periods.COMPARISONS)
@pytest.mark.parametrize("preset", periods.PRESETS)
def test_a_fixed_address_shows_the_same_days_and_the_same_comparison(preset, how):
    moving = view(p=preset, cmp=how)
    fixed = read("teams", moving.fixed(), FIRST, LATEST + timedelta(days=100), known)

    assert (fixed.period.since, fixed.period.until) == (moving.period.since, moving.period.until)
    assert fixed.compare_dates() == moving.compare_dates()
    assert fixed.fixed() == moving.fixed() == fixed.params()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"team": ["Suport"]}, "a team that does not exist: “Suport”"),
        ({"colour": ["red"]}, "a filter that does not exist: “colour”"),
        ({"p": ["century"]}, "a period that does not exist: “century”"),
        ({"cmp": ["nothing"]}, "a comparison that does not exist: “nothing”"),
        ({"from": ["2026-13-01"], "to": ["2026-10-01"]}, "days that do not exist"),
        ({"by": ["shoe_size"]}, "groups by something that does not exist: “shoe_size”"),
        ({"metric": ["happiness"]}, "a figure that does not exist: “happiness”"),
    ],
)
def test_what_an_address_asks_for_in_vain_is_said(params, words):
    assert any(words in note for note in view(**params).notes)


def test_of_several_values_only_the_unknown_one_is_dropped():
    shown = view(team=["Support", "Suport"])

    assert shown.where == {"team": ("Support",)}
    assert len(shown.notes) == 1


def test_a_change_replaces_adds_and_removes():
    shown = view(team="Support", env="EU", by="model")

    assert shown.params(team=None, workflow="Triage", by="role", environment=("US", "EU")) == {
        "workflow": ["Triage"],
        "by": ["role"],
        "env": ["US", "EU"],
    }


def test_data_of_this_month_alone_is_shown_from_the_start():
    shown = read("teams", {}, date(2026, 11, 6), date(2026, 11, 8), known)

    assert (shown.period.preset, shown.period.since, shown.period.until) == (
        "mtd",
        date(2026, 11, 1),
        date(2026, 11, 8),
    )
    assert shown.params() == {}
    assert read("teams", {"p": ["month"]}, date(2026, 11, 6), date(2026, 11, 8), known).params() == {"p": ["month"]}
