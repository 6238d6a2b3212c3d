-- The stored versions of the touched usage rows, by their keys; and the versions that return where one of them goes.
-- in: keys_usage, elsewhere_usage, removed. out: old_usage (keys), returned_usage (whole rows).
create or replace temp table old_usage as
    select row_key, import_id, clock, number from usage where row_key in (select row_key from keys_usage);

create or replace temp table returned_usage as
    select *
    from elsewhere_usage
    where row_key in (select row_key from old_usage where import_id in (select import_id from removed))
        and (row_key, import_id) not in (select row_key, import_id from old_usage);

insert into old_usage select row_key, import_id, clock, number from returned_usage;
