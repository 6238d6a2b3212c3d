-- A row without a price has no cost; it is never zero (accounting 2.1).
select 'usage ' || row_key as place, 'no price, yet an amount of ' || amount as detail
from usage
where own_cost is null and amount is not null
