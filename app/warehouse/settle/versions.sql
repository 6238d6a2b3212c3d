-- The stored versions of the touched keys of {table}.
create or replace temp table old_{table} as
    select * from {table} where row_key in (select row_key from keys_{table});
