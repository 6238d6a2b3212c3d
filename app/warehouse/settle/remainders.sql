-- What calls leave of buckets: usage rows like their bucket, with less in them, one for each of its days.
-- in: standing_buckets, left_of_buckets. out: to_price (the remainders, not yet priced).
-- Shared first over the buckets of a key, then over the columns of each that were compared together.
create or replace temp table bucket_cells as
    with keyed as (

        select buckets.*, told.merges_read, told.merges_write
        from standing_buckets as buckets
        join (
            select distinct provider_id, model_id, first_day, last_day, account_id, merges_read, merges_write from left_of_buckets
        ) as told
            on told.provider_id = buckets.provider_id and told.model_id = buckets.model_id
            and told.first_day = buckets.first_day and told.last_day = buckets.last_day
            and told.account_id is not distinct from buckets.account_id

    ),

    columns as (

        select
            row_key, place, provider_id, model_id, first_day, last_day, account_id,
            unnest([
                {'name': 'uncached', 'class': 'uncached', 'n': coalesce(uncached_input_tokens, 0)::hugeint, 'nth': 1},
                {'name': 'cache_read', 'class': case when merges_read then 'uncached' else 'cache_read' end, 'n': coalesce(cache_read_tokens, 0)::hugeint, 'nth': 2},
                {'name': 'cache_write', 'class': case when merges_write then 'uncached' else 'cache_write' end, 'n': coalesce(cache_write_tokens, 0)::hugeint, 'nth': 3},
                {'name': 'output', 'class': 'output', 'n': coalesce(output_tokens, 0)::hugeint, 'nth': 4},
                {'name': 'reasoning', 'class': 'output', 'n': coalesce(reasoning_tokens, 0)::hugeint, 'nth': 5},
                {'name': 'requests', 'class': 'requests', 'n': coalesce(requests, 1)::hugeint, 'nth': 6},
                {'name': 'cost', 'class': 'cost', 'n': case when cost is not null then units(greatest(coalesce(amount, 0), 0)) else 0 end, 'nth': 7}
            ], recursive := true)
        from keyed

    ),

    buckets as (

        select row_key, place, provider_id, model_id, first_day, last_day, account_id, class, sum(n)::hugeint as n
        from columns
        group by all

    ),

    shared as (

        select
            buckets.*, left_of.remaining, sum(buckets.n) over key as held,
            coalesce(share(left_of.remaining, buckets.n, (sum(buckets.n) over key)::hugeint), 0) as part
        from buckets
        join left_of_buckets as left_of
            on left_of.provider_id = buckets.provider_id and left_of.model_id = buckets.model_id
            and left_of.first_day = buckets.first_day and left_of.last_day = buckets.last_day
            and left_of.account_id is not distinct from buckets.account_id and left_of.class = buckets.class
        window key as (partition by buckets.provider_id, buckets.model_id, buckets.first_day, buckets.last_day, buckets.account_id, buckets.class)

    ),

    given as (

        select
            row_key, class, n,
            part + case
                when held > 0 and row_number() over (partition by provider_id, model_id, first_day, last_day, account_id, class order by n desc, place) = 1
                then remaining - sum(part) over (partition by provider_id, model_id, first_day, last_day, account_id, class) else 0
            end as part
        from shared

    ),

    split as (

        select
            columns.row_key, columns.name, columns.class, columns.n, columns.nth, given.part as whole,
            coalesce(share(given.part::hugeint, columns.n, given.n), 0) as part
        from columns
        join given on given.row_key = columns.row_key and given.class = columns.class

    )

    select
        row_key, name,
        part + case
            when row_number() over (partition by row_key, class order by n desc, nth) = 1
            then whole - sum(part) over (partition by row_key, class) else 0
        end as part
    from split;

