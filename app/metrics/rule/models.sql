-- Models that a price is known or set for.
select provider_id as provider, model_id as model
from list_prices
where to_second > 0
union
select provider_id, model_id
from prices
where counts and provider_id is not null
order by provider, model
