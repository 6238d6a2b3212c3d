"""Reconcile: does every invoiced dollar stand once?"""

import streamlit as st

from app.ui import closing, empty, navigate, reconcile, reconcile_chain
from app.ui.block import block
from app.ui.data import holdings

view, held = navigate.current(), holdings()
if not held.tables:
    empty.nothing_loaded()
else:
    found = reconcile.found(view)
    if not found.rows:
        empty.filtered_to_nothing(view)
    else:
        st.markdown(reconcile.answer(view, found.total.money))
        with block("Metered and invoiced"):
            reconcile.bars(found.rows)
            reconcile.ledger(found, closing.states())
            reconcile.explain(found)
            closing.actions(view)
        with block("Changes to closed months"):
            closing.changed(view)
        if named := reconcile_chain.focus(view):
            with block("Calls, buckets, invoice lines"):
                reconcile_chain.steps(view, *named)
        with block("Unexplained, by age"):
            reconcile.ages(view)
        with block("Set aside"):
            reconcile_chain.aside(view)
    empty.missing(held.tables)
