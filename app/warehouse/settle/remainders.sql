-- What calls leave of the buckets of their provider, account, model and UTC day: usage rows like their bucket, with less in them.
-- in: touched_things, usage. out: to_price (the remainders, not yet priced); the old ones are gone.
insert into gone_usage
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts
    from usage
    where kind = 'remainder' and (provider_id, model_id, utc_day) in (from touched_things);
delete from usage where kind = 'remainder' and (provider_id, model_id, utc_day) in (from touched_things);

create or replace temp table standing_buckets as
    select *, row_number() over (order by started_at, record_id, clock, number, line) as place
    from usage
    where kind = 'bucket' and counts and (provider_id, model_id, utc_day) in (from touched_things);

-- Equal accounts meet. Where all buckets of a model and day are of one account, calls that name none meet them too;
-- where no bucket names one, all calls do.
create or replace temp table bucket_accounts as
    select provider_id, model_id, utc_day, account_id, count(*) over (partition by provider_id, model_id, utc_day) as accounts
    from (select distinct provider_id, model_id, utc_day, account_id from standing_buckets);

create or replace temp table explaining_calls as
    select
        buckets.provider_id, buckets.account_id, buckets.model_id, buckets.utc_day,
        sum(coalesce(uncached_input_tokens, 0)) as uncached, sum(coalesce(cache_read_tokens, 0)) as cache_read,
        sum(coalesce(cache_write_tokens, 0)) as cache_write,
        sum(coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) as output,
        sum(coalesce(requests, 1)) as requests,
        count(*) > count(cache_read_tokens) or count(*) > count(uncached_input_tokens) as blurs_read,
        count(*) > count(cache_write_tokens) or count(*) > count(uncached_input_tokens) as blurs_write,
        coalesce(sum(amount), 0) as amount
    from bucket_accounts as buckets
    join usage as calls
        on calls.provider_id = buckets.provider_id and calls.model_id = buckets.model_id and calls.utc_day = buckets.utc_day
        and (
            calls.account_id is not distinct from buckets.account_id
            or (buckets.accounts = 1 and (calls.account_id is null or buckets.account_id is null))
        )
    where calls.kind = 'call' and calls.counts
    group by buckets.provider_id, buckets.account_id, buckets.model_id, buckets.utc_day;

-- Not resolved yet: buckets of several days that calls lie in, and buckets of several accounts beside calls or buckets that
-- name none. They are set aside, not counted twice.
create or replace temp table waiting_buckets as
    select buckets.row_key
    from standing_buckets as buckets
    join bucket_accounts as accounts
        on accounts.provider_id = buckets.provider_id and accounts.model_id = buckets.model_id
        and accounts.utc_day = buckets.utc_day and accounts.account_id is not distinct from buckets.account_id
    where exists (
        select 1 from usage as calls
        where calls.kind = 'call' and calls.counts
            and calls.provider_id = buckets.provider_id and calls.model_id = buckets.model_id
            and calls.utc_day between buckets.utc_day and greatest(buckets.utc_day, (buckets.ended_at - interval 1 microsecond)::date)
            and (calls.account_id is not distinct from buckets.account_id or calls.account_id is null or buckets.account_id is null)
            and (
                (buckets.ended_at - interval 1 microsecond)::date > buckets.utc_day
                or (accounts.accounts > 1 and calls.account_id is distinct from buckets.account_id)
            )
    );
update usage
    set aside = case when row_key in (from waiting_buckets) then 'calls of this model do not tell which of them it holds' end
    where kind = 'bucket' and row_key in (select row_key from standing_buckets);

