-- What calls hold beyond the buckets of their provider, account, model and days.
-- grain: one model
select
    model,
    sum(uncached + cache_read + cache_write + output)::bigint as tokens,
    sum(requests)::bigint as requests,
    sum(amount) as amount,
    min(first_day) as first_day,
    max(last_day) as last_day
from excesses
where
    provider = $provider
    and account is not distinct from $account
    and first_day <= $until
    and last_day >= $since
    and ($model::varchar is null or model = $model)
group by model
order by tokens desc, model
