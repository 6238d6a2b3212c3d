-- The rows to be settled: those that are to stand and do not yet, and those that stand and may come out differently.
-- A row that nobody decides again keeps whether it counts.
-- in: brought_usage, late_usage, keys_near, keys_usage, keys_rival. out: work_usage, whole rows.
create or replace temp view work_usage as
    select *, true as is_new
    from brought_usage
    union all by name
    select
        usage.* replace (
            case
                when late.row_key is not null then false
                when decided.row_key is not null then true
                when rival.row_key is not null then aside is distinct from 'a newer export of its days does not name it'
                else counts
            end as counts,
            case
                when late.row_key is not null then 'a newer export of its days does not name it'
                when decided.row_key is not null then null
                when rival.row_key is null or aside = 'a newer export of its days does not name it' then aside
            end as aside
        ),
        false as is_new
    from usage
    join keys_near on keys_near.row_key = usage.row_key
    left join keys_usage as decided on decided.row_key = usage.row_key
    left join keys_rival as rival on rival.row_key = usage.row_key
    left join late_usage as late on late.row_key = usage.row_key;
