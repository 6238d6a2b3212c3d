-- The largest calls of an account, each with its run and where it came from.
-- grain: one call
with

    chosen as (

        select
            record_id,
            run_id,
            model_id as model,
            started_at,
            team_final as team,
            coalesce(uncached_input_tokens, 0)
            + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)
            + coalesce(reasoning_tokens, 0) as tokens,
            coalesce(amount, 0) + coalesce(committed, 0) + coalesce(capacity_cost, 0) as amount,
            import_id,
            line
        from usage
        where
            counts
            and kind = 'call'
            and provider_id = $provider
            and account_id is not distinct from $account
            and utc_day between $since and $until
            and ($model::varchar is null or model_id = $model)
        order by amount desc, tokens desc, started_at, import_id, line
        limit $listed

    )

select chosen.*, imports.file
from chosen
left join imports on imports.import_id = chosen.import_id
order by amount desc, tokens desc, started_at, chosen.import_id, line
