-- Buckets of one length whose days hold something that changed, and what explains them: calls, and what shorter buckets
-- leave.
-- in: changed_things, usage; the variable span_days. out: standing_buckets, span_calls; the old remainders of these
-- buckets are gone.
create or replace temp table gone_remainders as
    select rows.row_key
    from usage as rows
    where kind = 'remainder' and span_days(started_at, ended_at) = getvariable('span_days')
        and exists (
            select 1 from changed_things as changed
            where changed.provider_id = rows.provider_id and changed.model_id = rows.model_id
                and changed.utc_day between rows.started_at::date and last_day_of(rows.started_at, rows.ended_at)
        );
insert into gone_usage
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from usage
    where row_key in (from gone_remainders);
delete from usage
where row_key in (from gone_remainders)
;

create or replace temp table standing_buckets as
    select
        buckets.*, buckets.utc_day as first_day, last_day_of(started_at, ended_at) as last_day,
        row_number() over (order by started_at, record_id, clock, number, line) as place
    from usage as buckets
    where kind = 'bucket' and counts and span_days(started_at, ended_at) = getvariable('span_days')
        and exists (
            select 1 from changed_things as changed
            where changed.provider_id = buckets.provider_id and changed.model_id = buckets.model_id
                and changed.utc_day between buckets.utc_day and last_day_of(buckets.started_at, buckets.ended_at)
        );
