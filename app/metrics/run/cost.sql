-- What it cost: money by component, from the parts that every other figure is summed from; NULL where nothing is known.
with
    parts as (
        select
            'usage' as part,
            cost_inference,
            cost_input,
            cost_cached_input,
            cost_output,
            cost_reasoning,
            cost_retry,
            cost_evaluation,
            null as cost_tool,
            null as cost_retrieval,
            null as cost_human_review,
            null as cost_observability,
            null as cost_infrastructure,
            null as cost_other,
            true_up as cost_true_up,
            unpriced_tokens,
            tokens,
            class_retry as retry_tokens,
            retry_reported_tokens
        from usage_parts
        where run_id = $run_id and utc_day between $first_day and $last_day
        union all by name
        select 'run' as part, cost_tool, cost_retrieval, cost_human_review, cost_evaluation, cost_other
        from run_parts
        where run_id = $run_id
        union all by name
        select
            'line' as part,
            cost_inference,
            cost_retrieval,
            cost_tool,
            cost_evaluation,
            cost_observability,
            cost_human_review,
            cost_infrastructure,
            cost_other,
            true_up as cost_true_up
        from line_parts
        where run_id = $run_id and not is_prepaid
    ),
    sums as (select sum(columns(* exclude (part))) from parts)
select
    *,
    coalesce(cost_inference, 0)
    + coalesce(cost_input, 0)
    + coalesce(cost_cached_input, 0)
    + coalesce(cost_output, 0)
    + coalesce(cost_reasoning, 0)
    + coalesce(cost_retry, 0)
    + coalesce(cost_evaluation, 0)
    + coalesce(cost_tool, 0)
    + coalesce(cost_retrieval, 0)
    + coalesce(cost_human_review, 0)
    + coalesce(cost_observability, 0)
    + coalesce(cost_infrastructure, 0)
    + coalesce(cost_other, 0)
    + coalesce(cost_true_up, 0) as all_in_cost,
    retry_tokens / nullif(retry_reported_tokens, 0) as retry_token_ratio
from sums
