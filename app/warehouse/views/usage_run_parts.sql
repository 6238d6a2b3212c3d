-- Usage rows, with the cost of those that have a run by what the run came to.
-- grain: one usage row (a call, or what calls leave of a bucket)
with

    judged as (

        select usage_parts.*, run_state(runs.is_trusted, runs.is_unverified) as run_state
        from usage_parts
        left join runs on runs.run_id = usage_parts.run_id

    )

select
    *,
    case when run_state = 'trusted' then coalesce(cost_usage, 0) else 0 end as run_cost_trusted,
    case when run_state = 'refuted' then coalesce(cost_usage, 0) else 0 end as run_cost_refuted,
    case when run_state = 'unverified' then coalesce(cost_usage, 0) else 0 end as run_cost_unverified,
    case when run_state = 'trusted' then coalesce(true_up, 0) else 0 end as run_true_up_trusted,
    case when run_state = 'refuted' then coalesce(true_up, 0) else 0 end as run_true_up_refuted,
    case when run_state = 'unverified' then coalesce(true_up, 0) else 0 end as run_true_up_unverified
from judged
