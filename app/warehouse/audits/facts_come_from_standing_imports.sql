-- The ledger is what the standing imports give (accounting 2.4).
select distinct import_id as place, 'rows of an import that does not stand' as detail
from
    (
        select import_id
        from usage
        union all
        select import_id
        from steps
        union all
        select import_id
        from checks
        union all
        select import_id
        from outcomes
        union all
        select import_id
        from charges
        union all
        select import_id
        from billed
    )
where import_id not in (select import_id from imports where status = 'standing')
