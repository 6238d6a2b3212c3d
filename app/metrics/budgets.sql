-- The budgets in force on a day whose limit is money in the reporting currency; of two rows of one budget the newer
-- import's holds, within one import the later valid_from.
-- grain: one budget
select
    budget_id,
    case when coalesce(value, '') = '' then '' else lower(dimension) end as dimension,
    coalesce(value, '') as value,
    metric,
    lower(coalesce(period, 'month')) as period,
    "limit",
    owner
from budgets
where
    counts
    and (valid_from is null or valid_from <= $day)
    and (valid_to is null or valid_to >= $day)
    and "limit" is not null
    and coalesce(metric, '') in ('all_in_cost', 'model_cost')
    and (coalesce(value, '') = '' or lower(dimension) in ('team', 'workflow'))
    and coalesce(upper(currency), '') in ('', (select meta.value from meta where key = 'currency'))
qualify
    row_number() over (partition by budget_id order by clock desc, number desc, valid_from desc nulls last, line desc)
    = 1
order by budget_id
