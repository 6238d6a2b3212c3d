-- Rows of {table} whose rate of exchange changed.
insert into keys_{table}
    select row_key
    from {table}
    where row_key not in (select row_key from keys_{table})
        and exists (select 1 from changed_fx where upper(changed_fx.currency) = {table}.own_currency and changed_fx.day <= {table}.day);
