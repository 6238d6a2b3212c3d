-- Buckets of one length meet the calls of their days, class by class: equal accounts first; then calls that name none,
-- with what is left of all accounts' buckets; then whatever is left of the calls, with the buckets that name none.
-- in: standing_buckets, usage; the variable span_days. out: left_of_buckets (account and compared class), excesses.
-- The classes are those that are compared; 'cost' goes the same way, in units of money.
create or replace temp table bucket_sums as
    select
        provider_id, model_id, first_day, last_day, account_id,
        sum(coalesce(uncached_input_tokens, 0))::hugeint as uncached, sum(coalesce(cache_read_tokens, 0))::hugeint as cache_read,
        sum(coalesce(cache_write_tokens, 0))::hugeint as cache_write,
        sum(coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0))::hugeint as output,
        sum(coalesce(requests, 1))::hugeint as requests,
        units(coalesce(sum(amount) filter (cost is not null), 0)) as cost,
        count(*) filter (cost is not null and amount is not null) > 0 as states_cost
    from standing_buckets
    group by all;

-- What is left of shorter buckets explains like calls do.
create or replace temp table call_sums as
    select
        spans.*, rows.account_id,
        sum(coalesce(uncached_input_tokens, 0))::hugeint as uncached, sum(coalesce(cache_read_tokens, 0))::hugeint as cache_read,
        sum(coalesce(cache_write_tokens, 0))::hugeint as cache_write,
        sum(coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0))::hugeint as output,
        sum(coalesce(requests, 1))::hugeint as requests,
        units(coalesce(sum(amount), 0)) as cost,
        count(*) > count(cache_read_tokens) or count(*) > count(uncached_input_tokens) as blurs_read,
        count(*) > count(cache_write_tokens) or count(*) > count(uncached_input_tokens) as blurs_write
    from (select distinct provider_id, model_id, first_day, last_day from bucket_sums) as spans
    join usage as rows
        on rows.provider_id = spans.provider_id and rows.model_id = spans.model_id
        and rows.utc_day between spans.first_day and spans.last_day
    where rows.counts
        and (rows.kind = 'call' or (rows.kind = 'remainder' and span_days(rows.started_at, rows.ended_at) < getvariable('span_days')))
    group by all;

create or replace temp table meetings as
    with sides as (

        select
            provider_id, model_id, first_day, last_day, account_id, true as is_bucket,
            uncached, cache_read, cache_write, output, requests, cost, null::boolean as blurs_read, null::boolean as blurs_write, states_cost
        from bucket_sums
        union all
        select
            provider_id, model_id, first_day, last_day, account_id, false,
            uncached, cache_read, cache_write, output, requests, cost, blurs_read, blurs_write, null
        from call_sums

    ),

-- Where any side names no account, all accounts of the span meet, and what is not told apart is so for all of them.
    told as (

        select
            *,
            coalesce(case when blank then bool_or(blurs_read) over span else bool_or(blurs_read) over own end, false) as merges_read,
            coalesce(case when blank then bool_or(blurs_write) over span else bool_or(blurs_write) over own end, false) as merges_write
        from (select *, bool_or(account_id is null) over (partition by provider_id, model_id, first_day, last_day) as blank from sides)
        window
            span as (partition by provider_id, model_id, first_day, last_day),
            own as (partition by provider_id, model_id, first_day, last_day, account_id)

    ),

    classes as (

        select
            provider_id, model_id, first_day, last_day, account_id, is_bucket,
            unnest([
                {'class': 'uncached', 'n': uncached + case when merges_read then cache_read else 0 end + case when merges_write then cache_write else 0 end},
                {'class': 'cache_read', 'n': case when merges_read then 0 else cache_read end},
                {'class': 'cache_write', 'n': case when merges_write then 0 else cache_write end},
                {'class': 'output', 'n': output}, {'class': 'requests', 'n': requests}, {'class': 'cost', 'n': cost}
            ]) as cell,
            merges_read, merges_write
        from told

    )

    select
        provider_id, model_id, first_day, last_day, account_id, cell.class,
        bool_or(is_bucket) as has_bucket, bool_or(merges_read) as merges_read, bool_or(merges_write) as merges_write,
        coalesce(sum(cell.n) filter (is_bucket), 0)::hugeint as bucketed,
        coalesce(sum(cell.n) filter (not is_bucket), 0)::hugeint as called
    from classes
    group by all;

