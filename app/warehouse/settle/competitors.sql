-- Rows that touched rows compete with: calls of the same record_id, and where sources of several ranks tell of a
-- provider's day, all its rows of that kind. Where a provider has buckets of several days, all its buckets are one
-- contest.
-- in: keys_usage, incoming_usage, returned_usage. out: keys_rival, keys_near with them.
create or replace temp table contested as
    select
        rows.record_id, coalesce(names.provider_id, lower(trim(rows.provider))) as provider_id, rows.utc_day, rows.rank,
        case when lower(rows.grain) = 'bucket' then 'bucket' else 'call' end as kind,
        lower(rows.grain) = 'bucket' and span_days(rows.started_at, rows.ended_at) > 1 as is_long
    from (
        select record_id, provider, model, utc_day, rank, grain, started_at, ended_at from incoming_usage
        union all
        select record_id, provider, model, utc_day, rank, grain, started_at, ended_at from returned_usage
    ) as rows
    left join names on names.provider = rows.provider and names.model = rows.model
    union
    select record_id, provider_id, utc_day, rank, kind, kind = 'bucket' and span_days(started_at, ended_at) > 1
    from usage
    where row_key in (select row_key from keys_usage);

-- The same call from another source: where it stood it may own its day no longer.
create or replace temp table twins as
    select row_key, record_id, provider_id, utc_day, rank
    from usage
    where kind = 'call' and record_id in (select record_id from contested where kind = 'call' and record_id is not null);

insert into contested select record_id, provider_id, utc_day, rank, 'call', false from twins;

create or replace temp table rival_days as
    select provider_id, utc_day, kind
    from (
        select provider_id, utc_day, kind, rank from contested
        union
        select provider_id, utc_day, kind, rank
        from usage
        where kind <> 'remainder' and (provider_id, utc_day) in (select provider_id, utc_day from contested)
    )
    group by provider_id, utc_day, kind
    having count(*) > 1;

insert into rival_days
    select distinct buckets.provider_id, buckets.utc_day, 'bucket'
    from usage as buckets
    join (
        select provider_id
        from (
            select provider_id, rank, is_long from contested where kind = 'bucket'
            union
            select provider_id, rank, span_days(started_at, ended_at) > 1 from usage where kind = 'bucket'
        )
        where provider_id in (select provider_id from contested where kind = 'bucket')
        group by provider_id
        having bool_or(is_long) and count(distinct rank) > 1
    ) as long using (provider_id)
    where buckets.kind = 'bucket' and (buckets.provider_id, buckets.utc_day, 'bucket') not in (from rival_days);

create or replace temp table keys_rival as
    select row_key from usage where (provider_id, utc_day, kind) in (from rival_days)
    union
    select row_key from twins;

insert into keys_near
    select row_key
    from keys_rival
    where row_key not in (select row_key from keys_usage) and row_key not in (select row_key from keys_near);
