"""The runs of a view, as the page that lists them and the page of one run both know them."""

from __future__ import annotations

from app.metrics.question import Question
from app.metrics.run_list import RunList, run_list
from app.ui import drill
from app.ui.data import kept
from app.ui.view import View
from app.warehouse.connect import current_warehouse


def listed(view: View) -> RunList:
    """The runs of a view's days and filters, largest cost first."""
    question = Question(
        drill.OF_A_RUN,
        since=view.period.since,
        until=view.period.until,
        where={name: tuple(values) for name, values in view.where.items()},
    )
    today = current_warehouse().settings.clock()
    found: RunList = kept("runs", lambda con, viewer: run_list(con, question, viewer, today), question)
    return found


def beside(view: View, run_id: str) -> tuple[str | None, str | None]:
    """The runs listed before and after one, in the list of the workflow that it was opened from.

    None at the ends, where it is not listed, and where no workflow is named: all runs of a company are no list.
    """
    if len(view.where.get("workflow", ())) != 1:
        return None, None
    ids = [row["run_id"] for row in listed(view).rows]
    if run_id not in ids:
        return None, None
    place = ids.index(run_id)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)
