-- What the files say of runs' outcomes: the last event of each.
with

    events as (

        select *
        from outcomes
        where counts and run_id in (select unnest($keys::varchar[]))
        qualify row_number() over (partition by run_id order by occurred_at desc, event_id desc, line desc) = 1

    )

select
    events.run_id as key,
    event_id as record,
    outcome_type as name,
    occurred_at as moment,
    events.import_id,
    imports.file,
    line
from events
join imports on imports.import_id = events.import_id
