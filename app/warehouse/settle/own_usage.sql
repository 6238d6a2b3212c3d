-- What each touched usage row decides alone: kind, canonical names, account, day.
-- in: work_usage. out: to_price.
create or replace temp table to_price as
    select
        rows.* replace (
            case when lower(rows.grain) = 'bucket' then 'bucket' else 'call' end as kind,
            names.provider_id as provider_id,
            names.model_id as model_id,
            coalesce(rows.account, mapped.account) as account_id,
            case when lower(rows.grain) = 'bucket' then rows.utc_day else local_day(rows.started_at, getvariable('zone')) end as day
        )
    from work_usage as rows
    join names on names.provider = rows.provider and names.model = rows.model
    left join account_map as mapped
        on rows.account is null and mapped.provider_id = names.provider_id and mapped.gateway = rows.source
        and mapped.api_key = coalesce(rows.api_key, '');
