-- What commitments and capacity cost lies on the rows that used them, in proportion to tokens; what nobody used is a
-- line
-- of its own.
-- in: pool_money, rates, usage, served_models, gone_usage, come_usage. out: usage (committed, capacity_cost),
-- pool_days,
-- lines; touched_pool_days.
create or replace temp table pools_now as
    select money.*, convert(own_amount, rates.rate) as amount
    from pool_money as money
    left join rates on rates.currency = money.currency and rates.day = money.utc_day;

-- Only days whose money or whose rows changed are shared out again.
create or replace temp table touched_pool_days as
    select utc_day from gone_usage
    union
    select utc_day from come_usage
    union
    select utc_day from (from pools_now except from pool_days)
    union
    select utc_day from (from pool_days except from pools_now);

delete from pool_days
;
insert into pool_days by name from pools_now;

create or replace temp table pool_rows as
    with rows as (

        select
            row_key, utc_day, provider_id, model_id, account_id, region_final as region, started_at, record_id, clock, number, line,
            lower(service_tier) = 'provisioned' as is_provisioned,
            (coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0))::hugeint as tokens
        from usage
        where counts and kind <> 'bucket' and utc_day in (from touched_pool_days) and price_id in ('provisioned', 'capacity')

    )

    select pools.kind, pools.pool, rows.*
    from pools_now as pools
    join rows
        on rows.utc_day = pools.utc_day and rows.provider_id = pools.provider_id and rows.is_provisioned
        and (pools.account is null or rows.account_id is null or rows.account_id = pools.account)
        and (pools.model_id is null or rows.model_id = pools.model_id)
        and (pools.region is null or rows.region is null or rows.region = pools.region)
    where pools.kind = 'commitment'
    union all by name
    select pools.kind, pools.pool, rows.*
    from pools_now as pools
    join served_models as served on served.capacity_key = pools.pool
    join rows on rows.utc_day = pools.utc_day and rows.provider_id = served.provider_id and rows.model_id = served.model_id
    where pools.kind = 'capacity';

-- A commitment of tokens pays for as many as were used of a day's part of it.
create or replace temp table pool_parts as
    with used as (

        select pool, utc_day, sum(tokens)::hugeint as tokens from pool_rows group by pool, utc_day

    )

    select
        pools.*, coalesce(used.tokens, 0) as used_tokens, units(pools.amount) as whole,
        case
            when coalesce(used.tokens, 0) = 0 then 0
            when pools.tokens is null then units(pools.amount)
            when pools.tokens <= 0 then 0
            else share(units(pools.amount), least(used.tokens * pools.days, pools.tokens)::hugeint, pools.tokens)
        end::hugeint as posted
    from pools_now as pools
    left join used on used.pool = pools.pool and used.utc_day = pools.utc_day
    where pools.utc_day in (from touched_pool_days) and pools.amount is not null;

create or replace temp table pool_shares as
    with shared as (

        select
            rows.kind, rows.pool, rows.row_key, rows.utc_day, parts.posted,
            share(parts.posted, rows.tokens, parts.used_tokens) as part,
            row_number() over (
                partition by rows.pool, rows.utc_day
                order by rows.tokens desc, rows.started_at, rows.record_id, rows.clock, rows.number, rows.line
            ) as place
        from pool_rows as rows
        join pool_parts as parts on parts.pool = rows.pool and parts.utc_day = rows.utc_day
        where parts.used_tokens > 0

    ),

    given as (

        select * replace (part + case when place = 1 then posted - sum(part) over (partition by pool, utc_day) else 0 end as part)
        from shared

    )

    select
        row_key, utc_day, money(sum(part) filter (kind = 'commitment')) as committed, money(sum(part) filter (kind = 'capacity')) as capacity_cost
    from given
    group by row_key, utc_day;

create or replace temp table pool_changes as
    select usage.row_key, usage.utc_day, shares.committed, shares.capacity_cost
    from usage
    left join pool_shares as shares on shares.row_key = usage.row_key and shares.utc_day = usage.utc_day
    where usage.utc_day in (from touched_pool_days)
        and (usage.committed is distinct from shares.committed or usage.capacity_cost is distinct from shares.capacity_cost);

insert into gone_usage
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from usage
    where row_key in (select row_key from pool_changes) and utc_day in (select utc_day from pool_changes)
        and row_key not in (select row_key from come_usage);

update usage set committed = changes.committed, capacity_cost = changes.capacity_cost
    from pool_changes as changes
    where usage.row_key = changes.row_key and usage.utc_day = changes.utc_day;

insert into come_usage
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from usage
    where row_key in (select row_key from pool_changes) and utc_day in (select utc_day from pool_changes)
        and row_key not in (select row_key from come_usage);

delete from lines
where
    kind in ('commitment', 'capacity')
    and (utc_day in (from touched_pool_days) or origin not in (select pool::varchar from pools_now))
;
insert into lines by name
    select
        kind, case when kind = 'commitment' then 'unused commitment' else 'idle capacity' end as reason, pool::varchar as origin,
        utc_day as day, utc_day, 'inference' as component, money(whole - posted) as amount, getvariable('currency') as currency,
        money(whole - posted) as own_amount, provider_id as provider, account, model_id as model, region, team
    from pool_parts
    where whole <> posted
    union all by name
    select
        kind, 'unconverted' as reason, pool::varchar as origin, utc_day as day, utc_day, 'inference' as component, null as amount, currency, own_amount,
        provider_id as provider, account, model_id as model, region, team
    from pools_now
    where amount is null and own_amount <> 0 and utc_day in (from touched_pool_days);
