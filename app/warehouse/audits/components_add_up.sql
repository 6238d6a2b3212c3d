-- Cost components are exclusive and add up to the cost of a row (accounting 4).
select 'usage ' || row_key as place, 'cost ' || amount as detail
from usage
where
    counts
    and amount is not null
    and amount
    <> cost_inference + cost_input + cost_cached_input + cost_output + cost_reasoning + cost_retry + cost_evaluation
