-- Which model route was chosen.
select
    provider_id as provider,
    model_id as model,
    model_requested,
    route,
    count(*) as calls,
    sum(amount + coalesce(committed, 0) + coalesce(capacity_cost, 0)) as cost,
    sum(
        coalesce(uncached_input_tokens, 0)
        + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_tokens, 0)
        + coalesce(output_tokens, 0)
        + coalesce(reasoning_tokens, 0)
    ) as tokens
from usage
where counts and kind <> 'bucket' and run_id = $run_id and utc_day between $first_day and $last_day
group by provider_id, model_id, model_requested, route
order by calls desc, provider, model
