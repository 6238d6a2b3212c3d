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
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts from settled_remainder;
