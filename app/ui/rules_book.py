"""The price list in force, and the way to a newer one: previewed, adopted, undone like any import."""

from __future__ import annotations

import streamlit as st

from app.metrics import rules as reads
from app.ui import formats, navigate, rules_moved
from app.ui.data import kept
from app.ui.uploads import allowed, jobs
from app.warehouse import prices
from ingest.jobs import Job


def show() -> None:
    """Which list holds; where another is installed, what it would move, and the button that adopts it."""
    st.subheader("Price list", anchor=False)
    book = kept("book_in_force", lambda con, _: reads.book_in_force(con))
    newer = kept("newer_book", lambda con, _: reads.newer_book(con), prices.BOOK)
    priced = kept("books", lambda con, _: reads.books(con))
    models = max((row["models"] for row in priced), default=0)
    listed = f"{formats.number_of(models, 'loaded model')} {'stands' if models == 1 else 'stand'} in it"
    st.write(
        f"List prices are those of genai-prices {formats.md(book)}; {listed}. Prices that were set, below, win over it."
    )
    if newer is None:
        return
    st.info(
        f"Version {formats.md(newer)} of the price list is installed. It moves no figure until it is adopted.",
        icon=":material/info:",
    )
    if not allowed():
        return
    job = current()
    with st.container(horizontal=True, key="book_buttons"):
        st.button(f"Preview price list {newer}", key="book_preview", on_click=_begin, args=("preview",))
        if rules_moved.can_be_saved(job):
            st.button(f"Adopt price list {newer}", type="primary", key="book_adopt", on_click=_begin, args=("adopt",))
    if job is not None:
        rules_moved.show(job)


def current() -> Job | None:
    """The preview of a price list that the address names."""
    id = navigate.current().job
    job = jobs().find(id) if id and allowed() else None
    return job if job is not None and job.kind == "preview book" else None


def _begin(what: str) -> None:
    if not allowed():
        return
    begun = jobs().preview_book() if what == "preview" else jobs().adopt_book()
    st.query_params.from_dict(navigate.current().params(job=begun, fix=None))
