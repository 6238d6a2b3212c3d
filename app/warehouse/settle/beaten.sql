-- One version of every touched key of {table} stands: the newest on the clock; of equal ones the later import.
-- in: incoming_{table}, old_{table} (with what returns), removed. out: beaten_{table}; repeats, the keys of several
-- versions.
create or replace temp table versions as
    select row_key, import_id, clock, number from incoming_{table}
    union all
    select row_key, import_id, clock, number from old_{table} where import_id not in (select import_id from removed);

create or replace temp table repeated as
    select row_key from versions group by row_key having count(*) > 1;

insert into repeats
    select '{table}', row_key from repeated
    except
    select table_name, row_key from repeats where table_name = '{table}';

create or replace temp table beaten_{table} as
    select row_key, import_id
    from versions
    where row_key in (select row_key from repeated)
    qualify row_number() over (partition by row_key order by clock desc, number desc) > 1;
