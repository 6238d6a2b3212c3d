-- The versions of the list-price book that stored list prices came from.
-- grain: one version
select book, count(distinct(provider_id, model_id)) as models, min(utc_day) as first_day, max(utc_day) as last_day
from list_prices
where to_second > 0
group by book
order by book desc
