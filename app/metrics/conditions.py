"""Trust conditions that no source answers: why a workflow with outcomes cannot have a trusted one."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from app.metrics.catalogue import catalogue
from app.metrics.parts import Sources
from app.metrics.question import Question, Viewer, deep

# The outcomes as `run_parts` has them, without what else stands there: a page asks for this at every change of days.
OUTCOMES = """
    select * replace (
        coalesce(outcome_day, day) as day,
        closed(environment, ['production', 'staging', 'test', 'shadow', 'synthetic']) as environment
    )
    from runs
    where has_events
"""


@dataclass(frozen=True)
class Unanswered:
    """A workflow none of whose outcomes says how a required condition came out."""

    workflow: str | None
    """None: the outcomes name no workflow."""
    conditions: tuple[str, ...]
    """The required conditions that nobody answers, as `requires` of a workflow writes them."""
    outcomes: int
    """The runs with outcomes that are looked at."""


def unanswered(con: duckdb.DuckDBPyConnection, question: Question, viewer: Viewer) -> tuple[Unanswered, ...]:
    """The workflows within a question's days and filters, those with the most outcomes first.

    The names that it asks for are not looked at. Raises UnknownNameError.
    """
    sources = Sources(con, viewer.narrowed(question.checked()))
    condition = sources.condition("runs", runs_only=True)
    if deep(sources.question.where, catalogue()):
        calls = sources.condition("usage", calls_only=True)
        condition += f" and part.run_id in (select part.run_id from usage_parts as part where {calls})"
    text = f"""
        with
            judged as (
                select part.run_id, part.workflow, part.missing
                from ({OUTCOMES}) as part
                where {condition}
            ),
            whole as (select workflow, count(*) as outcomes from judged group by workflow),
            open as (
                select workflow, condition, count(*) as runs
                from (select workflow, unnest(missing) as condition from judged)
                group by workflow, condition
            )
        select whole.workflow, list(open.condition order by open.condition), whole.outcomes
        from open
        join whole on whole.workflow is not distinct from open.workflow and whole.outcomes = open.runs
        group by whole.workflow, whole.outcomes
        order by whole.outcomes desc, whole.workflow
    """
    rows = con.execute(text, sources.values).fetchall()
    return tuple(Unanswered(workflow, tuple(conditions), outcomes) for workflow, conditions, outcomes in rows)