create or replace temp table met as
    with equals as (

        select
            *,
            case when account_id is null then bucketed else greatest(0, bucketed - called) end as bucket_left,
            case when account_id is null then called else greatest(0, called - bucketed) end as call_left
        from meetings

    ),

-- Calls without an account, and all that is left of named accounts' buckets.
    blanks as (

        select
            *,
            coalesce(sum(bucket_left) filter (account_id is not null) over thing, 0)::hugeint as named_left,
            coalesce(sum(call_left) filter (account_id is null) over thing, 0)::hugeint as blank_calls
        from equals
        window thing as (partition by provider_id, model_id, first_day, last_day, class)

    ),

    given as (

        select
            *, least(named_left, blank_calls) as taken,
            case when account_id is not null then coalesce(share(least(named_left, blank_calls), bucket_left, named_left), 0) else 0 end as part
        from blanks

    ),

    seconds as (

        select
            * exclude (part, bucket_left, call_left),
            bucket_left - case
                when account_id is null then 0
                else part + case when row_number() over (partition by provider_id, model_id, first_day, last_day, class order by account_id is null, bucket_left desc, account_id) = 1
                    then taken - sum(part) over (partition by provider_id, model_id, first_day, last_day, class) else 0 end
            end as bucket_left,
            call_left - case when account_id is null then taken else 0 end as call_left
        from given

    ),

    thirds as (

        select
            *,
            sum(call_left) over thing as calls_left,
            coalesce(sum(bucket_left) filter (account_id is null) over thing, 0)::hugeint as blank_left,
            bool_or(has_bucket and account_id is null) over thing as has_blank_bucket,
            bool_or(has_bucket) over thing as has_any_bucket
        from seconds
        window thing as (partition by provider_id, model_id, first_day, last_day, class)

    )

    select
        provider_id, model_id, first_day, last_day, account_id, class, has_bucket, merges_read, merges_write,
        case when account_id is null then greatest(0, bucket_left - calls_left) else bucket_left end::hugeint as remaining,
        -- What calls hold beyond the buckets that they meet.
        case
            when has_bucket or has_blank_bucket or (account_id is null and has_any_bucket)
            then (call_left - coalesce(share(least(calls_left, blank_left)::hugeint, call_left, calls_left::hugeint), 0))::hugeint
            else 0
        end as excess
    from thirds;

create or replace temp table left_of_buckets as
    select * exclude (excess, has_bucket) from met where has_bucket;

delete from excesses
where
    last_day - first_day + 1 = getvariable('span_days')
    and exists (
        select 1
        from changed_things as changed
        where
            changed.provider_id = excesses.provider
            and changed.model_id = excesses.model
            and changed.utc_day between excesses.first_day and excesses.last_day
    )
;
insert into excesses by name
    select
        met.provider_id as provider, met.account_id as account, met.model_id as model, met.first_day, met.last_day,
        sum(excess) filter (class = 'uncached') as uncached, sum(excess) filter (class = 'cache_read') as cache_read,
        sum(excess) filter (class = 'cache_write') as cache_write, sum(excess) filter (class = 'output') as output,
        sum(excess) filter (class = 'requests') as requests,
        money(sum(excess) filter (class = 'cost' and states_cost)) as amount
    from met
    join (
        select provider_id, model_id, first_day, last_day, bool_or(states_cost) as states_cost from bucket_sums group by all
    ) as stated using (provider_id, model_id, first_day, last_day)
    group by all
    having sum(excess) filter (class <> 'cost') > 0;
