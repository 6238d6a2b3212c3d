-- The list prices of a model as they changed over the days on which it was used. Prices are per million tokens.
-- grain: one tier, part of the day, context length and run of days with equal prices
with

    days as (

        select *, hash(input, cache_read, cache_write, cache_write_1h, output, reasoning, per_request, book) as rates
        from list_prices
        where provider_id = $provider and model_id = $model and to_second > 0

    ),

    changed as (

        select
            *,
            (
                rates is distinct from lag(rates) over (
                    partition by tier, from_second, to_second, above_tokens order by utc_day
                )
            )::int as begins
        from days

    ),

    stepped as (

        select *, sum(begins) over (partition by tier, from_second, to_second, above_tokens order by utc_day) as step
        from changed

    )

select
    tier,
    from_second,
    to_second,
    above_tokens,
    upto_tokens,
    min(utc_day) as first_day,
    max(utc_day) as last_day,
    any_value(input) * 1000000 as input_per_1m,
    any_value(cache_read) * 1000000 as cache_read_per_1m,
    any_value(cache_write) * 1000000 as cache_write_per_1m,
    any_value(output) * 1000000 as output_per_1m,
    any_value(reasoning) * 1000000 as reasoning_per_1m,
    any_value(per_request) as per_request,
    any_value(book) as book
from stepped
group by tier, from_second, to_second, above_tokens, upto_tokens, step
order by tier <> 'standard', tier, above_tokens, from_second, first_day
