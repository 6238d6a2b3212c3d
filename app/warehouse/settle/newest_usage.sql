-- Which usage rows come to stand and which leave.
-- in: old_usage, returned_usage, beaten_usage, incoming_usage, removed.
-- out: newest_usage (whole rows that are to stand and do not yet), leaving_usage (rows that stand no longer),
-- keys_near with the others: they stand as they are, by themselves.
create or replace temp view newest_usage as
    select * from incoming_usage where (row_key, import_id) not in (select row_key, import_id from beaten_usage)
    union all by name
    select * from returned_usage where (row_key, import_id) not in (select row_key, import_id from beaten_usage);

create or replace temp table leaving_usage as
    select row_key
    from old_usage
    where import_id in (select import_id from removed)
        or (row_key, import_id) in (select row_key, import_id from beaten_usage);

insert into keys_near
    select row_key from old_usage where row_key not in (select row_key from leaving_usage)
    except
    select row_key from keys_near;
