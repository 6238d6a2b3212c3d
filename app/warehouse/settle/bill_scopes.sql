-- Compare bills with metered days: per provider, account, project and period of overlapping rows.
-- in: finer_cells, metered_days, was_scopes, was_unit_prices. out: bill_scopes, bill_days, unit_prices, scoped_cells.
create or replace temp table scoped_cells as
    with rows as (

        select side, level, row_key, min(day) as first_day, max(day) as last_day
        from finer_cells
        group by side, level, row_key

    ),

    edges as (

        select *, first_day > max(last_day) over (partition by side, level order by first_day, last_day, row_key rows between unbounded preceding and 1 preceding) as opens
        from rows

    ),

    periods as (

        select *, sum(case when opens then 1 else 0 end) over (partition by side, level order by first_day, last_day, row_key rows unbounded preceding) as period
        from edges

    ),

    named as (

        select
            side, level, row_key, min(first_day) over scope as scope_first, max(last_day) over scope as scope_last,
            md5(concat_ws('|', side, level, min(first_day) over scope, max(last_day) over scope)) as scope_id
        from periods
        window scope as (partition by side, level, period)

    )

    select cells.*, named.scope_id, named.scope_first, named.scope_last
    from finer_cells as cells
    join named using (side, level, row_key);

create or replace temp table compared as
    select
        scope_id, side, level, string_agg(distinct bill, ', ' order by bill) as bill, provider, account_key as account, by_provider,
        project_key as project, by_project, scope_first as first_day, scope_last as last_day,
        sum(amount) filter (heap = 'compared') as billed, count(distinct row_key) filter (heap = 'compared') as billed_rows
    from scoped_cells
    group by all
    having count(*) filter (heap = 'compared') > 0;

-- A day is compared once: by the bills whose usage stands on it, else by the finest whose taxes and credits reach it.
create or replace temp table compared_days as
    select cells.side, cells.day, coalesce(min(cells.level) filter (cells.heap = 'compared'), min(cells.level)) as level
    from scoped_cells as cells
    join compared using (scope_id)
    group by cells.side, cells.day;

delete from bill_days
;
insert into bill_days
    select distinct metered.utc_day, metered.provider, metered.account, metered.project, compared.scope_id
    from compared
    join compared_days as days
        on days.side = compared.side and days.level = compared.level and days.day between compared.first_day and compared.last_day
    join metered_days as metered
        on metered.provider = compared.provider and metered.utc_day = days.day
        and (compared.by_provider or metered.account = compared.account)
        and (not compared.by_project or metered.project = compared.project);

create or replace temp table scope_models as
    select
        bill_days.scope_id, metered.model, coalesce(sum(metered.amount), 0) as metered, coalesce(sum(metered.weight), 0) as weight,
        sum(metered.unpriced_tokens) as unpriced_tokens, sum(metered.priced_tokens) as priced_tokens
    from bill_days
    join metered_days as metered
        on metered.utc_day = bill_days.utc_day and metered.provider = bill_days.provider
        and metered.account is not distinct from bill_days.account and metered.project is not distinct from bill_days.project
    group by bill_days.scope_id, metered.model;

delete from bill_scopes
;
insert into bill_scopes by name
    with metered as (

        select scope_id, sum(metered) as metered, sum(weight) as weight, sum(unpriced_tokens) as unpriced_tokens
        from scope_models
        group by scope_id

    )

    select
        compared.* exclude (side, level, by_provider, by_project, billed_rows), coalesce(metered.metered, 0) as metered,
        coalesce(metered.weight, 0) as weight, compared.billed - coalesce(metered.metered, 0) as difference, 0 as unit_price,
        0 as leftover, null::uuid as top_row_key,
        null as reason, billed_rows, coalesce(metered.unpriced_tokens, 0) as unpriced_tokens
    from compared
    left join metered using (scope_id);

-- Where a bill says how many tokens of a model it bills, the part of the difference that is a dearer token.
delete from unit_prices
;
insert into unit_prices by name
    with rows as (

        select scope_id, model, row_key, any_value(tokens) as tokens, sum(amount) as amount
        from scoped_cells
        where category = 'usage' and model is not null and tokens > 0 and amount > 0 and not is_rest
        group by scope_id, model, row_key
        having count(*) = any_value(last_day) - any_value(first_day) + 1

    ),

    billed as (select scope_id, model, sum(tokens)::hugeint as tokens, units(sum(amount)) as amount from rows group by scope_id, model),

    dearer as (

        select
            billed.scope_id, billed.model, traced.weight, units(scopes.difference) as difference,
            greatest(
                0,
                share(billed.amount, least(billed.tokens, traced.priced_tokens)::hugeint, billed.tokens)
                - coalesce(share(units(traced.metered), least(billed.tokens, traced.priced_tokens)::hugeint, traced.priced_tokens::hugeint), 0)
            )::hugeint as moved
        from billed
        join scope_models as traced on traced.scope_id = billed.scope_id and traced.model = billed.model
        join bill_scopes as scopes on scopes.scope_id = billed.scope_id
        where scopes.difference > 0 and traced.weight > 0 and traced.priced_tokens > 0

    ),

-- Never more than the difference that there is to explain.
    capped as (

        select *, sum(moved) over scope as total, row_number() over (partition by scope_id order by moved desc, model) as place,
            case when sum(moved) over scope <= difference then moved else share(difference, moved, (sum(moved) over scope)::hugeint) end as part
        from dearer
        where moved > 0
        window scope as (partition by scope_id)

    )

    select
        scope_id, model, weight, 0 as leftover, null::uuid as top_row_key,
        money(part + case when place = 1 and total > difference then difference - sum(part) over (partition by scope_id) else 0 end) as difference
    from capped;

update bill_scopes
    set unit_price = dearer.difference
    from (select scope_id, sum(difference) as difference from unit_prices group by scope_id) as dearer
    where dearer.scope_id = bill_scopes.scope_id;

update bill_scopes
    set reason = case
        when difference < 0 then case when weight > 0 then 'below list' else 'adjustment' end
        when difference > unit_price then
            case
                -- Up to half a cent per billed row is how invoices round.
                when difference - unit_price <= 0.005 * billed_rows then 'rounding'
                when unpriced_tokens > 0 then 'unpriced'
                else 'billed not traced'
            end
    end;
