-- Which version of every touched key stands: the newest on the clock; of equal ones the later import.
-- in: keys_usage, incoming_usage, elsewhere_usage, removed. out: newest_usage (whole rows that are to stand and do
-- not yet),
-- leaving_usage (rows that stand no longer), keys_near with the others: they stand as they are, by themselves.
create or replace temp table old_usage as
    select row_key, import_id, clock, number from usage where row_key in (select row_key from keys_usage);

create or replace temp table returned_usage as
    select *
    from elsewhere_usage
    where row_key in (select row_key from old_usage where import_id in (select import_id from removed))
        and (row_key, import_id) not in (select row_key, import_id from old_usage);

create or replace temp table versions as
    select row_key, import_id, clock, number from incoming_usage
    union all
    select row_key, import_id, clock, number from returned_usage
    union all
    select row_key, import_id, clock, number from old_usage where import_id not in (select import_id from removed);

create or replace temp table repeated as
    select row_key from versions group by row_key having count(*) > 1;

insert into repeats
    select 'usage', row_key from repeated
    except
    select table_name, row_key from repeats where table_name = 'usage';

create or replace temp table beaten_usage as
    select row_key, import_id
    from versions
    where row_key in (select row_key from repeated)
    qualify row_number() over (partition by row_key order by clock desc, number desc) > 1;

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
