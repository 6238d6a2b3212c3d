-- Which workflow consumed the tokens.
select
    workflow,
    team,
    product,
    feature,
    customer,
    segment,
    region,
    environment,
    day,
    started_at,
    user_requests,
    (
        select list(distinct task_type) filter (task_type is not null)
        from usage
        where counts and run_id = $run_id and utc_day between $first_day and $last_day
    ) as task_types,
    (
        select list(distinct intent) filter (intent is not null)
        from usage
        where counts and run_id = $run_id and utc_day between $first_day and $last_day
    ) as intents
from runs
where run_id = $run_id
