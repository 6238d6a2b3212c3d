-- The keys of {table} that the changes touch: what came, what went, and what lies under a window that came or went.
insert into keys_{table}
    select row_key from incoming_{table}
    union
    select row_key from {table} where import_id in (select import_id from removed)
    union
    select {table}.row_key
    from {table}
    join windows
        on windows.changed and windows.table_name = '{table}' and windows.source = {table}.source
        and (windows.period_start is null or {table}.utc_day between windows.period_start and windows.period_end);
