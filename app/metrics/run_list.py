"""The runs of a question, largest cost first: the listed ones, the rest of them, and what has no run.

What a run costs here is its part of the level: its rows that the question's days and filters leave. So the listed
runs, the rest and what has no run add up to the level's total, to the last decimal, in every measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from app.metrics.ask import figure, needed, single
from app.metrics.catalogue import RUN
from app.metrics.parts import Sources
from app.metrics.question import Question, Viewer
from app.metrics.sums import cuts, selects
from app.warehouse.build import meta

LISTED = 200
VIEWS = {"usage": "usage_parts", "runs": "run_parts", "lines": "line_parts"}

# What a listed run says of itself beside its figures.
ABOUT = (
    "day", "started_at", "team", "workflow", "product", "customer", "segment", "environment",
    "has_events", "is_trusted", "is_unverified", "is_reopened", "missing", "failed", "provisional_until",
)  # fmt: skip


@dataclass(frozen=True)
class RunList:
    """One row per listed run, with the asked names, `run_id` and what the run says of itself (ABOUT).

    `rest`, `loose` and `total` have the asked names and `members`, the number of runs in them.
    """

    rows: list[dict[str, Any]]
    rest: dict[str, Any] | None
    """The runs that are not listed, in one row; None where all are."""
    loose: dict[str, Any] | None
    """What belongs to no run; None where everything does."""
    total: dict[str, Any]
    currency: str


class ByRun(Sources):
    """The parts of a question where every run is a part of its own: no cube tells runs apart."""

    def source(self, kind: str, detail: bool = False) -> str:  # noqa: ARG002 - always the detail
        """The view of a kind."""
        return VIEWS[kind]

    def expression(self, name: str, kind: str) -> str:
        """A dimension's value in a part; the run's id for `run`."""
        return "part.run_id" if name == RUN else super().expression(name, kind)


def run_list(
    con: duckdb.DuckDBPyConnection, question: Question, viewer: Viewer, today: date, listed: int = LISTED
) -> RunList:
    """The runs that a question's days and filters leave; its `by` and spans are not looked at.

    Raises UnknownNameError.
    """
    asked = viewer.narrowed(question.checked())
    text, values = statement(con, replace(asked, by=(RUN,), spans={}, totals=False), today, listed)
    cursor = con.execute(text, values)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    standing: dict[str, list[dict[str, Any]]] = {"run": [], "rest": [], "loose": [], "total": []}
    for row in rows:
        standing[row.pop("standing")].append(row)
    return RunList(
        standing["run"],
        next(iter(standing["rest"]), None),
        next(iter(standing["loose"]), None),
        standing["total"][0],
        meta(con)["currency"],
    )


def statement(con: duckdb.DuckDBPyConnection, question: Question, today: date, listed: int) -> tuple[str, list[object]]:
    """The SELECT that sums every run, ranks the runs by cost, and puts together those beyond the listed ones."""
    sources = ByRun(con, question)
    sums = needed((*question.names, "all_in_cost"))
    stacked = "\n    union all by name\n    ".join(selects(sources, sums, today))
    (run,) = cuts(question)
    totals = ", ".join(f"sum({name}) as {name}" for name in sums)
    shown = ", ".join(f"{figure(name)} as {name}" for name in single(question.names))
    about = ", ".join(f"runs.{name}" for name in ABOUT)
    text = f"""
        with
            stacked as ({stacked}),
            summed as (select {run} as run_id, {totals} from stacked group by {run}),
            ranked as (
                select
                    *,
                    case
                        when run_id is null then 'loose'
                        when row_number() over (
                            partition by run_id is null order by all_in_cost desc nulls last, run_id
                        ) <= ? then 'run'
                        else 'rest'
                    end as standing
                from summed
            ),
            put_together as (
                select
                    standing, case when standing = 'run' then run_id end as run_id, count(run_id) as members, {totals}
                from ranked
                group by all
                union all
                select 'total', null, count(run_id), {totals} from ranked
            )
        select figures.* exclude (place), {about}
        from (
            select standing, run_id, members, all_in_cost as place, {shown} from put_together
        ) as figures
        left join runs using (run_id)
        order by place desc nulls last, run_id
    """
    return text, [*sources.values, listed]
