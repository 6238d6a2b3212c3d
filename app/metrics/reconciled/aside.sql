-- Rows that stand but count nothing, since a better source has the same consumption: why, how many, what they state.
-- grain: one reason, provider, account, source and import
select
    aside as reason,
    provider_id as provider,
    account_id as account,
    source,
    import_id,
    any_value((select imports.file from imports where imports.import_id = rows.import_id)) as file,
    min(utc_day) as first_day,
    max(utc_day) as last_day,
    count(*) as members,
    sum(tokens)::bigint as tokens,
    sum(amount) as amount
from
    (
        select
            aside,
            provider_id,
            account_id,
            source,
            import_id,
            utc_day,
            coalesce(uncached_input_tokens, 0)
            + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)
            + coalesce(reasoning_tokens, 0) as tokens,
            amount
        from usage
        where
            aside is not null
            and utc_day between $since and $until
            and ($providers::varchar[] is null or list_contains($providers, provider_id))
            and ($accounts::varchar[] is null or list_contains($accounts, coalesce(account_id, 'Unassigned')))
        union all
        select aside, provider_id, account, source, import_id, charged_from, null, coalesce(effective_cost, billed_cost)
        from billed
        where
            aside is not null
            and charged_from <= $until
            and coalesce(charged_to, charged_from) >= $since
            and ($providers::varchar[] is null or list_contains($providers, provider_id))
            and ($accounts::varchar[] is null or list_contains($accounts, coalesce(account, 'Unassigned')))
    ) as rows
group by all
order by amount desc nulls last, reason, provider, account, import_id
