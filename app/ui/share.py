"""Sharing what is on screen: its address for colleagues, a read-only link for others, and what became of links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import streamlit as st

from app.access.links import DAYS, Link, Links
from app.access.visitor import Visitor, reach
from app.metrics.catalogue import catalogue
from app.reports.table import WORDS, Column, Table
from app.ui import filters, formats, navigate, periods
from app.ui.data import Holdings, holdings
from app.ui.view import PERIOD, View
from app.warehouse.connect import current_warehouse

NOT_SHARED = ("imports", "access")
"""Pages that show files and links rather than figures: only people with rights of their own read them."""
COUNTED = "links_opened_here"
USUAL_DAYS = 30
COLUMNS = (
    Column("page", "Page", "text"),
    Column("where", "Filters", "text"),
    Column("days", "Days", "text"),
    Column("status", "Status", "text"),
    Column("opened", "Opened", "count"),
    Column("last_opened", "Last opened", "time"),
    Column("expires_at", "Ends", "time"),
    Column("made_at", "Made", "time"),
    Column("made_by", "By", "text"),
)


@st.fragment
def share(view: View) -> None:
    """What stands in the Share popover; nothing for who may not share. Making a link does not draw the page again."""
    if not navigate.visitor().may_share:
        return
    st.markdown("**Link to this page**")
    st.code(address(view, _lasting(view)), language=None, wrap_lines=True)
    st.caption(f"{reached()} The link carries no rights: everybody sees what they may see.")
    if view.page not in NOT_SHARED:
        st.markdown("**Read-only link**")
        _create(view)
    navigate.link("Access & sharing: all links", "access", {})


def since_made(view: View, held: Holdings) -> None:
    """A line on a page whose link is older than the newest import."""
    seen = int(view.seen) if view.seen and view.seen.isascii() and view.seen.isdecimal() else held.last_import
    newer = held.last_import - seen
    if newer > 0:
        with st.container(horizontal=True, vertical_alignment="center", key="since_made"):
            st.caption(
                f":material/info: {formats.number_of(newer, 'import')} since this link was made: "
                "its figures may have moved.",
                width="content",
            )
            if not navigate.locked():
                navigate.link("Show the imports", "imports", {})


def arrived(who: Visitor) -> None:
    """Counts that the reader of a share link has come: once per session, however often the page is drawn."""
    counted: set[str] = st.session_state.setdefault(COUNTED, set())
    if who.link is not None and who.link.jti not in counted:
        counted.add(who.link.jti)
        links().opened(who.link.jti, datetime.now(UTC))


def links() -> Links:
    """The share links of the open database."""
    return Links.of(current_warehouse().settings)


def address(view: View, params: dict[str, list[str]]) -> str:
    """A page's whole address, as the browser that asks reaches the dashboard."""
    settings = current_warehouse().settings
    here = urlsplit(st.context.url or f"http://{settings.host}:{settings.port}")
    return f"{here.scheme}://{here.netloc}/{navigate.address(view.page, params)}"


def reached() -> str:
    """How the dashboard is reached, and by whom, in one sentence."""
    return reach(current_warehouse().settings)


def table_of(made: Sequence[Link], now: datetime) -> Table:
    """The links with what they are fixed to and what became of them, one row each."""
    return Table("share_links", "Share links", COLUMNS, [_row(link, now) for link in made])


def name_of(link: Link) -> str:
    """A link in one line, to tell it from the others."""
    by = f" by {link.made_by}" if link.made_by else ""
    return f"{' · '.join(filter(None, _fixed(link)))} · made {formats.moment(link.made_at)}{by}"


def _row(link: Link, now: datetime) -> dict[str, object]:
    page, where, days = _fixed(link)
    return {
        "page": page,
        "where": where,
        "days": days,
        "made_at": link.made_at,
        "made_by": link.made_by or "nobody signs in",
        "status": link.status(now),
        "expires_at": link.expires_at,
        "opened": link.opened,
        "last_opened": link.last_opened,
        WORDS: {} if link.last_opened else {"last_opened": "never"},
    }


def _fixed(link: Link) -> tuple[str, str, str]:
    """What a link is fixed to, in words: its page, its filters and its days."""
    page = st.session_state[navigate.PAGES].get(link.page)
    days = [date.fromisoformat(link.params[key][0]) for key in ("from", "to") if link.params.get(key)]
    where = [f"{catalogue().dimension(name).label}: {', '.join(values)}" for name, values in link.where.items()]
    return page.title if page else link.page, "; ".join(where) or "no filter", formats.days(*days) if days else ""


def _lasting(view: View) -> dict[str, list[str]]:
    """The view for a link that is kept: its days stay as they are, unless somebody wants them to move."""
    if view.page in NOT_SHARED:  # they are about no days
        return view.params(**dict.fromkeys([*PERIOD, *view.where, "seen"]))
    moving = view.period.preset != periods.CUSTOM and st.toggle(
        "Moves with time",
        key="share_moves",
        help=f"Off: the link always shows {formats.md(view.dates())}. "
        f"On: it shows “{view.period.label}” of the day on which it is opened.",
    )
    params = view.params() if moving else view.fixed()
    return params | {"seen": [str(holdings().last_import)]}


def _create(view: View) -> None:
    page = st.session_state[navigate.PAGES][view.page].title
    said = "; ".join(f"{label}: {values}" for label, values in filters.said(view)) or "no filter: all teams"
    fixed = [page, said, view.dates()] + ([f"against {view.compare_dates()}"] if view.compare else [])
    st.caption(f"Fixed to what is on screen: {formats.md(' · '.join(fixed))}. Opens without sign-in.")
    days = st.segmented_control(
        "Ends after", DAYS, default=USUAL_DAYS, required=True, format_func=lambda days: f"{days} days", key="share_days"
    )
    if st.button("Create share link", key="share_create"):
        link, token = _made(view, int(days))
        st.code(address(view, {"share": [token]}), language=None, wrap_lines=True)
        st.caption(
            f"Ends on {formats.moment(link.expires_at)}. It is shown this once; whoever has it can open it until then."
        )


def _made(view: View, days: int) -> tuple[Link, str]:
    """A link to the view as it stands. Its reader is answered for the days that the page shows, and no others."""
    periods_shown = [view.period] + ([view.compare] if view.compare else [])
    trend = periods.steps(view.period).values()
    params = {key: values for key, values in view.fixed().items() if key != "share"}
    return links().create(
        view.page,
        params | {"seen": [str(holdings().last_import)]},
        view.where,
        min(*(period.since for period in periods_shown), *(since for since, _ in trend)),
        max(period.until for period in periods_shown),
        by=navigate.visitor().name,
        days=days,
        now=datetime.now(UTC),
    )
