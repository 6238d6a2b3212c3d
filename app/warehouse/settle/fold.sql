-- The events of the touched runs in order of time, and the run rows to be judged.
-- in: touched_runs, begun, assigned, changed_workflows, changed_fx. out: judged_runs, run_dims, run_events,
-- run_answers.
-- A changed workflow judges its runs again; so does a changed rate those whose events bring money.
create or replace temp table judged_runs as
    select run_id from touched_runs
    union
    select run_id from runs where workflow in (select workflow from changed_workflows)
    union
    select outcomes.run_id
    from outcomes
    join changed_fx on upper(changed_fx.currency) = upper(outcomes.currency) and changed_fx.day <= outcomes.day
    union
    select reviews.run_id from reviews join changed_fx on upper(changed_fx.currency) = reviews.currency and changed_fx.day <= reviews.day;

create or replace temp table run_dims as
    select
        begun.run_id, begun.started_at, begun.day, begun.first_day, begun.last_day, begun.has_usage, begun.user_requests,
        coalesce(begun.team, assigned.team) as team, coalesce(begun.workflow, assigned.workflow) as workflow,
        coalesce(begun.product, assigned.product) as product, coalesce(begun.feature, assigned.feature) as feature,
        coalesce(begun.customer, assigned.customer) as customer, coalesce(begun.segment, assigned.segment) as segment,
        coalesce(begun.region, assigned.region) as region, coalesce(begun.environment, assigned.environment) as environment
    from begun
    left join assigned on assigned.key = begun.first_row_key
    union all
    select
        run_id, started_at, day, first_day, last_day, has_usage, user_requests,
        team, workflow, product, feature, customer, segment, region, environment
    from runs
    where run_id in (select run_id from judged_runs) and run_id not in (select run_id from touched_runs);

-- The row of `workflows` in force: the newer import's, within one import the later valid_from.
create or replace temp table workflow_days as
    select wanted.workflow, wanted.day, workflows.* exclude (workflow, tags, counts, aside)
    from (
        select distinct run_dims.workflow, outcomes.day from run_dims join outcomes using (run_id) where outcomes.counts
        union
        select distinct run_dims.workflow, checks.day from run_dims join checks using (run_id) where checks.counts
        union
        select distinct workflow, day from run_dims
    ) as wanted
    join workflows
        on workflows.counts and workflows.workflow = wanted.workflow
        and (workflows.valid_from is null or workflows.valid_from <= wanted.day)
        and (workflows.valid_to is null or workflows.valid_to >= wanted.day)
    qualify row_number() over (
        partition by wanted.workflow, wanted.day
        order by workflows.clock desc, workflows.number desc, workflows.valid_from desc nulls last, workflows.line desc
    ) = 1;

create or replace temp table run_events as
    with events as (

        select
            run_id, occurred_at as moment, coalesce(event_id, '') as id, clock, number, line, day, object_id, revenue, cost_saved,
            upper(currency) as currency, human_minutes,
            map_from_entries(
                list_filter(
                    [
                        {'key': 'completed', 'value': completed}, {'key': 'accepted', 'value': accepted},
                        {'key': 'grounded', 'value': grounded}, {'key': 'policy_passed', 'value': policy_passed},
                        {'key': 'safe', 'value': safe}, {'key': 'value_confirmed', 'value': value_confirmed},
                        {'key': 'escalated', 'value': escalated}, {'key': 'reopened', 'value': reopened}
                    ],
                    lambda answer: answer.value is not null
                )
                || coalesce(map_entries(conditions), [])
            ) as answers
        from outcomes
        where counts and run_id in (select run_id from judged_runs)
        union all
        select
            run_id, decided_at, coalesce(check_id, ''), clock, number, line, day, null, null, null, null, null,
            case
                when lower(result) in ('pass', 'approved') then map([lower(trim(condition))], [true])
                when lower(result) in ('fail', 'blocked', 'denied') then map([lower(trim(condition))], [false])
                else map([]::varchar[], []::boolean[])
            end
        from checks
        where counts and condition is not null and run_id in (select run_id from judged_runs)

    )

    select
        events.*, row_number() over (order by moment, id, events.clock, events.number, events.line) as place,
        paid.review_rate_per_hour, upper(paid.currency) as review_currency
    from events
    left join run_dims using (run_id)
    left join workflow_days as paid on paid.workflow = run_dims.workflow and paid.day = events.day;

create or replace temp table run_answers as
    select run_id, answer.key as condition, arg_max(answer.value, place) as answer,
        min(place) as first_place
    from (select run_id, place, unnest(map_entries(answers)) as answer from run_events)
    group by run_id, answer.key;
