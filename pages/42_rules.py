"""Prices & rules: what decides each number, and may I change it?"""

import streamlit as st

from app.ui import empty, formats, navigate, rules, rules_book, rules_history, rules_moved, uploads
from app.ui.block import block
from app.ui.data import holdings


def show() -> None:
    """What is missing first, then all that is in force."""
    models, places = rules.unpriced(), rules.unassigned()
    st.markdown(f"**{formats.dollars(rules.answer(models, places))}**")
    job = uploads.current()
    if job is not None and job.kind in ("load", "book"):
        rules_moved.saved(job)
    with block("Models without a price"):
        rules.show_unpriced(models)
    with block("Spend without a team"):
        rules.show_unassigned(places)
    if navigate.visitor().viewer.where:
        st.caption("The rules themselves name other teams, too; they are shown to who may see all of them.")
        return
    with block("Price list"):
        rules_book.show()
    for section in rules.SECTIONS:
        with block(section.title):
            rules.show_section(section)
        if section.table == "prices":
            with block("Price history of a model"):
                rules_history.show()


if holdings().tables:
    show()
else:
    empty.nothing_loaded()
