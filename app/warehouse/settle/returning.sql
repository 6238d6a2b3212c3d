-- Where the stored version of a key of {table} went, the versions that other standing imports hold return.
insert into old_{table}
    select elsewhere.*
    from elsewhere
    where row_key in (select row_key from old_{table} where import_id in (select import_id from removed))
        and (row_key, import_id) not in (select row_key, import_id from old_{table});
