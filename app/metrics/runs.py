"""One run's ledger: eight questions, answered for one run id."""

from __future__ import annotations

from typing import Any

import duckdb


class UnknownRunError(Exception):
    """No usage row, step, check or outcome names this run."""


def run_document(con: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    """What a run consumed, chose, compiled, called, checked, cost, produced, and whether it was trusted. Raises UnknownRunError."""
    run = _rows(con, "select * from runs where run_id = ?", run_id)
    if not run:
        raise UnknownRunError(f"There is no run {run_id!r} in any usage, step, check or outcome that stands.")
    return {
        "run_id": run_id,
        "run": run[0],
        "which_workflow": _rows(con, WORKFLOW, run_id)[0],
        "which_route": _rows(con, ROUTE, run_id),
        "which_context": _rows(con, CONTEXT, run_id),
        "which_tools": _rows(con, TOOLS, run_id),
        "which_checks": _rows(con, CHECKS, run_id),
        "what_did_it_cost": _cost(con, run_id),
        "what_was_produced": _rows(con, PRODUCED, run_id),
        "was_it_trusted": _rows(con, TRUSTED, run_id)[0],
        "calls": _rows(con, CALLS, run_id),
    }


WORKFLOW = """
    select
        workflow, team, product, feature, customer, segment, region, environment, day, started_at, user_requests,
        (select list(distinct task_type) filter (task_type is not null) from usage where counts and run_id = runs.run_id) as task_types,
        (select list(distinct intent) filter (intent is not null) from usage where counts and run_id = runs.run_id) as intents
    from runs
    where run_id = ?
"""
ROUTE = """
    select
        provider_id as provider, model_id as model, model_requested, route, count(*) as calls, sum(amount) as cost,
        sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) as tokens
    from usage
    where counts and kind <> 'bucket' and run_id = ?
    group by provider_id, model_id, model_requested, route
    order by calls desc, provider, model
"""
CONTEXT = """
    select
        context_pack, prompt_version, max(context_limit_tokens) as context_limit_tokens, bool_or(context_truncated) as context_truncated,
        sum(system_tokens) as system_tokens, sum(retrieved_tokens) as retrieved_tokens, sum(memory_tokens) as memory_tokens,
        (select list(distinct evidence_uri) filter (evidence_uri is not null) from (
            select run_id, evidence_uri from steps where counts union select run_id, evidence_uri from checks where counts
            union select run_id, evidence_uri from outcomes where counts
        ) as evidence where evidence.run_id = usage.run_id) as evidence
    from usage
    where counts and kind <> 'bucket' and run_id = ?
    group by run_id, context_pack, prompt_version
    order by context_pack, prompt_version
"""
TOOLS = """
    select step_id, started_at, ended_at, kind, name, status, attempt, approval_mode, deterministic, own_cost as cost, own_currency as currency, amount
    from steps
    where counts and run_id = ?
    order by started_at, step_id
"""
CHECKS = """
    select check_id, decided_at, kind, name, version, result, score, threshold, condition, label, decided_by, evidence_uri, amount
    from checks
    where counts and run_id = ?
    order by decided_at, check_id
"""
PRODUCED = """
    select event_id, occurred_at, outcome_type, object_id, revenue, cost_saved, currency, human_minutes, minutes_saved, verified_by, evidence_uri
    from outcomes
    where counts and run_id = ?
    order by occurred_at, event_id
"""
TRUSTED = """
    select
        is_trusted, is_successful, is_unverified, is_reopened, missing, failed, outcome_day, provisional_until,
        (select list(distinct decided_by) filter (decided_by is not null) from checks where counts and checks.run_id = runs.run_id) as verifiers,
        (select list(name || ': ' || result) from checks where counts and checks.run_id = runs.run_id and lower(kind) = 'policy') as policy,
        (select list(coalesce(name, kind) || ': ' || coalesce(status, 'unknown')) from steps where counts and steps.run_id = runs.run_id and lower(kind) = 'approval') as approval
    from runs
    where run_id = ?
"""
CALLS = """
    select
        record_id, started_at, ended_at, provider_id as provider, model_id as model, role, status, attempt, step, turn,
        uncached_input_tokens, tool_result_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
        amount as cost, price_id, rule_ids, import_id, line
    from usage
    where counts and kind <> 'bucket' and run_id = ?
    order by started_at, record_id
"""


def _cost(con: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    """Money by component, from the same parts that every other figure is summed from; None where nothing is known."""
    return _rows(con, COST, run_id, run_id, run_id)[0]


COST = """
    with parts as (
        select
            'usage' as part, cost_inference, cost_input, cost_cached_input, cost_output, cost_reasoning, cost_retry, cost_evaluation,
            null as cost_tool, null as cost_retrieval, null as cost_human_review, null as cost_observability, null as cost_infrastructure,
            null as cost_other, true_up as cost_true_up, unpriced_tokens
        from usage_parts where run_id = ? and usage_rows = 1
        union all by name
        select 'run' as part, cost_tool, cost_retrieval, cost_human_review, cost_evaluation, cost_other from run_parts where run_id = ?
        union all by name
        select
            'line' as part, cost_inference, cost_retrieval, cost_tool, cost_evaluation, cost_observability, cost_human_review,
            cost_infrastructure, cost_other, true_up as cost_true_up
        from line_parts where run_id = ? and not is_prepaid
    ),
    sums as (select sum(columns(* exclude (part))) from parts)
    select
        *,
        coalesce(cost_inference, 0) + coalesce(cost_input, 0) + coalesce(cost_cached_input, 0) + coalesce(cost_output, 0)
        + coalesce(cost_reasoning, 0) + coalesce(cost_retry, 0) + coalesce(cost_evaluation, 0) + coalesce(cost_tool, 0)
        + coalesce(cost_retrieval, 0) + coalesce(cost_human_review, 0) + coalesce(cost_observability, 0)
        + coalesce(cost_infrastructure, 0) + coalesce(cost_other, 0) + coalesce(cost_true_up, 0) as all_in_cost
    from sums
"""


def _rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[dict[str, Any]]:
    cursor = con.execute(query, list(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
