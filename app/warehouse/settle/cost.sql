-- What each usage row costs, and which component of cost each part of it is.
-- in: to_price (usage rows), price_now, rates. out: costed, the same rows with price, cost and components.
-- A source's own cost is split in proportion to prices; shares are rounded down, the largest weight takes what is left.
create or replace temp table costed as
with

    classed as (

        select
            row_key,
            case
                when lower(role) in ('retry', 'repair', 'replan') or lower(status) in ('error', 'timeout', 'rejected') or (attempt > 1 and status is null)
                then 'retry'
                when lower(role) in ('verify', 'evaluate', 'guardrail') then 'evaluator'
            end as token_class,
            (coalesce(uncached_input_tokens, 0) > coalesce(tool_result_tokens, 0))::int + (coalesce(tool_result_tokens, 0) > 0)::int
            + (coalesce(cache_read_tokens, 0) > 0)::int + (coalesce(cache_write_tokens, 0) > 0)::int
            + (coalesce(output_tokens, 0) > 0)::int + (coalesce(reasoning_tokens, 0) > 0)::int as classes,
            coalesce(uncached_input_tokens, 0) as uncached,
            coalesce(cache_read_tokens, 0) as cache_read,
            coalesce(cache_write_tokens, 0) as cache_write,
            least(coalesce(cache_write_1h_tokens, 0), coalesce(cache_write_tokens, 0)) as cache_write_1h,
            coalesce(output_tokens, 0) as output,
            coalesce(reasoning_tokens, 0) as reasoning,
            least(coalesce(audio_input_tokens, 0), coalesce(uncached_input_tokens, 0)) as audio_input,
            least(coalesce(image_input_tokens, 0), coalesce(uncached_input_tokens, 0) - least(coalesce(audio_input_tokens, 0), coalesce(uncached_input_tokens, 0))) as image_input,
            least(coalesce(audio_output_tokens, 0), coalesce(output_tokens, 0)) as audio_output,
            coalesce(requests, 1) as requests,
            closed(coalesce(service_tier, 'standard'), ['standard', 'batch', 'flex', 'priority', 'provisioned']) as tier,
            case when kind = 'call' then coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) else 0 end as context,
            case when kind = 'call' then date_part('hour', started_at) * 3600 + date_part('minute', started_at) * 60 + floor(date_part('second', started_at)) else 0 end as second,
            provider_id, model_id, utc_day, day, cost, coalesce(upper(currency), getvariable('currency')) as currency,
            (provider_id, model_id) in (select (provider_id, model_id) from served_models) as is_served
        from to_price

    ),

-- A token whose class has no price leaves the row without a price: NULL, never zero.
    weighed as (

        select
            classed.*, price_now.price_id, price_now.price_currency,
            case when uncached = 0 then 0 else (uncached - audio_input - image_input) * p_input + case when audio_input > 0 then audio_input * p_audio_input else 0 end + case when image_input > 0 then image_input * p_image_input else 0 end end as w_input,
            case when cache_read = 0 then 0 else cache_read * p_cache_read end
            + case when cache_write = cache_write_1h then 0 else (cache_write - cache_write_1h) * p_cache_write end
            + case when cache_write_1h = 0 then 0 else cache_write_1h * p_cache_write_1h end as w_cached_input,
            case when output = 0 then 0 else (output - audio_output) * p_output + case when audio_output > 0 then audio_output * p_audio_output else 0 end end as w_output,
            case when reasoning = 0 then 0 else reasoning * p_reasoning end as w_reasoning,
            requests * p_request as w_inference
        from classed
        left join price_now
            on price_now.provider_id = classed.provider_id and price_now.model_id = classed.model_id and price_now.tier = classed.tier
            and price_now.utc_day = classed.utc_day and price_now.day = classed.day
            and classed.second >= price_now.from_second and classed.second < price_now.to_second
            and classed.context > price_now.above_tokens and classed.context <= price_now.upto_tokens

    ),

    costs as (

        select
            weighed.* exclude (price_id),
            w_inference + w_input + w_cached_input + w_output + w_reasoning as weight,
            case
                when tier = 'provisioned' or is_served then 0
                when cost is not null then cost else w_inference + w_input + w_cached_input + w_output + w_reasoning
            end as own_cost,
            case when tier = 'provisioned' or is_served then getvariable('currency') when cost is not null then currency else price_currency end as own_currency,
            case when tier = 'provisioned' then 'provisioned' when is_served then 'capacity' when cost is not null then 'source' else price_id end as price_id
        from weighed

    ),

    converted as (

        select
            costs.*,
            case when own_currency = getvariable('currency') then own_cost else convert(own_cost, rates.rate) end as amount
        from costs
        left join rates on rates.currency = costs.own_currency and rates.day = costs.day

    ),

