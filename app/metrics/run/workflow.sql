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
        select list(distinct task_type) filter (task_type is not null) from usage where counts and run_id = runs.run_id
    ) as task_types,
    (
        select list(distinct intent) filter (intent is not null) from usage where counts and run_id = runs.run_id
    ) as intents
from runs
where run_id = $run_id
