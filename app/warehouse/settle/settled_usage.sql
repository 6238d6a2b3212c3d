-- What settling gives the touched usage rows: every dimension from the row, else its run, else a rule; what they cost.
-- in: worked, costed, begun, assigned, usage. out: derived; of standing rows those that came out differently:
-- moved_usage, recosted.
create or replace temp table derived as
    select
        rows.row_key, rows.is_new, rows.kind, rows.provider_id, rows.model_id, rows.account_id, rows.project, rows.run_id,
        rows.utc_day, rows.day, rows.counts, rows.aside,
        coalesce(rows.team, begun.team, assigned.team) as team_final,
        coalesce(rows.workflow, begun.workflow, assigned.workflow) as workflow_final,
        coalesce(rows.product, begun.product, assigned.product) as product_final,
        coalesce(rows.feature, begun.feature, assigned.feature) as feature_final,
        coalesce(rows.customer, begun.customer, assigned.customer) as customer_final,
        coalesce(rows.segment, begun.segment, assigned.segment) as segment_final,
        coalesce(rows.region, begun.region, assigned.region) as region_final,
        coalesce(rows.environment, begun.environment, assigned.environment) as environment_final,
        assigned.rule_ids
    from worked as rows
    left join begun on begun.run_id = rows.run_id
    left join assigned on assigned.key = rows.row_key;

create or replace temp table moved_usage as
    select derived.*, usage.rule_ids is distinct from derived.rule_ids as is_ruled
    from derived
    join usage on usage.row_key = derived.row_key
    where not derived.is_new
        and (
            usage.account_id is distinct from derived.account_id or usage.counts <> derived.counts
            or usage.aside is distinct from derived.aside or usage.rule_ids is distinct from derived.rule_ids
            or usage.team_final is distinct from derived.team_final or usage.workflow_final is distinct from derived.workflow_final
            or usage.product_final is distinct from derived.product_final or usage.feature_final is distinct from derived.feature_final
            or usage.customer_final is distinct from derived.customer_final or usage.segment_final is distinct from derived.segment_final
            or usage.region_final is distinct from derived.region_final
            or usage.environment_final is distinct from derived.environment_final
        );

create or replace temp table recosted as
    select costed.*
    from costed
    join usage on usage.row_key = costed.row_key
    where costed.row_key in (select row_key from keys_recost)
        and (usage.price_id is distinct from costed.price_id or usage.own_cost is distinct from costed.own_cost
        or usage.own_currency is distinct from costed.own_currency or usage.amount is distinct from costed.amount
        or usage.cost_inference is distinct from costed.cost_inference or usage.cost_input is distinct from costed.cost_input
        or usage.cost_cached_input is distinct from costed.cost_cached_input or usage.cost_output is distinct from costed.cost_output
        or usage.cost_reasoning is distinct from costed.cost_reasoning or usage.cost_retry is distinct from costed.cost_retry
        or usage.cost_evaluation is distinct from costed.cost_evaluation);
