-- Touched usage rows, whole: cost, and every dimension from the row, else its run, else a rule.
-- in: to_price, costed, begun, assigned. out: settled_usage.
create or replace temp table settled_usage as
    select
        rows.* replace (
            costed.token_class as token_class, costed.price_id as price_id, costed.own_cost as own_cost,
            costed.own_currency as own_currency, costed.amount as amount,
            costed.cost_inference as cost_inference, costed.cost_input as cost_input, costed.cost_cached_input as cost_cached_input,
            costed.cost_output as cost_output, costed.cost_reasoning as cost_reasoning, costed.cost_retry as cost_retry,
            costed.cost_evaluation as cost_evaluation,
            coalesce(rows.team, begun.team, assigned.team) as team_final,
            coalesce(rows.workflow, begun.workflow, assigned.workflow) as workflow_final,
            coalesce(rows.product, begun.product, assigned.product) as product_final,
            coalesce(rows.feature, begun.feature, assigned.feature) as feature_final,
            coalesce(rows.customer, begun.customer, assigned.customer) as customer_final,
            coalesce(rows.segment, begun.segment, assigned.segment) as segment_final,
            coalesce(rows.region, begun.region, assigned.region) as region_final,
            coalesce(rows.environment, begun.environment, assigned.environment) as environment_final,
            assigned.rule_ids as rule_ids
        )
    from to_price as rows
    join costed using (row_key)
    left join begun on begun.run_id = rows.run_id
    left join assigned on assigned.key = rows.row_key;
