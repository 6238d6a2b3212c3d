-- The largest buckets of an account, each with what calls leave of it.
-- grain: one bucket
with

    chosen as (

        select
            *,
            coalesce(uncached_input_tokens, 0)
            + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)
            + coalesce(reasoning_tokens, 0) as tokens
        from usage
        where
            counts
            and kind <> 'call'
            and provider_id = $provider
            and account_id is not distinct from $account
            and utc_day between $since and $until
            and ($model::varchar is null or model_id = $model)

    ),

    remainders as (

        select import_id, line, sum(tokens)::bigint as tokens, sum(amount) as amount
        from chosen
        where kind = 'remainder'
        group by import_id, line

    )

select
    chosen.model_id as model,
    chosen.utc_day as first_day,
    coalesce((chosen.ended_at - interval 1 microsecond)::date, chosen.utc_day) as last_day,
    chosen.project,
    chosen.tokens,
    chosen.amount as stated,
    coalesce(remainders.tokens, 0) as tokens_left,
    remainders.amount as amount_left,
    chosen.import_id,
    imports.file,
    chosen.line
from chosen
left join remainders on remainders.import_id = chosen.import_id and remainders.line = chosen.line
left join imports on imports.import_id = chosen.import_id
where chosen.kind = 'bucket'
order by chosen.tokens desc, chosen.utc_day, chosen.import_id, chosen.line
limit $listed
