-- A run is a distinct run_id in usage, steps, checks or outcomes, and nothing else (accounting 5, Run).
with

    named as (

        select run_id
        from usage
        where counts and run_id is not null
        union
        select run_id
        from steps
        where counts
        union
        select run_id
        from checks
        where counts
        union
        select run_id
        from outcomes
        where counts

    )

select 'run ' || run_id as place, 'no row in runs' as detail
from named
where run_id not in (select run_id from runs)
union all
select 'run ' || run_id, 'in runs, but nothing names it'
from runs
where run_id not in (select run_id from named)
union all
select 'run ' || run_id, count(*) || ' rows in runs'
from runs
group by run_id
having count(*) > 1
