-- Touched usage rows, whole: cost, and every dimension from the row, else its run, else a rule.
-- in: work_usage, to_price, costed, begun, assigned. out: derived (what settling adds), settled_usage (whole rows).
create or replace temp view kept_usage as
    select * from old_usage where row_key in (select row_key from keys_recost);

create or replace temp table derived as
    select
        rows.row_key, rows.kind, rows.provider_id, rows.model_id, rows.account_id, rows.day, rows.counts, rows.aside,
        costed.* exclude (row_key),
        coalesce(rows.team, begun.team, assigned.team, kept.team_final) as team_final,
        coalesce(rows.workflow, begun.workflow, assigned.workflow, kept.workflow_final) as workflow_final,
        coalesce(rows.product, begun.product, assigned.product, kept.product_final) as product_final,
        coalesce(rows.feature, begun.feature, assigned.feature, kept.feature_final) as feature_final,
        coalesce(rows.customer, begun.customer, assigned.customer, kept.customer_final) as customer_final,
        coalesce(rows.segment, begun.segment, assigned.segment, kept.segment_final) as segment_final,
        coalesce(rows.region, begun.region, assigned.region, kept.region_final) as region_final,
        coalesce(rows.environment, begun.environment, assigned.environment, kept.environment_final) as environment_final,
        coalesce(assigned.rule_ids, kept.rule_ids) as rule_ids
    from to_price as rows
    join costed using (row_key)
    left join begun on begun.run_id = rows.run_id
    left join assigned on assigned.key = rows.row_key
    left join kept_usage as kept on kept.row_key = rows.row_key;

create or replace temp view settled_usage as
    select
        rows.* replace (
            derived.kind as kind, derived.provider_id as provider_id, derived.model_id as model_id, derived.account_id as account_id,
            derived.day as day, derived.counts as counts, derived.aside as aside, derived.token_class as token_class,
            derived.price_id as price_id, derived.own_cost as own_cost, derived.own_currency as own_currency, derived.amount as amount,
            derived.cost_inference as cost_inference, derived.cost_input as cost_input, derived.cost_cached_input as cost_cached_input,
            derived.cost_output as cost_output, derived.cost_reasoning as cost_reasoning, derived.cost_retry as cost_retry,
            derived.cost_evaluation as cost_evaluation,
            derived.team_final as team_final, derived.workflow_final as workflow_final, derived.product_final as product_final,
            derived.feature_final as feature_final, derived.customer_final as customer_final, derived.segment_final as segment_final,
            derived.region_final as region_final, derived.environment_final as environment_final, derived.rule_ids as rule_ids
        )
    from work_usage as rows
    join derived on derived.row_key = rows.row_key;
