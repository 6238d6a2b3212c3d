-- Sums of the counting usage rows of every touched UTC day, and what nobody used of commitments: what bills are
-- compared
-- with.
-- in: gone_usage, come_usage, touched_pool_days. out: metered_days; touched_utc_days, touched_provider_days.
create or replace temp table touched_utc_days as
    select distinct utc_day from gone_usage
    union
    select distinct utc_day from come_usage
    union
    from touched_pool_days;
create or replace temp table touched_provider_days as
    select distinct utc_day, provider_id as provider from gone_usage
    union
    select distinct utc_day, provider_id from come_usage;

delete from metered_days
where utc_day in (from touched_utc_days)
;

insert into metered_days by name
    select
        utc_day, provider_id as provider, account_id as account, project, model_id as model,
        sum(amount + coalesce(committed, 0)) as amount,
        sum(greatest(amount + coalesce(committed, 0), 0)) as weight,
        sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) as tokens,
        coalesce(sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) filter (own_cost is null), 0) as unpriced_tokens,
        coalesce(sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) filter (amount is not null), 0) as priced_tokens,
        coalesce(sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) filter (run_id is not null), 0) as traced_tokens,
        count(*) as rows
    from usage
    where counts and kind <> 'bucket' and utc_day in (from touched_utc_days)
    group by all
    union all by name
    select
        utc_day, provider, account, project, model, sum(amount) as amount, 0 as weight, 0 as tokens, 0 as unpriced_tokens,
        0 as priced_tokens, 0 as traced_tokens, 0 as rows
    from lines
    where kind = 'commitment' and amount is not null and utc_day in (from touched_utc_days)
    group by all;
