-- The same consumption as calls, as buckets, and what calls leave of the buckets: of one provider and account.
-- grain: one model and step
select
    model_id as model,
    case kind when 'call' then 'calls' when 'bucket' then 'buckets' else 'remainders' end as step,
    count(*) as members,
    coalesce(sum(coalesce(requests, 1)), 0)::bigint as requests,
    coalesce(
        sum(
            coalesce(uncached_input_tokens, 0)
            + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)
            + coalesce(reasoning_tokens, 0)
        ),
        0
    )::bigint as tokens,
    sum(coalesce(amount, 0) + coalesce(committed, 0) + coalesce(capacity_cost, 0)) as amount
from usage
where
    counts
    and provider_id = $provider
    and account_id is not distinct from $account
    and utc_day between $since and $until
    and ($model::varchar is null or model_id = $model)
group by all
