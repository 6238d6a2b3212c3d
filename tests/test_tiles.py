"""A tile: the figure, how it moved, whether that is good, and what a reader must know beside it."""

from datetime import date
from decimal import Decimal

import pytest

from app.metrics.catalogue import catalogue
from app.metrics.levels import Line
from app.ui import navigate, tiles
from app.ui.view import read
from tests.bare import FIRST, LATEST, bare

VIEW = read("executive", {}, FIRST, LATEST, lambda _: ())  # October against September
NOTHING = dict.fromkeys(tiles.BESIDE)
NOW = NOTHING | {
    "all_in_cost": Decimal("41219.44"), "trusted": 18_908, "runs": 24_000, "tokens": 1_000_000,
    "cost_per_trusted_outcome": 2.18, "cost_per_workflow": 1.72, "cache_hit_rate": Decimal("0.312"),
    "cache_reported_tokens": 1_000_000, "cacheable_tokens": 900_000, "cache_read_tokens": 280_800,
    "unpriced_rows": 0, "unconverted": {}, "run_coverage": 1, "gross_margin_per_trusted_outcome": 3.42,
    "margin": Decimal("64665.36"), "reasoning_token_ratio": 0.21, "raw_reasoning_tokens": 210_000,
    "reasoning_reported_tokens": 1_000_000, "cost_per_1m_tokens": 4.12, "model_cost": Decimal("4.12"),
}  # fmt: skip
BEFORE = NOW | {"cost_per_trusted_outcome": 2.05, "cache_hit_rate": Decimal("0.272"), "reasoning_token_ratio": 0.19}


def line(now=None, before=BEFORE, steps=()):
    return Line((), True, NOW | (now or {}), before, tuple(steps), (31, 30))


@pytest.fixture
def links(monkeypatch):
    found = []
    monkeypatch.setattr(navigate, "link", lambda label, page, params, **_: found.append((label, page, params)))
    return found


def placed(name, of, locked=False):
    app = bare(lambda: tiles.tile(name, 4, of, view=VIEW, currency="USD"), locked=locked).run()
    assert not app.exception
    return app


def captions(app):
    return [caption.value for caption in app.caption]


def test_a_cost_that_rose_is_worse_with_arrow_word_and_dates(links):
    (metric,) = placed("cost_per_trusted_outcome", line()).metric

    assert metric.label == "4 · Cost per trusted outcome"
    assert metric.value == r"\$2.18"
    assert metric.delta == "+6.3% worse"  # 0.13 / 2.05
    assert metric.proto.delta_description == "+$0.13 against 1–30 Sep 2026"
    assert (metric.proto.color, metric.proto.direction) == (RED, UP)


RED, GREEN, GRAY = 0, 1, 2
DOWN, UP, NONE = 0, 1, 2


def test_a_cache_hit_rate_that_rose_is_better():
    (metric,) = placed("cache_hit_rate", line()).metric

    assert metric.delta == "+4.0 pp better"
    assert (metric.proto.color, metric.proto.direction) == (GREEN, UP)


def test_what_is_neither_good_nor_bad_has_changed():
    (metric,) = placed("reasoning_token_ratio", line()).metric

    assert metric.delta == "+2.0 pp changed"
    assert metric.proto.color == GRAY


def test_next_to_nothing_is_no_change():
    (metric,) = placed("cost_per_trusted_outcome", line(before=NOW | {"cost_per_trusted_outcome": 2.181})).metric

    assert metric.delta == "no change"
    assert (metric.proto.color, metric.proto.direction) == (GRAY, NONE)


def test_from_a_loss_only_the_amount_is_said():
    (metric,) = placed(
        "gross_margin_per_trusted_outcome", line(before=NOW | {"gross_margin_per_trusted_outcome": -1})
    ).metric

    assert metric.delta == r"+\$4.42 better"


