-- What bills came to before: what stays the same is not worked out again. Of differences, only those that lie over
-- rows.
-- out: was_scopes, was_unit_prices, was_spread.
create or replace temp table was_scopes as from bill_scopes;
create or replace temp table was_unit_prices as from unit_prices;
create or replace temp table was_spread as
    select
        bill_days.* exclude (scope_id),
        case when scopes.reason = 'below list' then (scopes.difference, scopes.weight, scopes.leftover, scopes.top_row_key) end as share,
        hash(prices) as prices
    from bill_days
    join bill_scopes as scopes using (scope_id)
    left join (select scope_id, list(unit_prices order by model) as prices from unit_prices group by scope_id) as prices using (scope_id);
