-- Which tools were called.
select
    step_id,
    started_at,
    ended_at,
    kind,
    name,
    status,
    attempt,
    approval_mode,
    deterministic,
    own_cost as cost,
    own_currency as currency,
    amount,
    import_id,
    (select imports.file from imports where imports.import_id = steps.import_id) as file,
    line
from steps
where counts and run_id = $run_id
order by started_at, step_id
