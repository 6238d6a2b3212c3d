-- What else it cost: people's minutes, and charges that name the run.
select
    'review' as kind,
    day,
    'human_review' as component,
    amount,
    currency as own_currency,
    own_amount,
    minutes,
    null as file,
    null as line
from reviews
where run_id = $run_id
union all by name
select
    lines.kind,
    lines.day,
    lines.component,
    lines.amount,
    lines.currency as own_currency,
    lines.own_amount,
    imports.file,
    charges.line
from lines
left join charges on charges.counts and charges.row_key::varchar = lines.origin
left join imports on imports.import_id = charges.import_id
where lines.run_id = $run_id
order by day, component
