"""What stands around every page: who looks, the list of pages, filters, where one is, what the figures stand on.

A page file says its name and question in its first line. Its number gives its place: the first digit the group, the
rest the order. A page in pages/detail/ is reached by drilling and is not listed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import streamlit as st

from app.access.links import LinkRefusedError
from app.access.visitor import NotSignedInError, Visitor, visitor
from app.metrics.catalogue import catalogue
from app.metrics.values import tag_values, values
from app.ui import filters, formats, navigate, tables
from app.ui.actions import actions
from app.ui.data import Holdings, holdings, kept, look
from app.ui.share import arrived, since_made
from app.ui.strip import strip
from app.ui.view import View, read
from app.warehouse.connect import current_warehouse

STYLE = Path(__file__).resolve().parent / "style.css"
GROUPS = {"1": "Overview", "2": "Explore", "4": "Control", "6": "Data", "8": "Admin"}
DATED = ("1", "2", "4")
"""The groups whose pages are about days and filters."""
UNFILTERED = ("run",)
"""Detail pages that are about one thing, whatever the filters say."""


@cache
def name_and_question(page: Path) -> tuple[str, str]:
    """A page's name and the question it answers: its docstring, `"Spend: where did the bill move?"`.

    Raises ValueError when it does not say both.
    """
    name, colon, question = (ast.get_docstring(ast.parse(page.read_text())) or "").partition(": ")
    if not (name and colon and question.endswith("?")):
        raise ValueError(f'{page.name} begins with """Name: question?""", on one line')
    return name, question[0].upper() + question[1:]


def pages(folder: Path) -> dict[str, list[st.Page]]:
    """The pages by group, in order of their numbers; hidden ones under "". The first has the address without a path."""
    found: dict[str, list[st.Page]] = {}
    for path in sorted(folder.glob("[0-9]*_*.py")):
        name, question = name_and_question(path)
        address = path.stem.partition("_")[2]
        page = st.Page(path, title=name, url_path=address, default=not found, help=question)
        found.setdefault(GROUPS[path.name[0]], []).append(page)
    for path in sorted((folder / "detail").glob("*.py")):
        name, question = name_and_question(path)
        page = st.Page(path, title=name, url_path=path.stem, visibility="hidden", help=question)
        found.setdefault("", []).append(page)
    return found


def show(folder: Path) -> None:
    """Draws the page that the address names, in its frame."""
    look()
    st.html(STYLE)
    known = pages(folder)
    listed = [page for group in known.values() for page in group]
    page = st.navigation(listed, position="hidden")
    st.session_state[navigate.PAGES] = by_address(folder, listed)
    address = next(name for name, each in st.session_state[navigate.PAGES].items() if each is page)
    try:
        who = _visitor()
    except (LinkRefusedError, NotSignedInError) as refused:
        st.title("There is nothing to see here")
        st.write(formats.md(refused))
        return
    st.session_state[navigate.VISITOR] = who
    arrived(who)
    if who.link is not None and who.link.page != address:
        navigate_to_shared(who)
        return
    held = holdings()
    view = _view(address, who, held)
    st.session_state[navigate.VIEW] = view
    if not navigate.locked():
        menu(known)
    _around(page, view, held, group_of(known, page))


def _visitor() -> Visitor:
    token = st.query_params.get("share")
    return visitor(token, st.context.headers, current_warehouse().settings, datetime.now(UTC))


def by_address(folder: Path, listed: Sequence[st.Page]) -> dict[str, st.Page]:
    """The pages by the names that links call them."""
    return {each.url_path or front(folder): each for each in listed}


def front(folder: Path) -> str:
    """The name of the page at the address without a path, as links know it."""
    first = min(folder.glob("[0-9]*_*.py"))
    return first.stem.partition("_")[2]


def group_of(known: dict[str, list[st.Page]], page: st.Page) -> str:
    """The group that a page is listed in; nothing for a detail page."""
    return next(name for name, members in known.items() if page in members)


def menu(known: dict[str, list[st.Page]]) -> None:
    """The list of pages beside each of them. Streamlit's own has list markup that screen readers stumble over."""
    view = navigate.current()
    with st.sidebar:
        st.markdown("**Token P&L**")
        for group, members in known.items():
            if group:
                st.caption(group)
                for page in members:
                    st.page_link(page, query_params=view.deeper())


