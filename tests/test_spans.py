"""One question of several spans and their totals gives what a question for each would give (accounting 5)."""

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.metrics.ask import ask
from app.metrics.catalogue import catalogue
from app.metrics.question import Question, Viewer
from tests import little_world
from tests.conftest import TODAY
from tests.promises import opened

KNOWN = catalogue()
# What only says whether an amount is known stands in every slice of it; bins are read as quantiles.
GUARDS = {name for measure in KNOWN.measures.values() for name in (measure.known, measure.present)}
NAMES = (*KNOWN.metrics, *(name for name in KNOWN.measures if name not in {"latency", *GUARDS}))
FIRST = date(2026, 8, 28)
DAYS = st.integers(0, 40).map(lambda number: FIRST + timedelta(days=number))
SPANS = st.dictionaries(
    st.sampled_from(("now", "before", "step 1", "step 2", "it's")),
    st.tuples(DAYS, DAYS).map(lambda days: (min(days), max(days))),
    min_size=1,
)
CUTS = st.sampled_from((
    (), ("team",), ("workflow", "day"), ("month",), ("provider", "model"), ("team", "role"), ("use_case", "account"),
    ("model_tier",), ("customer", "region"), ("project", "user_id"), ("token_class",), ("cost_component", "team"),
    ("tag:it\"s",),
))  # fmt: skip
FILTERS = st.sampled_from((
    {}, {"team": ("red", "Unassigned")}, {"workflow": ("trust", "reviewed", "classes")}, {"provider": ("acme",)},
    {"model": ("m1",), "team": ("red",)}, {"cost_component": ("output", "tool")}, {"role": ("Unassigned",)},
))  # fmt: skip


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("books"), time_zone=little_world.ZONE) as books:
        little_world.load(books)
        yield books


def asked(books, question, viewer=None):
    with closing(books.warehouse.cursor()) as con:
        return ask(con, question, viewer or Viewer.everything(), TODAY)


def separately(books, question):
    """The same, asked for every span and total by itself."""
    for span, (since, until) in question.spans.items():
        alone = replace(question, spans={}, totals=False, since=since, until=until)
        if question.by or not question.totals:
            for row in asked(books, alone).rows:
                yield {"span": span, **({"is_total": False} if question.totals else {}), **row}
        if question.totals:
            (row,) = asked(books, replace(alone, by=())).rows
            yield {"span": span, "is_total": True, **dict.fromkeys(question.by), **row}


@settings(max_examples=30)
@given(SPANS, CUTS, FILTERS, st.sampled_from(("ledger", "metered", "invoiced")), st.booleans())
def test_spans_and_totals_are_what_a_question_for_each_gives(books, spans, by, where, basis, totals):
    question = Question(NAMES, by, where=where, basis=basis, spans=spans, totals=totals)

    assert list(separately(books, question)) == asked(books, question).rows


def test_a_total_without_spans_stands_behind_its_parts(books):
    found = asked(books, Question(("all_in_cost",), ("team",), where={"provider": ("cheap",)}, totals=True)).rows

    assert found == [
        {"is_total": False, "team": "blue", "all_in_cost": 32},
        {"is_total": False, "team": "red", "all_in_cost": 48},
        {"is_total": True, "team": None, "all_in_cost": 80},
    ]


def test_spans_overlap_and_stand_in_their_order_and_an_empty_one_keeps_its_total(books):
    spans = {
        "week": (date(2026, 9, 7), date(2026, 9, 13)),
        "day": (date(2026, 9, 7), date(2026, 9, 7)),
        "before": (date(2026, 8, 1), date(2026, 8, 7)),
    }

    (*rows,) = asked(
        books, Question(("user_requests",), ("team",), where={"provider": ("cheap",)}, spans=spans, totals=True)
    ).rows

    assert [tuple(row.values()) for row in rows] == [
        ("week", False, "blue", 1), ("week", False, "red", 1), ("week", True, None, 2),
        ("day", False, "blue", 1), ("day", False, "red", 1), ("day", True, None, 2),
        ("before", True, None, 0),
    ]  # fmt: skip


SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))


def test_a_viewer_is_never_answered_outside_their_days(books):
    viewer = Viewer({"team": ("red", "blue")}, date(2026, 9, 8), date(2026, 9, 20))
    question = Question(("all_in_cost", "users"), where={"team": ("red", "a")})
    spans = {"all": SEPTEMBER, "gone": (date(2026, 9, 1), date(2026, 9, 7)), "later": (date(2026, 9, 21), TODAY)}

    unbounded = asked(books, question, viewer)
    in_spans = asked(books, replace(question, spans=spans), viewer)
    outside = asked(books, replace(question, spans={"gone": spans["gone"]}), viewer)

    days = (date(2026, 9, 8), date(2026, 9, 20))
    assert (unbounded.since, unbounded.until) == days
    assert {"all": days} == in_spans.spans
    assert [{"span": "all", **row} for row in unbounded.rows] == in_spans.rows
    assert (
        unbounded.rows == asked(books, replace(question, where={"team": ("red",)}, since=days[0], until=days[1])).rows
    )
    assert outside.rows == []


def test_a_tag_of_any_name_is_a_dimension_like_another(books):
    question = Question(
        ("tokens",), ('tag:"; drop table usage; --', "tag:Shade", "tag:shade"), where={"team": ("red",)}
    )

    assert [{**dict.fromkeys(question.by, "Unassigned"), "tokens": 4300}] == asked(books, question).rows


def test_a_slice_that_does_not_exist_holds_nothing(books):
    question = Question(("all_in_cost", "trusted_run_cost"), where={"cost_component": ("nonsense",)})

    assert asked(books, question).rows == [{"all_in_cost": None, "trusted_run_cost": None}]
    assert asked(books, replace(question, by=("team",))).rows == []
