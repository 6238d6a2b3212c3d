-- What each touched usage row decides alone: kind, canonical names, account, day; and what the next steps read of it.
-- in: work_usage, account_map. out: to_price (narrow: whole rows are read once more, when they are written).
create or replace temp table to_price as
    select
        rows.row_key, rows.source, rows.rank, rows.clock, rows.number, rows.line, rows.counts, rows.aside,
        rows.record_id, rows.started_at, rows.utc_day, rows.run_id, rows.turn, rows.role, rows.status, rows.attempt, rows.service_tier,
        rows.requests, rows.uncached_input_tokens, rows.tool_result_tokens, rows.cache_read_tokens, rows.cache_write_tokens,
        rows.cache_write_1h_tokens, rows.output_tokens, rows.reasoning_tokens, rows.audio_input_tokens, rows.image_input_tokens,
        rows.audio_output_tokens, rows.cost, rows.currency, rows.project, rows.api_key, rows.user_id,
        rows.team, rows.workflow, rows.product, rows.feature, rows.customer, rows.segment, rows.region, rows.environment, rows.tags,
        case when lower(rows.grain) = 'bucket' then 'bucket' else 'call' end as kind,
        names.provider_id, names.model_id,
        coalesce(rows.account, mapped.account) as account_id,
        case when lower(rows.grain) = 'bucket' then rows.utc_day else local_day(rows.started_at, getvariable('zone')) end as day
    from work_usage as rows
    join names on names.provider = rows.provider and names.model = rows.model
    left join account_map as mapped
        on rows.account is null and mapped.provider_id = names.provider_id and mapped.gateway = rows.source
        and mapped.api_key = coalesce(rows.api_key, '');
