-- What runs are, come to and cost beside their model calls, under the dimensions of the run.
-- grain: one run, outcome, step, check or day of review
with

    parts as (

        select
            run_id,
            day,
            'run' as part,
            null::decimal(38, 12) as amount,
            null::varchar as component,
            null::varchar as own_currency,
            null::decimal(38, 12) as own_amount,
            null::uuid as row_key
        from runs
        union all
        select run_id, coalesce(outcome_day, day), 'outcome', null, null, null, null, null
        from runs
        union all
        select
            run_id,
            day,
            'cost',
            amount,
            case
                lower(kind)
                when 'tool'
                then 'tool'
                when 'automation'
                then 'tool'
                when 'retrieval'
                then 'retrieval'
                when 'memory'
                then 'retrieval'
                when 'approval'
                then 'human_review'
                when 'hand_off'
                then 'human_review'
                else 'other'
            end,
            own_currency,
            own_cost,
            row_key
        from steps
        where counts and own_cost is not null
        union all
        select run_id, day, 'cost', amount, 'evaluation', own_currency, own_cost, row_key
        from checks
        where counts and own_cost is not null
        union all
        select run_id, day, 'cost', amount, 'human_review', currency, own_amount, null
        from reviews

    )

select
    parts.day,
    runs.team,
    runs.workflow,
    runs.product,
    runs.feature,
    runs.customer,
    runs.segment,
    runs.region,
    closed(runs.environment, ['production', 'staging', 'test', 'shadow', 'synthetic']) as environment,
    parts.run_id,
    parts.row_key,
    run_state(is_trusted, is_unverified) as run_state,
    case when part = 'outcome' then provisional_until end as provisional_until,
    case when part = 'run' then 1 else 0 end as runs,
    case when part = 'run' then user_requests else 0 end as user_requests,
    case when part = 'outcome' and is_trusted then 1 else 0 end as trusted,
    case when part = 'outcome' and is_successful then 1 else 0 end as successful,
    case when part = 'outcome' and is_unverified then 1 else 0 end as unverified,
    case when part = 'outcome' and not (is_trusted or is_unverified) then 1 else 0 end as refuted,
    case when part = 'outcome' and is_reopened then 1 else 0 end as reopened,
    case when part = 'outcome' and has_events then 1 else 0 end as outcomes,
    case when part = 'outcome' then revenue end as revenue,
    case when part = 'outcome' then cost_saved end as cost_saved,
    case when part = 'outcome' and is_trusted then revenue end as trusted_revenue,
    case when part = 'outcome' and is_trusted then cost_saved end as trusted_cost_saved,
    case
        when part = 'outcome' and is_trusted and (revenue is not null or cost_saved is not null) then 1 else 0
    end as valued,
    case when component = 'tool' then amount end as cost_tool,
    case when component = 'retrieval' then amount end as cost_retrieval,
    case when component = 'human_review' then amount end as cost_human_review,
    case when component = 'evaluation' then amount end as cost_evaluation,
    case when component = 'other' then amount end as cost_other,
    case when run_state(is_trusted, is_unverified) = 'trusted' then coalesce(amount, 0) else 0 end as run_cost_trusted,
    case when run_state(is_trusted, is_unverified) = 'refuted' then coalesce(amount, 0) else 0 end as run_cost_refuted,
    case
        when run_state(is_trusted, is_unverified) = 'unverified' then coalesce(amount, 0) else 0
    end as run_cost_unverified,
    case when amount is not null then 1 else 0 end as known_rows,
    case when amount is null and own_amount is not null then own_currency end as unconverted_currency,
    case when amount is null then own_amount end as unconverted
from parts
join runs on runs.run_id = parts.run_id
