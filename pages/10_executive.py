"""Executive: is our AI spend earning more than it costs?"""

import streamlit as st

from app.analysis import attention, bridge
from app.metrics import levels
from app.metrics.catalogue import catalogue
from app.ui import charts, empty, formats, navigate, periods, tables, told
from app.ui.block import block
from app.ui.data import ask, currency, holdings
from app.ui.delivered import delivered
from app.ui.statement import bills, statement
from app.ui.ten import table_of_ten
from app.ui.tiles import BESIDE, tile

view, held = navigate.current(), holdings()
if not held.tables:
    empty.nothing_loaded()
    st.stop()

ten = catalogue().ten
now = (view.period.since, view.period.until)
before = (view.compare.since, view.compare.until) if view.compare else None
wanted = levels.spans(now, before, periods.steps(view.period))
names = levels.asked((*ten, *BESIDE, *bridge.measures(), *attention.WANTED))
whole = levels.compared(ask(*names, spans=wanted, where=view.where, totals=True), (), wanted).total
if whole is None or told.is_nothing(whole.now):
    empty.filtered_to_nothing(view)
    st.stop()

parts = levels.spans(now, before)
lines = levels.compared(
    ask(*attention.WANTED, *bridge.measures(), by=attention.BY, spans=parts, where=view.where), attention.BY, parts
).rows

left, right = st.columns([5, 6], gap="large")
with left:
    with block("The answer"):
        told.answer(view, whole, lines, currency())
    with block("Worth your attention"):
        told.attention(view, lines, bills(view), currency())
with right, block("Is it all there?"):
    st.subheader("Is it all there?", anchor=False)
    statement(bills(view), currency())
empty.no_conditions()

st.caption("From infrastructure efficiency to business value")
with st.grid(5, min_column_width=216):
    for number, name in enumerate(ten, start=1):
        tile(name, number, whole, view=view, currency=currency())

with block("From value to gross margin"):
    st.subheader("From value to gross margin", anchor=False)
    st.caption(formats.dollars(told.under_the_bridge(whole.now, currency())))
    charts.show(told.waterfall(whole.now, currency()), key="waterfall", drill=lambda step: told.into(view, step))
    tables.offer(told.bridge_table(whole.now, currency()))

with block("The ten metrics"):
    st.subheader("The ten metrics", anchor=False)
    tables.table(
        table_of_ten(whole, currency()),
        key="ten_metrics",
        drill=lambda row: ("figure", view.params(metric=str(row["id"]))),
    )

with block("How fresh it is"):
    st.subheader("How fresh it is", anchor=False)
    delivered(held.fresh)
empty.missing(held.tables)
