"""Shares of money are exact, however large: the macros against Python's whole numbers."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.warehouse.build import HERE

CON = duckdb.connect()
CON.execute((HERE / "macros.sql").read_text())

# An amount of 10^15 in units of 10^-12; weights up to a tenth of what the long division holds.
AMOUNTS = st.integers(-(10**27), 10**27)
TOTALS = st.integers(1, 8 * 10**27)


def value(expression, *numbers):
    return CON.execute(f"select {expression}", numbers).fetchone()[0]


@given(AMOUNTS, TOTALS, st.data())
def test_a_share_is_rounded_towards_zero_and_nothing_else(amount, total, data):
    weight = data.draw(st.integers(0, total))
    exact = abs(amount) * weight // total
    found = value("share(?::hugeint, ?::hugeint, ?::hugeint)", amount, weight, total)

    assert (exact if amount >= 0 else -exact) == found


@given(AMOUNTS, TOTALS, st.data())
def test_the_remainder_of_a_share_is_what_the_division_leaves(amount, total, data):
    weight = data.draw(st.integers(0, total))

    assert abs(amount) * weight % total == value(
        "mulmod(?::hugeint, ?::hugeint, ?::hugeint)", abs(amount), weight, total
    )


@given(AMOUNTS, st.integers(1, 400))
def test_even_parts_add_up_and_differ_by_one_unit_at_most(amount, count):
    places = range(0, count, max(1, count // 7))
    parts = [value("even_part(?::hugeint, ?, ?)", amount, place, count) for place in places]
    whole = value("(select sum(even_part(?::hugeint, place, ?)) from range(?) as t(place))", amount, count, count)

    assert amount == whole
    assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(("weight", "total"), [(0, 0), (5, 0), (5, -1)])
def test_a_share_of_nothing_is_unknown(weight, total):
    assert value("share(100::hugeint, ?::hugeint, ?::hugeint)", weight, total) is None
