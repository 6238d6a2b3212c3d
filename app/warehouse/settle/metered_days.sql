-- Sums of the counting usage rows of every touched UTC day, and the row that takes what rounding leaves.
create or replace temp table touched_utc_days as
    select distinct utc_day from gone_usage union select distinct utc_day from come_usage;

delete from metered_days
where utc_day in (from touched_utc_days)
;

insert into metered_days by name
    select
        utc_day, provider_id as provider, account_id as account, project,
        sum(amount) as amount,
        sum(case when own_cost is null then coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0) else 0 end) as unpriced_tokens,
        sum(case when amount > 0 then amount else 0 end) as weight,
        count(*) as rows
    from usage
    where counts and kind <> 'bucket' and utc_day in (from touched_utc_days)
    group by utc_day, provider_id, account_id, project;
