-- Where each touched run begins, and what it names: the first usage row that names a dimension, else the first event.
-- in: worked (all rows of the touched runs), steps, checks, outcomes. out: begun, one row per run.
create or replace temp table begun as
with

    calls as (

        select
            run_id, row_key, day, utc_day, started_at, turn, team, workflow, product, feature, customer, segment, region, environment,
            row_number() over (order by started_at, record_id, clock, number, line) as place
        from worked
        where counts and run_id in (select run_id from touched_runs)

    ),

    from_calls as (

        select
            run_id, min(started_at) as started_at, arg_min(day, place) as day, min(utc_day) as first_day, max(utc_day) as last_day,
            arg_min(row_key, place) as first_row_key,
            count(distinct coalesce(turn, 1)) as user_requests,
            arg_min(team, place) as team, arg_min(workflow, place) as workflow, arg_min(product, place) as product,
            arg_min(feature, place) as feature, arg_min(customer, place) as customer, arg_min(segment, place) as segment,
            arg_min(region, place) as region, arg_min(environment, place) as environment
        from calls
        group by run_id

    ),

    events as (

        select run_id, started_at as moment, coalesce(step_id, '') as id, clock, number, line, workflow, null as customer from steps where counts
        union all
        select run_id, decided_at, coalesce(check_id, ''), clock, number, line, null, null from checks where counts
        union all
        select run_id, occurred_at, coalesce(event_id, ''), clock, number, line, workflow, customer from outcomes where counts

    ),

    placed_events as (

        select *, row_number() over (order by moment, id, clock, number, line) as place
        from events
        where run_id in (select run_id from touched_runs)

    ),

    from_events as (

        select run_id, min(moment) as started_at, arg_min(workflow, place) as workflow, arg_min(customer, place) as customer
        from placed_events
        group by run_id

    )

select
    run_id,
    coalesce(from_calls.started_at, from_events.started_at) as started_at,
    coalesce(from_calls.day, local_day(from_events.started_at, getvariable('zone'))) as day,
    first_day,
    last_day,
    first_row_key,
    first_row_key is not null as has_usage,
    coalesce(user_requests, 0) as user_requests,
    team, coalesce(from_calls.workflow, from_events.workflow) as workflow, product, feature,
    coalesce(from_calls.customer, from_events.customer) as customer, segment, region, environment
from from_calls
full join from_events using (run_id);
