-- The lines of a charge add up to the charge, to the last unit (accounting 5, Money).
select
    'charge ' || coalesce(charges.charge_id, charges.row_key::varchar) as place,
    'amount ' || charges.amount || ', lines ' || coalesce(sum(lines.own_amount), 0) as detail
from charges
left join lines on lines.kind = 'charge' and lines.origin = charges.row_key::varchar
where charges.counts
group by charges.row_key, charges.charge_id, charges.amount
having charges.amount <> coalesce(sum(lines.own_amount), 0)
