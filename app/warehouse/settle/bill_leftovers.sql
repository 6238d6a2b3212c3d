-- A share over rows needs only the two sums of its scope; what rounding down leaves goes to the row that costs most (of
-- equal ones the first). A scope whose sums and days nothing touched keeps what it had.
-- in: bill_scopes, bill_days, unit_prices, was_scopes, was_unit_prices, touched_provider_days.
-- out: leftover and top_row_key of both; spread_days; touched_bill_days.
update bill_scopes
    set leftover = was.leftover, top_row_key = was.top_row_key
    from was_scopes as was
    where was.scope_id = bill_scopes.scope_id and was.reason = 'below list'
        and was.difference = bill_scopes.difference and was.weight = bill_scopes.weight;
update unit_prices
    set leftover = was.leftover, top_row_key = was.top_row_key
    from was_unit_prices as was
    where was.scope_id = unit_prices.scope_id and was.model = unit_prices.model
        and was.difference = unit_prices.difference and was.weight = unit_prices.weight;

create or replace temp table spreads as
    select
        spread.*,
        top_row_key is null
        or exists (
            select 1 from bill_days
            where bill_days.scope_id = spread.scope_id
                and (bill_days.utc_day, bill_days.provider) in (select utc_day, provider from touched_provider_days)
        ) as is_open
    from (
        select scope_id, null::varchar as model, 'below list' as reason, difference, weight, top_row_key
        from bill_scopes
        where reason = 'below list'
        union all
        select scope_id, model, 'unit price', difference, weight, top_row_key from unit_prices
    ) as spread;

create or replace temp table scope_rows as
    select
        scopes.scope_id, scopes.model, scopes.reason, scopes.difference, scopes.weight, usage.row_key, usage.utc_day,
        bill_days.provider, bill_days.account, bill_days.project, usage.model_id,
        usage.amount + coalesce(usage.committed, 0) as metered
    from spreads as scopes
    join bill_days using (scope_id)
    join usage
        on usage.utc_day = bill_days.utc_day and usage.provider_id = bill_days.provider
        and usage.account_id is not distinct from bill_days.account and usage.project is not distinct from bill_days.project
        and (scopes.model is null or usage.model_id = scopes.model)
    where scopes.is_open and usage.counts and usage.kind <> 'bucket'
        and usage.amount + coalesce(usage.committed, 0) > 0;

create or replace temp table scope_sums as
    select
        scope_id, model, reason, utc_day, provider, account, project, model_id,
        sum(money(share(units(difference), units(metered), units(weight)))) as amount,
        max(metered) as top_metered, any_value(difference) as difference
    from scope_rows
    group by scope_id, model, reason, utc_day, provider, account, project, model_id;

create or replace temp table leftovers as
    select scope_id, model, any_value(difference) - sum(amount) as leftover, max(top_metered) as top_metered
    from scope_sums
    group by scope_id, model;

create or replace temp table tops as
    select leftovers.leftover, scope_rows.*
    from leftovers
    join scope_rows
        on scope_rows.scope_id = leftovers.scope_id and scope_rows.model is not distinct from leftovers.model
        and scope_rows.metered = leftovers.top_metered
    join usage on usage.row_key = scope_rows.row_key and usage.utc_day = scope_rows.utc_day
    qualify row_number() over (
        partition by leftovers.scope_id, leftovers.model
        order by usage.started_at, usage.record_id, usage.clock, usage.number, usage.line, usage.utc_day
    ) = 1;

update bill_scopes set leftover = tops.leftover, top_row_key = tops.row_key
    from tops where tops.scope_id = bill_scopes.scope_id and tops.model is null;
update unit_prices set leftover = tops.leftover, top_row_key = tops.row_key
    from tops where tops.scope_id = unit_prices.scope_id and tops.model = unit_prices.model;

-- The same shares by day, for whoever asks for sums of days only.
delete from spread_days
where
    not exists (
        select 1
        from spreads
        join bill_days using (scope_id)
        where
            not spreads.is_open
            and coalesce(spreads.model = spread_days.model, true)
            and bill_days.utc_day = spread_days.utc_day
            and bill_days.provider = spread_days.provider
            and bill_days.account is not distinct from spread_days.account
            and bill_days.project is not distinct from spread_days.project
    )
;
insert into spread_days by name
    select utc_day, provider, account, project, model_id as model, reason, sum(amount) as amount
    from (
        select utc_day, provider, account, project, model_id, reason, amount from scope_sums
        union all
        select utc_day, provider, account, project, model_id, reason, leftover from tops
    )
    group by utc_day, provider, account, project, model_id, reason;

create or replace temp table touched_spread_days as
    with now as (

        select
            bill_days.*,
            case when scopes.reason = 'below list' then (scopes.difference, scopes.weight, scopes.leftover, scopes.top_row_key) end as share,
            hash(prices) as prices
        from bill_days
        join bill_scopes as scopes using (scope_id)
        left join (
            select scope_id, list(unit_prices order by model) as prices from unit_prices group by scope_id
        ) as prices using (scope_id)

    ),

    changed as (

        (select * exclude (scope_id) from now except select * from was_spread)
        union
        (from was_spread except select * exclude (scope_id) from now)

    )

-- Where a bill came to cover rows or does no longer, they are invoiced now or no longer.
    select changed.utc_day, changed.provider, bool_or((now.utc_day is null) <> (was.utc_day is null)) as is_regrouped
    from changed
    left join now
        on now.utc_day = changed.utc_day and now.provider = changed.provider
        and now.account is not distinct from changed.account and now.project is not distinct from changed.project
    left join was_spread as was
        on was.utc_day = changed.utc_day and was.provider = changed.provider
        and was.account is not distinct from changed.account and was.project is not distinct from changed.project
    group by changed.utc_day, changed.provider;

insert into touched_bill_days
    select distinct utc_day + step::int, provider, is_regrouped
    from touched_spread_days, (select unnest(case when getvariable('zone') = 'UTC' then [0] else [-1, 0, 1] end) as step);
