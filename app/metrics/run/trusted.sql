-- Was it trusted: verifier, evidence, policy, approval.
select
    is_trusted,
    is_successful,
    is_unverified,
    is_reopened,
    missing,
    failed,
    outcome_day,
    provisional_until,
    has_events,
    revenue,
    cost_saved,
    (
        select list(distinct decided_by) filter (decided_by is not null)
        from checks
        where counts and checks.run_id = $run_id
    ) as verifiers,
    (
        select list(name || ': ' || result)
        from checks
        where counts and checks.run_id = $run_id and lower(kind) = 'policy'
    ) as policy,
    (
        select list(coalesce(name, kind) || ': ' || coalesce(status, 'unknown'))
        from steps
        where counts and steps.run_id = $run_id and lower(kind) = 'approval'
    ) as approval
from runs
where run_id = $run_id
