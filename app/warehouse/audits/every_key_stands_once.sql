-- One version of every key stands (accounting 2.2).
with

    keys as (

        select 'usage' as table_name, row_key
        from usage
        union all
        select 'steps', row_key
        from steps
        union all
        select 'checks', row_key
        from checks
        union all
        select 'outcomes', row_key
        from outcomes
        union all
        select 'charges', row_key
        from charges
        union all
        select 'billed', row_key
        from billed

    )

select table_name || ' ' || row_key as place, count(*) || ' rows' as detail
from keys
group by table_name, row_key
having count(*) > 1