create or replace temp table remaining as
    select
        row_key, coalesce(sum(part) filter (name = 'uncached'), 0)::hugeint as uncached,
        coalesce(sum(part) filter (name = 'cache_read'), 0)::hugeint as cache_read, coalesce(sum(part) filter (name = 'cache_write'), 0)::hugeint as cache_write,
        coalesce(sum(part) filter (name = 'output'), 0)::hugeint as output, coalesce(sum(part) filter (name = 'reasoning'), 0)::hugeint as reasoning,
        coalesce(sum(part) filter (name = 'requests'), 0)::hugeint as requests, coalesce(sum(part) filter (name = 'cost'), 0)::hugeint as money_left
    from bucket_cells
    group by row_key;

-- Keys of which neither a token nor a request is left: nothing of them is posted, whatever they state to cost.
create or replace temp table used_up as
    select provider_id, model_id, first_day, last_day, account_id
    from left_of_buckets
    group by all
    having coalesce(sum(remaining) filter (class <> 'cost'), 0) = 0;

create or replace temp table to_price as
    with days as (

        select
            buckets.* exclude (place, first_day, last_day) replace (
                'remainder' as kind,
                md5(buckets.row_key::varchar || ' remainder ' || nth_day)::uuid as row_key,
                (first_day + nth_day::int)::date as utc_day,
                (first_day + nth_day::int)::date as day,
                even_part(remaining.uncached, nth_day, last_day - first_day + 1) as uncached_input_tokens,
                even_part(remaining.cache_read, nth_day, last_day - first_day + 1) as cache_read_tokens,
                even_part(remaining.cache_write, nth_day, last_day - first_day + 1) as cache_write_tokens,
                even_part(remaining.output, nth_day, last_day - first_day + 1) as output_tokens,
                even_part(remaining.reasoning, nth_day, last_day - first_day + 1) as reasoning_tokens,
                even_part(remaining.requests, nth_day, last_day - first_day + 1) as requests,
                -- A stated cost without a rate of exchange stays as stated; a part of it is not known to be explained.
                case
                    when cost is null then null
                    when amount is null then money(even_part(units(cost), nth_day, last_day - first_day + 1))
                    else money(even_part(remaining.money_left, nth_day, last_day - first_day + 1))
                end as cost,
                case when cost is not null and amount is not null then getvariable('currency') else currency end as currency
            ),
            buckets.uncached_input_tokens as was_uncached, buckets.cache_read_tokens as was_read, buckets.cache_write_tokens as was_write,
            buckets.output_tokens as was_output, buckets.reasoning_tokens as was_reasoning
        from standing_buckets as buckets
        join remaining using (row_key), lateral (select unnest(range(0, last_day - first_day + 1)) as nth_day) as days_of
        where (buckets.provider_id, buckets.model_id, buckets.first_day, buckets.last_day, coalesce(buckets.account_id, chr(31))) not in (
            select (provider_id, model_id, first_day, last_day, coalesce(account_id, chr(31))) from used_up
        )

    )

    select
        days.* exclude (was_uncached, was_read, was_write, was_output, was_reasoning) replace (
            -- What the bucket does not tell stays untold.
            case when was_uncached is not null or uncached_input_tokens > 0 then uncached_input_tokens end::bigint as uncached_input_tokens,
            case when was_uncached > 0 then (tool_result_tokens * uncached_input_tokens // was_uncached) else tool_result_tokens end::bigint as tool_result_tokens,
            case when was_read is not null then cache_read_tokens end::bigint as cache_read_tokens,
            case when was_write is not null then cache_write_tokens end::bigint as cache_write_tokens,
            case when was_write > 0 then (cache_write_1h_tokens * cache_write_tokens // was_write) else cache_write_1h_tokens end::bigint as cache_write_1h_tokens,
            case when was_output is not null or output_tokens > 0 then output_tokens end::bigint as output_tokens,
            case when was_reasoning is not null then reasoning_tokens end::bigint as reasoning_tokens,
            requests::bigint as requests
        )
    from days
    where uncached_input_tokens + cache_read_tokens + cache_write_tokens + output_tokens + reasoning_tokens + requests > 0 or cost > 0;