-- One row per bucket and class; classes that the calls do not tell apart are compared together.
create or replace temp table bucket_cells as
    with cells as (

        select
            buckets.row_key, buckets.place, buckets.provider_id, buckets.account_id, buckets.model_id, buckets.utc_day,
            unnest([
                {'class': 'uncached', 'compared': 'uncached', 'tokens': coalesce(uncached_input_tokens, 0)},
                {'class': 'cache_read', 'compared': case when calls.blurs_read then 'uncached' else 'cache_read' end, 'tokens': coalesce(cache_read_tokens, 0)},
                {'class': 'cache_write', 'compared': case when calls.blurs_write then 'uncached' else 'cache_write' end, 'tokens': coalesce(cache_write_tokens, 0)},
                {'class': 'output', 'compared': 'output', 'tokens': coalesce(output_tokens, 0)},
                {'class': 'reasoning', 'compared': 'output', 'tokens': coalesce(reasoning_tokens, 0)},
                {'class': 'requests', 'compared': 'requests', 'tokens': coalesce(buckets.requests, 1)}
            ]) as cell,
            calls.uncached + case when calls.blurs_read then calls.cache_read else 0 end
            + case when calls.blurs_write then calls.cache_write else 0 end as called_uncached,
            calls.cache_read as called_cache_read, calls.cache_write as called_cache_write, calls.output as called_output,
            calls.requests as called_requests
        from standing_buckets as buckets
        left join explaining_calls as calls
            on calls.provider_id = buckets.provider_id and calls.model_id = buckets.model_id and calls.utc_day = buckets.utc_day
            and calls.account_id is not distinct from buckets.account_id
        where buckets.row_key not in (from waiting_buckets)

    ),

    compared as (

        select
            row_key, place, cell.class, cell.tokens,
            sum(cell.tokens) over same as bucketed,
            case cell.compared
                when 'uncached' then called_uncached when 'cache_read' then called_cache_read when 'cache_write' then called_cache_write
                when 'output' then called_output else called_requests
            end as called,
            (provider_id, account_id, model_id, utc_day, cell.compared) as thing
        from cells
        window same as (partition by provider_id, account_id, model_id, utc_day, cell.compared)

    ),

    shared as (

        select *, greatest(0, bucketed - coalesce(called, 0)) as remaining,
            coalesce(share(greatest(0, bucketed - coalesce(called, 0)), tokens, bucketed), 0) as part
        from compared

    )

    select
        row_key, class, tokens,
        part + case
            when row_number() over (partition by thing order by tokens desc, place, class) = 1
            then remaining - sum(part) over (partition by thing) else 0
        end as part
    from shared;

create or replace temp table remaining as
    select
        row_key,
        coalesce(sum(part) filter (class = 'uncached'), 0)::bigint as uncached, coalesce(sum(part) filter (class = 'cache_read'), 0)::bigint as cache_read,
        coalesce(sum(part) filter (class = 'cache_write'), 0)::bigint as cache_write, coalesce(sum(part) filter (class = 'output'), 0)::bigint as output,
        coalesce(sum(part) filter (class = 'reasoning'), 0)::bigint as reasoning, coalesce(sum(part) filter (class = 'requests'), 0)::bigint as requests
    from bucket_cells
    group by row_key;

-- A stated cost: what the buckets of the key cost less what their calls cost, shared by the buckets' own costs.
create or replace temp table bucket_costs as
    with pools as (

        select
            buckets.row_key, buckets.place, buckets.amount, (buckets.provider_id, buckets.account_id, buckets.model_id, buckets.utc_day) as thing,
            sum(buckets.amount) over same as stated,
            greatest(0, sum(buckets.amount) over same - coalesce(calls.amount, 0)) as pool
        from standing_buckets as buckets
        left join explaining_calls as calls
            on calls.provider_id = buckets.provider_id and calls.model_id = buckets.model_id and calls.utc_day = buckets.utc_day
            and calls.account_id is not distinct from buckets.account_id
        where buckets.cost is not null and buckets.amount is not null and buckets.row_key not in (from waiting_buckets)
        window same as (partition by buckets.provider_id, buckets.account_id, buckets.model_id, buckets.utc_day)

    ),

    parts as (select *, coalesce(money(share(units(pool), units(greatest(amount, 0)), units(stated))), 0) as part from pools)

    select
        row_key,
        part + case
            when row_number() over (partition by thing order by amount desc, place) = 1
            then pool - sum(part) over (partition by thing) else 0
        end as cost
    from parts;

create or replace temp table to_price as
    select
        buckets.* exclude (place) replace (
            'remainder' as kind,
            md5(buckets.row_key::varchar || ' remainder')::uuid as row_key,
            case when uncached_input_tokens is not null or remaining.uncached > 0 then remaining.uncached end as uncached_input_tokens,
            case when uncached_input_tokens > 0 then (tool_result_tokens * remaining.uncached // uncached_input_tokens)::bigint else tool_result_tokens end as tool_result_tokens,
            case when cache_read_tokens is not null then remaining.cache_read end as cache_read_tokens,
            case when cache_write_tokens is not null then remaining.cache_write end as cache_write_tokens,
            case when cache_write_tokens > 0 then (cache_write_1h_tokens * remaining.cache_write // cache_write_tokens)::bigint else cache_write_1h_tokens end as cache_write_1h_tokens,
            case when output_tokens is not null or remaining.output > 0 then remaining.output end as output_tokens,
            case when reasoning_tokens is not null then remaining.reasoning end as reasoning_tokens,
            remaining.requests as requests,
            coalesce(bucket_costs.cost, buckets.cost) as cost,
            case when bucket_costs.cost is not null then getvariable('currency') else buckets.currency end as currency
        )
    from standing_buckets as buckets
    join remaining using (row_key)
    left join bucket_costs using (row_key)
    where remaining.uncached + remaining.cache_read + remaining.cache_write + remaining.output + remaining.reasoning + remaining.requests > 0;
