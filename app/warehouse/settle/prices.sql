-- The price that holds for each (provider, model, tier, days) of `to_price`: an override in force, else the list price.
-- in: to_price (usage rows with provider_id, model_id, day). out: price_now, one row per thing, part of the day and
-- context length.
create or replace temp table things as
    select distinct provider_id, model_id, closed(coalesce(service_tier, 'standard'), ['standard', 'batch', 'flex', 'priority', 'provisioned']) as tier, utc_day, day
    from to_price;

-- The override of a thing: a row for its tier before one for every tier; then the newer import, then the later
-- valid_from.
create or replace temp table overrides as
    select things.*, prices.* exclude (provider, model, provider_id, model_id, utc_day, tags, counts, aside)
    from things
    join prices on prices.provider_id = things.provider_id and prices.model_id = things.model_id
    where prices.counts and (prices.service_tier is null or lower(prices.service_tier) = things.tier)
        and (prices.valid_from is null or prices.valid_from <= things.day)
        and (prices.valid_to is null or prices.valid_to >= things.day)
    qualify row_number() over (
        partition by things.provider_id, things.model_id, things.tier, things.utc_day, things.day
        order by (prices.service_tier is not null) desc, prices.clock desc, prices.number desc, prices.valid_from desc nulls last, prices.line desc
    ) = 1;

create or replace temp table price_now as
    select
        things.*, list.from_second, list.to_second, list.above_tokens, list.upto_tokens,
        'USD' as price_currency,
        (list.input * kept.rate)::decimal(18, 12) as p_input,
        (list.cache_read * kept.rate)::decimal(18, 12) as p_cache_read,
        (list.cache_write * kept.rate)::decimal(18, 12) as p_cache_write,
        (list.cache_write_1h * kept.rate)::decimal(18, 12) as p_cache_write_1h,
        (list.output * kept.rate)::decimal(18, 12) as p_output,
        (list.reasoning * kept.rate)::decimal(18, 12) as p_reasoning,
        (list.audio_input * kept.rate)::decimal(18, 12) as p_audio_input,
        (list.image_input * kept.rate)::decimal(18, 12) as p_image_input,
        (list.audio_output * kept.rate)::decimal(18, 12) as p_audio_output,
        (coalesce(list.per_request, 0) * kept.rate)::decimal(18, 12) as p_request,
        case when o.discount is null then 'list ' || list.book else 'discount ' || o.import_id || ' line ' || o.line end as price_id
    from things
    join list_prices as list using (provider_id, model_id, tier, utc_day)
    left join overrides as o using (provider_id, model_id, tier, utc_day, day)
    cross join lateral (select (1 - coalesce(o.discount, 0))::decimal(18, 12) as rate) as kept
    where o.import_id is null or o.discount is not null
    union all by name
    select
        provider_id, model_id, tier, utc_day, day, 0 as from_second, 86400 as to_second, -1 as above_tokens, 4611686018427387904 as upto_tokens,
        coalesce(upper(currency), getvariable('currency')) as price_currency,
        (input_per_1m * 0.000001)::decimal(18, 12) as p_input,
        (cache_read_per_1m * 0.000001)::decimal(18, 12) as p_cache_read,
        (cache_write_per_1m * 0.000001)::decimal(18, 12) as p_cache_write,
        (cache_write_per_1m * 0.000001)::decimal(18, 12) as p_cache_write_1h,
        (output_per_1m * 0.000001)::decimal(18, 12) as p_output,
        (coalesce(reasoning_per_1m, output_per_1m) * 0.000001)::decimal(18, 12) as p_reasoning,
        (input_per_1m * 0.000001)::decimal(18, 12) as p_audio_input,
        (input_per_1m * 0.000001)::decimal(18, 12) as p_image_input,
        (output_per_1m * 0.000001)::decimal(18, 12) as p_audio_output,
        coalesce(per_request, 0)::decimal(18, 12) as p_request,
        'price ' || import_id || ' line ' || line as price_id
    from overrides
    where discount is null;
