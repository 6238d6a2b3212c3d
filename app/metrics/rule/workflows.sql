-- Trust rules: what a run must show, how long its outcome is provisional, what people's minutes cost.
-- grain: one standing row of the table workflows
select
    workflow,
    valid_from,
    valid_to,
    use_case,
    product,
    owner,
    requires,
    window_days,
    review_rate_per_hour,
    currency,
    case
        when valid_from > $today
        then 'later'
        when valid_to < $today
        then 'ended'
        when
            row_number() over (
                partition by workflow, coalesce(valid_from > $today, false) or coalesce(valid_to < $today, false)
                order by workflows.clock desc, workflows.number desc, valid_from desc nulls last, line desc
            )
            = 1
        then 'in force'
        else 'overruled by a newer import'
    end as state,
    row_key::varchar as id,
    workflows.import_id,
    imports.file,
    imports.imported_at
from workflows
join imports on imports.import_id = workflows.import_id
where workflows.counts
order by workflow, valid_from nulls first
