-- Every bill row cut evenly over its days, in its own currency. Of several sources the best rank owns a provider,
-- account
-- and day: the days of worse rows on which a better one bills count nothing.
-- in: billed. out: bill_cells.
update billed set aside = null where counts and aside is not null;

create or replace temp table bill_rows as
    select
        row_key, bill, provider_id as provider, account, project, model_id as model, rank, clock, number, line,
        charged_from as first_day, coalesce(charged_to, charged_from) as last_day,
        case when lower(trim(charge_category)) in ('purchase', 'tax', 'credit', 'adjustment') then lower(trim(charge_category)) else 'usage' end as category,
        coalesce(effective_cost, billed_cost) as cost,
        coalesce(upper(currency), getvariable('currency')) as currency,
        round(quantity * token_unit(unit))::hugeint as tokens
    from billed
    where counts;

create or replace temp table bill_cells as
    select
        bill_rows.*, (first_day + place::int)::date as day,
        money(even_part(units(cost), place, last_day - first_day + 1)) as own_amount
    from bill_rows, lateral (select unnest(range(0, last_day - first_day + 1)) as place) as days;

create or replace temp table bill_claims as
    select distinct provider, account, day, rank from bill_cells;

create or replace temp table lost_bill_claims as
    select distinct worse.*
    from bill_claims as worse
    join bill_claims as better
        on better.provider = worse.provider and better.day = worse.day and better.rank < worse.rank
        and (better.account is null or worse.account is null or better.account = worse.account);

delete from bill_cells
using lost_bill_claims as lost
where
    lost.provider = bill_cells.provider
    and lost.account is not distinct from bill_cells.account
    and lost.day = bill_cells.day
    and lost.rank = bill_cells.rank
;

update billed set aside = 'a better source bills these days'
    where counts and row_key not in (select row_key from bill_cells);
