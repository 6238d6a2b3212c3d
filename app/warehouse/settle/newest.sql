-- The version of every touched key of {table} that stands.
-- in: incoming_{table}, old_{table}, beaten_{table}, removed. out: newest_{table}.
create or replace temp view newest_{table} as
    select * from incoming_{table} where (row_key, import_id) not in (select row_key, import_id from beaten_{table})
    union all
    select * from old_{table}
    where import_id not in (select import_id from removed)
        and (row_key, import_id) not in (select row_key, import_id from beaten_{table});
