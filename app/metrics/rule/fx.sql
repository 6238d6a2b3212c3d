-- Rates of exchange, the newest first: what one unit of a currency is worth in the reporting one from its day on.
-- grain: one standing rate
select
    day,
    upper(currency) as currency,
    rate,
    case
        when day > $today
        then 'later'
        when
            row_number() over (
                partition by upper(currency), day > $today order by day desc, fx.clock desc, fx.number desc, line desc
            )
            = 1
        then 'in force'
        else 'earlier days'
    end as state,
    row_key::varchar as id,
    fx.import_id,
    imports.file,
    imports.imported_at
from fx
join imports on imports.import_id = fx.import_id
where fx.counts
order by day desc, currency
