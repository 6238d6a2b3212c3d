-- Prices and discounts that people set: those of one model together, and which of them holds on a day.
-- grain: one standing row of the table prices
select
    provider,
    model,
    provider_id,
    model_id,
    service_tier,
    valid_from,
    valid_to,
    currency,
    input_per_1m,
    cache_read_per_1m,
    cache_write_per_1m,
    output_per_1m,
    reasoning_per_1m,
    per_request,
    discount,
    case
        when valid_from > $today
        then 'later'
        when valid_to < $today
        then 'ended'
        when
            row_number() over (
                partition by
                    provider_id,
                    model_id,
                    service_tier,
                    coalesce(valid_from > $today, false) or coalesce(valid_to < $today, false)
                order by prices.clock desc, prices.number desc, valid_from desc nulls last, line desc
            )
            = 1
        then 'in force'
        else 'overruled by a newer import'
    end as state,
    row_key::varchar as id,
    prices.import_id,
    prices.clock,
    prices.number,
    imports.file,
    imports.imported_at
from prices
join imports on imports.import_id = prices.import_id
where prices.counts
order by provider_id, model_id, service_tier nulls first, valid_from nulls first, prices.clock
