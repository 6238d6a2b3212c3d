-- What each row to be settled decides alone: kind, canonical names, account, day; and what the next steps read of it.
-- in: work_usage, account_map, keys_recost, leaving_usage. out: worked and to_price (narrow: whole rows are read once
-- more, when they
-- are written). Only new rows and those whose price or rate changed are priced.
create or replace temp view own_usage as
    select
        rows.* replace (
            coalesce(rows.kind, case when lower(rows.grain) = 'bucket' then 'bucket' else 'call' end) as kind,
            coalesce(rows.provider_id, names.provider_id) as provider_id,
            coalesce(rows.model_id, names.model_id) as model_id,
            coalesce(rows.account, mapped.account) as account_id,
            case
                when rows.day is not null then rows.day
                when lower(rows.grain) = 'bucket' then rows.utc_day
                else local_day(rows.started_at, getvariable('zone'))
            end as day
        )
    from work_usage as rows
    join names on names.provider = rows.provider and names.model = rows.model
    left join account_map as mapped
        on rows.account is null and mapped.provider_id = names.provider_id and mapped.gateway = rows.source
        and mapped.api_key = coalesce(rows.api_key, '');

create or replace temp table worked as
    select
        row_key, is_new, source, rank, clock, number, line, counts, aside, kind, record_id, started_at, utc_day,
        case when kind = 'bucket' then last_day_of(started_at, ended_at) else utc_day end as last_day, day, run_id, turn,
        provider_id, model_id, account_id, project, api_key, user_id,
        team, workflow, product, feature, customer, segment, region, environment, tags
    from own_usage;

create or replace temp table to_price as
    select
        row_key, kind, provider_id, model_id, started_at, utc_day, day, role, status, attempt, service_tier, requests,
        uncached_input_tokens, tool_result_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
        reasoning_tokens, audio_input_tokens, image_input_tokens, audio_output_tokens, cost, currency
    from own_usage
    where is_new
    union all
    select
        row_key, kind, provider_id, model_id, started_at, utc_day, day, role, status, attempt, service_tier, requests,
        uncached_input_tokens, tool_result_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
        reasoning_tokens, audio_input_tokens, image_input_tokens, audio_output_tokens, cost, currency
    from usage
    where row_key in (select row_key from keys_recost) and row_key not in (select row_key from leaving_usage);
