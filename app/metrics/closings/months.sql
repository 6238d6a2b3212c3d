-- The months that any figure is about, and whether they are closed, open, or not over yet.
-- grain: one month
with

    filled as (

        select distinct date_trunc('month', day)::date as month
        from usage_cube
        union
        select distinct date_trunc('month', day)::date
        from run_cube
        union
        select distinct date_trunc('month', day)::date
        from lines

    )

select
    filled.month as first_day,
    last_day(filled.month) as last_day,
    case
        when filled.month <= (select max(month) from closings)
        then 'closed'
        when last_day(filled.month) < $today::date
        then 'open'
        else 'in progress'
    end as state,
    closings.import_id,
    imports.imported_at as closed_at
from filled
left join closings on closings.month = filled.month
left join imports on imports.import_id = closings.import_id
order by filled.month
