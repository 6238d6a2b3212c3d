-- Replace the touched usage rows that come out differently, and say which days and keys of theirs changed.
-- in: settled_usage, old_usage, keys_usage. out: usage; gone_usage and come_usage (narrow), which the later steps
-- take as touched.
create or replace temp table same_usage as
    select was.row_key
    from old_usage as was
    join settled_usage as settled on settled.row_key = was.row_key
    where hash(was) = hash(settled);

create or replace temp table gone_usage as
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from usage
    where row_key in (select row_key from keys_usage) and row_key not in (select row_key from same_usage);

delete from usage
where row_key in (select row_key from gone_usage)
;

insert into usage
    select settled.* from settled_usage as settled anti join same_usage on same_usage.row_key = settled.row_key;

create or replace temp table come_usage as
    select
        rows.row_key, rows.kind, rows.utc_day, rows.day, rows.provider_id, rows.account_id, rows.project, rows.model_id, rows.run_id, rows.counts,
        derived.team_final
    from to_price as rows
    join derived using (row_key)
    anti join same_usage on same_usage.row_key = rows.row_key;
