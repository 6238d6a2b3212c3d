-- Write what changed of usage, and say which days and keys of whose rows changed.
-- in: leaving_usage, moved_usage, recosted, derived, costed, brought_usage. out: usage; gone_usage and come_usage
-- (narrow), which the
-- later steps take as touched; moved_costs, the keys among them of which nothing but the cost changed; placed_cells.
create or replace temp table moved_costs as
    select row_key from recosted where row_key not in (select row_key from moved_usage);

-- A call that a run or a rule places elsewhere costs and explains what it did: only cubes and charges look at it.
create or replace temp table placed_usage as
    select moved.row_key, moved.day, moved.provider_id as provider, usage.team_final as team_was, moved.team_final as team
    from moved_usage as moved
    join usage on usage.row_key = moved.row_key
    where moved.kind = 'call' and moved.counts and usage.counts and moved.account_id is not distinct from usage.account_id
        and moved.region_final is not distinct from usage.region_final
        and moved.row_key not in (select row_key from recosted);
create or replace temp table placed_cells as
    select day, provider, team from placed_usage
    union
    select day, provider, team_was from placed_usage;

create or replace temp table gone_usage as
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from usage
    where row_key in (
        select row_key from leaving_usage
        union all
        select row_key from moved_usage
        union all
        select row_key from moved_costs
    ) and row_key not in (select row_key from placed_usage);

delete from usage
where row_key in (select row_key from leaving_usage)
;

update usage
    set
        price_id = recosted.price_id, own_cost = recosted.own_cost, own_currency = recosted.own_currency, amount = recosted.amount,
        cost_inference = recosted.cost_inference, cost_input = recosted.cost_input, cost_cached_input = recosted.cost_cached_input,
        cost_output = recosted.cost_output, cost_reasoning = recosted.cost_reasoning, cost_retry = recosted.cost_retry,
        cost_evaluation = recosted.cost_evaluation
    from recosted
    where recosted.row_key = usage.row_key;

update usage
    set
        account_id = moved.account_id, counts = moved.counts, aside = moved.aside,
        team_final = moved.team_final, workflow_final = moved.workflow_final, product_final = moved.product_final,
        feature_final = moved.feature_final, customer_final = moved.customer_final, segment_final = moved.segment_final,
        region_final = moved.region_final, environment_final = moved.environment_final
    from moved_usage as moved
    where moved.row_key = usage.row_key;

-- A list cannot be changed in its place: such rows are written whole.
update usage set rule_ids = moved.rule_ids from moved_usage as moved where moved.row_key = usage.row_key and moved.is_ruled;

insert into usage by name
    select
        rows.* replace (
            derived.kind as kind, derived.provider_id as provider_id, derived.model_id as model_id, derived.account_id as account_id,
            derived.day as day, derived.counts as counts, derived.aside as aside, costed.token_class as token_class,
            costed.price_id as price_id, costed.own_cost as own_cost, costed.own_currency as own_currency, costed.amount as amount,
            costed.cost_inference as cost_inference, costed.cost_input as cost_input, costed.cost_cached_input as cost_cached_input,
            costed.cost_output as cost_output, costed.cost_reasoning as cost_reasoning, costed.cost_retry as cost_retry,
            costed.cost_evaluation as cost_evaluation,
            derived.team_final as team_final, derived.workflow_final as workflow_final, derived.product_final as product_final,
            derived.feature_final as feature_final, derived.customer_final as customer_final, derived.segment_final as segment_final,
            derived.region_final as region_final, derived.environment_final as environment_final, derived.rule_ids as rule_ids
        )
    from brought_usage as rows
    join derived on derived.row_key = rows.row_key
    join costed on costed.row_key = rows.row_key;

create or replace temp table come_usage as
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from derived
    where is_new
    union all
    select row_key, kind, utc_day, day, provider_id, account_id, project, model_id, run_id, counts, team_final
    from moved_usage
    where row_key not in (select row_key from placed_usage)
    union all
    select * from gone_usage where row_key in (select row_key from moved_costs);
