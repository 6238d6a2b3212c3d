-- Replace the touched usage rows that come out differently, and say which days and keys of theirs changed.
-- in: settled_usage, keys_usage. out: usage; gone_usage and come_usage (narrow), which the later steps take as touched.
create or replace temp table same_usage as
    select usage.row_key
    from usage
    join settled_usage as settled using (row_key)
    where usage.kind <> 'remainder' and hash(usage) = hash(settled);

create or replace temp table gone_usage as
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts
    from usage
    where row_key in (select row_key from keys_usage) and row_key not in (select row_key from same_usage);

delete from usage where row_key in (select row_key from gone_usage);

insert into usage
    select * from settled_usage where row_key not in (select row_key from same_usage);

create or replace temp table come_usage as
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts
    from settled_usage
    where row_key not in (select row_key from same_usage);
