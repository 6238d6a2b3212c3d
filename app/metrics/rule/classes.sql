-- Which prices the rows of a model without a price need: a class of tokens that has none leaves its row unpriced.
-- grain: one model
select
    bool_or(uncached_input_tokens > 0) as input_per_1m,
    bool_or(cache_read_tokens > 0) as cache_read_per_1m,
    bool_or(cache_write_tokens > 0) as cache_write_per_1m,
    bool_or(output_tokens > 0 or reasoning_tokens > 0) as output_per_1m
from usage
where counts and kind <> 'bucket' and own_cost is null and provider_id = $provider and model_id = $model
