-- Write the priced remainders; their dimensions are those of their bucket.
create or replace temp table settled_remainder as
    select
        rows.* replace (
            costed.token_class as token_class, costed.price_id as price_id, costed.own_cost as own_cost,
            costed.own_currency as own_currency, costed.amount as amount,
            costed.cost_inference as cost_inference, costed.cost_input as cost_input, costed.cost_cached_input as cost_cached_input,
            costed.cost_output as cost_output, costed.cost_reasoning as cost_reasoning, costed.cost_retry as cost_retry,
            costed.cost_evaluation as cost_evaluation
        )
    from to_price as rows
    join costed using (row_key);

insert into usage by name from settled_remainder;

insert into come_usage
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final from settled_remainder;

-- Longer buckets that reach over these days have another explanation now.
insert into changed_things
    select distinct rows.provider_id, rows.model_id, rows.utc_day
    from (
        select provider_id, model_id, utc_day from settled_remainder
        union all
        select provider_id, model_id, utc_day from gone_usage where kind = 'remainder'
    ) as rows
    anti join changed_things as known
        on known.provider_id = rows.provider_id and known.model_id = rows.model_id and known.utc_day = rows.utc_day;
