"""Where a page is and where it may lead: the view of this run, links that keep it, and the way to another page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import streamlit as st

from app.access.visitor import Visitor
from app.ui.view import View

PAGES = "pages_by_address"
VIEW = "view"
VISITOR = "visitor"


def current() -> View:
    """What the address asks this run to show."""
    view: View = st.session_state[VIEW]
    return view


def visitor() -> Visitor:
    """Who looks at this run, and what that one may see and do."""
    who: Visitor = st.session_state[VISITOR]
    return who


def locked() -> bool:
    """Whether the page is shown to the reader of a share link: nothing leads away, and nothing can be changed."""
    return visitor().link is not None


def go(params: Mapping[str, Iterable[str]], page: str | None = None) -> None:
    """Leaves this run for another page, or for another view of this one."""
    said = {key: [*values] for key, values in params.items()}
    if page is None or page == current().page:
        st.query_params.from_dict(said)
        st.rerun()
    st.switch_page(st.session_state[PAGES][page], query_params=said)


def link(
    label: str, page: str, params: Mapping[str, Iterable[str]], *, hint: str | None = None, icon: str | None = None
) -> None:
    """A link to a page with its view. For the reader of a share link it is plain words."""
    if locked():
        st.markdown(label)
    else:
        said = {key: [*values] for key, values in params.items()}
        st.page_link(st.session_state[PAGES][page], label=label, help=hint, icon=icon, query_params=said)


def address(page: str, params: Mapping[str, Iterable[str]]) -> str:
    """A page's address with its view, seen from the root of the dashboard: teams?team=Support."""
    path = "" if st.session_state[PAGES][page]._default else page
    pairs = [(key, value) for key, values in params.items() for value in values]
    return f"{path}?{urlencode(pairs)}" if pairs else path
