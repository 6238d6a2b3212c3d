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
    evidence_uri,
    completed,
    accepted,
    grounded,
    policy_passed,
    safe,
    value_confirmed,
    escalated,
    reopened,
    conditions,
    import_id,
    (select imports.file from imports where imports.import_id = outcomes.import_id) as file,
    line
from outcomes
where counts and run_id = $run_id
order by occurred_at, event_id