-- Where the whole cost goes to one component, which one; NULL where it is split.
    placed as (

        select
            *,
            case
                when token_class = 'retry' then 'retry'
                when token_class = 'evaluator' then 'evaluation'
                when classes = 0 then 'inference'
                when classes = 1 and (cost is not null or weight is null or w_inference = 0) then
                    case when uncached > 0 then 'input' when output > 0 then 'output' when reasoning > 0 then 'reasoning' else 'cached_input' end
                when weight is null or weight <= 0 then 'inference'
            end as whole,
            greatest(w_inference, w_input, w_cached_input, w_output, w_reasoning) as top
        from converted

    ),

    parts as (

        select
            row_key, token_class, price_id, own_cost, own_currency, amount, whole, amount = weight as is_exact,
            case
                when w_input = top then 'input' when w_cached_input = top then 'cached_input' when w_output = top then 'output'
                when w_reasoning = top then 'reasoning' else 'inference'
            end as takes_rest,
            w_inference, w_input, w_cached_input, w_output, w_reasoning,
            case when whole is null and amount <> weight then money(share(units(amount), units(w_inference), units(weight))) end as s_inference,
            case when whole is null and amount <> weight then money(share(units(amount), units(w_input), units(weight))) end as s_input,
            case when whole is null and amount <> weight then money(share(units(amount), units(w_cached_input), units(weight))) end as s_cached_input,
            case when whole is null and amount <> weight then money(share(units(amount), units(w_output), units(weight))) end as s_output,
            case when whole is null and amount <> weight then money(share(units(amount), units(w_reasoning), units(weight))) end as s_reasoning
        from placed

    )

select
    row_key, token_class, price_id, own_cost, own_currency, amount,
    case when whole is not null then case when whole = 'inference' then amount else 0 end when is_exact then w_inference
        else s_inference + case when takes_rest = 'inference' then amount - s_inference - s_input - s_cached_input - s_output - s_reasoning else 0 end end::decimal(38, 12) as cost_inference,
    case when whole is not null then case when whole = 'input' then amount else 0 end when is_exact then w_input
        else s_input + case when takes_rest = 'input' then amount - s_inference - s_input - s_cached_input - s_output - s_reasoning else 0 end end::decimal(38, 12) as cost_input,
    case when whole is not null then case when whole = 'cached_input' then amount else 0 end when is_exact then w_cached_input
        else s_cached_input + case when takes_rest = 'cached_input' then amount - s_inference - s_input - s_cached_input - s_output - s_reasoning else 0 end end::decimal(38, 12) as cost_cached_input,
    case when whole is not null then case when whole = 'output' then amount else 0 end when is_exact then w_output
        else s_output + case when takes_rest = 'output' then amount - s_inference - s_input - s_cached_input - s_output - s_reasoning else 0 end end::decimal(38, 12) as cost_output,
    case when whole is not null then case when whole = 'reasoning' then amount else 0 end when is_exact then w_reasoning
        else s_reasoning + case when takes_rest = 'reasoning' then amount - s_inference - s_input - s_cached_input - s_output - s_reasoning else 0 end end::decimal(38, 12) as cost_reasoning,
    case when whole = 'retry' then amount else 0 end::decimal(38, 12) as cost_retry,
    case when whole = 'evaluation' then amount else 0 end::decimal(38, 12) as cost_evaluation
from parts;