def test_over_too_few_there_is_no_delta_and_the_tile_says_so():
    app = placed("cost_per_trusted_outcome", line({"trusted": 7}))
    (metric,) = app.metric

    assert not metric.delta
    assert "few (n = 7): at least 30 are needed to compare" in captions(app)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ({}, None, "no comparison"),
        ({}, NOTHING | {"trusted": 0}, "no comparison: no data in 1–30 Sep 2026"),
        ({}, BEFORE | {"trusted": 3}, "no comparison: few outcomes in 1–30 Sep 2026"),
        ({"trusted": 7}, BEFORE, ""),
        ({"cost_per_trusted_outcome": None, "trusted": 0}, BEFORE, ""),
    ],
)
def test_without_a_delta_the_tile_says_why(now, before, said):
    metric = catalogue().metrics["cost_per_trusted_outcome"]
    of = line(now, before)

    assert of.change("cost_per_trusted_outcome") is None
    assert tiles.against("cost_per_trusted_outcome", metric, of, None, VIEW, "USD") == said


@pytest.mark.parametrize("unknown", [{"unpriced_rows": 3}, {"unconverted": {"CHF": Decimal(3)}}])
def test_an_unknown_part_of_the_cost_makes_a_cost_at_least_and_a_margin_at_most(unknown):
    (cost,) = placed("cost_per_trusted_outcome", line(unknown)).metric
    (margin,) = placed("gross_margin_per_trusted_outcome", line(unknown)).metric
    (share,) = placed("cache_hit_rate", line(unknown)).metric

    assert cost.value == r"at least \$2.18"
    assert margin.value == r"at most \$3.42"
    assert share.value == "31.2%"


def test_the_help_says_what_it_is_with_its_two_sums_and_who_answers_for_it():
    (metric,) = placed("cost_per_trusted_outcome", line()).metric

    assert r"all-in cost / trusted outcomes = \$41,219.44 / 18,908" in metric.help
    assert "Lower is better. Owner: Business + AI platform." in metric.help
    assert "1–31 Oct 2026 (31 days)" in metric.help


def test_the_help_says_how_many_of_the_bottom_one_unit_covers():
    (metric,) = placed("cost_per_1m_tokens", line()).metric

    assert r"= 1,000,000 x \$4.12 / 1,000,000" in metric.help


def test_sums_that_do_not_give_the_figure_are_left_out():
    """Under a filter finer than a run the top is the whole cost of the runs that remain."""
    (metric,) = placed("cost_per_trusted_outcome", line({"cost_per_trusted_outcome": 9.99})).metric

    assert "41,219.44" not in metric.help


def test_a_tile_says_how_many_it_is_taken_over_its_unit_and_its_owner():
    said = captions(placed("cost_per_trusted_outcome", line()))

    assert "n = 18,908 trusted outcomes" in said
    assert "USD · Business + AI platform" in said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"cache_reported_tokens": 250_000}, "over the 25.0% of tokens whose source reports it"),
        ({"cache_reported_tokens": 0, "cache_hit_rate": None}, "no source reports it"),
    ],
)
def test_a_tile_says_over_how_many_tokens_it_is_taken(now, said):
    assert said in captions(placed("cache_hit_rate", line(now)))


def test_a_tile_leads_to_where_it_comes_from(links):
    placed("cost_per_trusted_outcome", line())

    assert links == [("Where it comes from", "figure", {"metric": ["cost_per_trusted_outcome"]})]


@pytest.mark.parametrize(("now", "locked"), [({"cost_per_trusted_outcome": None}, False), ({}, True)])
def test_what_is_not_known_comes_from_nowhere_and_a_share_link_leads_nowhere(links, now, locked):
    placed("cost_per_trusted_outcome", line(now), locked=locked)

    assert links == []


def test_the_trend_is_a_picture_with_words():
    steps = [NOW | {"cost_per_trusted_outcome": value} for value in (2.60, None, 2.18)]
    app = placed("cost_per_trusted_outcome", line(steps=steps))

    assert 'alt="3 months, from $2.60 down to $2.18"' in app.get("html")[0].body


def test_october_is_compared_with_september():
    assert VIEW.period.since == date(2026, 10, 1)
    assert VIEW.compare_dates() == "1–30 Sep 2026 (30 days)"
