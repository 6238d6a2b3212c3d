"""A page without its frame: what `draw` places, for a viewer who looks at October 2026."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from app.metrics.question import Viewer
from app.ui import data, frame, navigate
from app.ui.view import read

FIRST, LATEST = date(2026, 1, 1), date(2026, 11, 20)
PAGES = Path(__file__).parents[1] / "pages"


def _page(draw, begin):  # its source runs without the names of this module
    begin()
    draw()


def bare(
    draw: Callable[[], None],
    params: Mapping[str, Sequence[str]] | None = None,
    *,
    locked: bool = False,
    reads: bool = False,
    **known: Any,
) -> AppTest:
    """The page, not yet run. `locked`: for the reader of a share link; `reads`: it looks into the database; `known`:
    the values of a dimension."""

    def begin() -> None:
        listed = [page for group in frame.pages(PAGES).values() for page in group]
        st.session_state[navigate.PAGES] = frame.by_address(PAGES, listed)
        if reads:
            data.look()

    app = AppTest.from_function(_page, kwargs={"draw": draw, "begin": begin}, default_timeout=30)
    app.session_state[navigate.VIEW] = read("teams", params or {}, FIRST, LATEST, lambda name: known.get(name, ()))
    link = SimpleNamespace(page="teams") if locked else None
    app.session_state[navigate.VISITOR] = SimpleNamespace(
        viewer=Viewer.everything(), link=link, may_import=not locked, may_share=not locked
    )
    return app
