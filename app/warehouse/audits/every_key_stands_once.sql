-- One version of every key stands (accounting 2.2).
select 'usage ' || row_key as place, count(*) || ' rows' as detail
from usage
group by row_key
having count(*) > 1
union all
select 'steps ' || row_key, count(*) || ' rows'
from steps
group by row_key
having count(*) > 1
union all
select 'checks ' || row_key, count(*) || ' rows'
from checks
group by row_key
having count(*) > 1
union all
select 'outcomes ' || row_key, count(*) || ' rows'
from outcomes
group by row_key
having count(*) > 1
union all
select 'charges ' || row_key, count(*) || ' rows'
from charges
group by row_key
having count(*) > 1
union all
select 'billed ' || row_key, count(*) || ' rows'
from billed
group by row_key
having count(*) > 1
