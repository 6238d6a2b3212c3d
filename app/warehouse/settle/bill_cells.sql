-- Every bill row cut evenly over its days, in its own currency; rows of a worse rank on days that a better one bills
-- are set aside.
update billed set aside = null where counts;

create or replace temp table bill_rows as
    select
        row_key, bill, provider_id as provider, account, project, model_id as model, rank, clock, number, line,
        charged_from as first_day, coalesce(charged_to, charged_from) as last_day,
        case when lower(trim(charge_category)) in ('purchase', 'tax', 'credit', 'adjustment') then lower(trim(charge_category)) else 'usage' end as category,
        coalesce(effective_cost, billed_cost) as cost,
        coalesce(upper(currency), getvariable('currency')) as currency
    from billed
    where counts;

create or replace temp table worse_bill_rows as
    select worse.row_key, 'a better source bills these days' as reason
    from bill_rows as worse
    where exists (
        select 1 from bill_rows as better
        where better.provider = worse.provider and better.rank < worse.rank
            and (better.account is null or worse.account is null or better.account = worse.account)
            and better.first_day <= worse.last_day and better.last_day >= worse.first_day
    );
delete from bill_rows
where row_key in (select row_key from worse_bill_rows)
;

-- Of bills for the same days the one whose longest row is shorter stands; the other waits until it is resolved what
-- it leaves.
create or replace temp table bill_spans as
    select bill, provider, account, min(first_day) as first_day, max(last_day) as last_day, max(last_day - first_day) as longest
    from bill_rows
    group by bill, provider, account;

create or replace temp table waiting_bills as
    select distinct longer.bill, longer.provider, longer.account
    from bill_spans as longer
    join bill_spans as shorter
        on shorter.provider = longer.provider and shorter.bill <> longer.bill and shorter.longest < longer.longest
        and (shorter.account is null or longer.account is null or shorter.account = longer.account)
    where exists (
        select 1
        from bill_rows as a
        join bill_rows as b on a.first_day <= b.last_day and a.last_day >= b.first_day
        where a.bill = longer.bill and a.provider = longer.provider and a.account is not distinct from longer.account
            and b.bill = shorter.bill and b.provider = shorter.provider and b.account is not distinct from shorter.account
    );

insert into worse_bill_rows
    select row_key, 'a finer bill of the same days stands'
    from bill_rows
    where exists (
        select 1 from waiting_bills as waiting
        where waiting.bill = bill_rows.bill and waiting.provider = bill_rows.provider and waiting.account is not distinct from bill_rows.account
    );
delete from bill_rows
where row_key in (select row_key from worse_bill_rows)
;

update billed set aside = worse_bill_rows.reason from worse_bill_rows where worse_bill_rows.row_key = billed.row_key;

create or replace temp table bill_cells as
    select
        bill_rows.*, (first_day + place::int)::date as day,
        money(even_part(units(cost), place, last_day - first_day + 1)) as own_amount
    from bill_rows, lateral (select unnest(range(0, last_day - first_day + 1)) as place) as days;