def navigate_to_shared(who: Visitor) -> None:
    """A share link shows one page: the reader who is elsewhere is told so, and led there."""
    assert who.link is not None
    st.title("This link shows one page")
    st.write("It was opened at another address. Nothing else is shared with it.")
    st.page_link(
        st.session_state[navigate.PAGES][who.link.page],
        label="Open the shared page",
        query_params={"share": [st.query_params["share"]]},
    )


def _view(address: str, who: Visitor, held: Holdings) -> View:
    latest = latest_day(held)
    params = {key: st.query_params.get_all(key) for key in st.query_params}
    # A link to the page that is shown already leaves the browser's address as it was, and the next click goes by that.
    st.query_params.from_dict(params)
    if who.link is not None:
        params = {**{key: [*listed] for key, listed in who.link.params.items()}, "share": params["share"]}
    return read(address, params, held.first or latest, latest, _known)


def _known(name: str) -> Sequence[str]:
    """The values that a dimension has."""
    if name in catalogue().dimensions:
        return _options([name])[name]
    return kept("tag", lambda con, _: tag_values(con, name), name)


def _options(wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What the filter bar lets one choose from."""
    return kept("values", lambda con, viewer: values(con, viewer, wanted), *wanted)


def _around(page: st.Page, view: View, held: Holdings, group: str) -> None:
    """The frame from top to bottom. Share and Export are filled last: only then is known what the page shows."""
    dated = bool(held.tables) and view.page not in UNFILTERED and group in ("", *(GROUPS[digit] for digit in DATED))
    if dated and not navigate.locked():
        latest = latest_day(held)
        filters.bar(view, held.first or latest, latest, _options)
    with st.container(gap="xxsmall", key="heading"):
        trail(view)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.title(page.title, anchor=False, width="stretch")
            place = st.container(horizontal=True, width="content", key="actions")
        st.markdown(page.help or "")
        if dated:
            st.caption(formats.md(filters.line(view)))
            strip(view, held)
    since_made(view, held)
    for note in view.notes:
        st.caption(f":material/info: {formats.md(note)}")
    tables.forget()
    try:
        page.run()
    except Exception:  # what the page has placed so far can still be shared and taken along; then it is said
        with place:
            actions(view, page.title, page.help or "", held)
        raise
    with place:
        actions(view, page.title, page.help or "", held)


def trail(view: View) -> None:
    """Where one is below the top: each level a link that keeps the other filters, the last one plain words."""
    if navigate.locked() or view.page not in ("teams", "run", "figure"):
        return
    crumbs = crumbs_of(view)
    if len(crumbs) < 2:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="trail"):
        for label, target, params in crumbs[:-1]:
            navigate.link(formats.md(label), target, params)
            st.markdown("/", width="content")
        st.markdown(formats.md(crumbs[-1][0]), width="content")


def crumbs_of(view: View) -> list[tuple[str, str, dict[str, list[str]]]]:
    """Label, page and address of every level from the top down to the page."""
    if view.page == "figure" and view.metric:
        known = catalogue()
        named = known.metrics.get(view.metric) or known.measures[view.metric]
        return [("Executive", "executive", view.deeper()), (named.label or named.says, "figure", {})]
    above = view.params(team=None, workflow=None, run=None, call=None)
    found = [("All teams", "teams", above)]
    for name in ("team", "workflow"):
        values_of = view.where.get(name, ())
        if len(values_of) != 1:
            break
        above = above | {name: [*values_of]}
        found.append((values_of[0], "teams", above))
    if view.page == "run" and view.run:
        found.append((f"run {view.run}", "run", {}))
    return found


def latest_day(held: Holdings) -> date:
    """The last complete day, or today where nothing says."""
    today = current_warehouse().settings.clock()
    return min(held.fresh.complete_to or held.last or today, today)
