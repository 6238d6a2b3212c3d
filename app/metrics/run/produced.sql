-- What was produced.
select
    event_id,
    occurred_at,
    outcome_type,
    object_id,
    revenue,
    cost_saved,
    currency,
    human_minutes,
    minutes_saved,
    verified_by,
    evidence_uri
from outcomes
where counts and run_id = $run_id
order by occurred_at, event_id
