-- What each feed has delivered: the days that its standing imports are about, and when they came.
-- grain: one source, account and scope
with

    deliveries as (

        select
            source,
            account,
            scope,
            imports.tables as filled,
            period_start,
            period_end,
            -- The day on which an export was made is not whole in it.
            case when clock::date = period_end then period_end - 1 else period_end end as whole_to,
            imported_at::date as arrived
        from imports
        where
            status = 'standing'
            and period_end is not null
            and list_has_any(imports.tables, ['usage', 'steps', 'checks', 'outcomes', 'charges', 'billed'])

    )

select
    source,
    account,
    scope,
    list_sort(list_distinct(flatten(list(filled)))) as tables,
    min(period_start) as first_day,
    max(period_end) as last_day,
    list_sort(list(distinct whole_to)) as ends,
    list((whole_to, arrived)) as arrivals
from deliveries
group by source, account, scope
order by source, account, scope
