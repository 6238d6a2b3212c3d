-- Write the cut charges, each day converted at its own rate; rules fill what is still blank, but not for a run's own
-- charge.
insert into lines by name
    select
        'charge' as kind, row_key::varchar as origin, assigned.rule_ids, cells.day, cells.day as utc_day,
        closed(cells.component, ['inference', 'retrieval', 'tool', 'evaluation', 'observability', 'human_review', 'infrastructure', 'other']) as component,
        convert(own_amount, rates.rate) as amount, cells.currency, own_amount, run_id, run_state,
        coalesce(cells.team, assigned.team) as team, coalesce(cells.workflow, assigned.workflow) as workflow,
        coalesce(cells.product, assigned.product) as product, coalesce(cells.feature, assigned.feature) as feature,
        coalesce(cells.customer, assigned.customer) as customer, coalesce(cells.segment, assigned.segment) as segment,
        coalesce(cells.region, assigned.region) as region, coalesce(cells.environment, assigned.environment) as environment
    from charge_cells as cells
    left join rates on rates.currency = cells.currency and rates.day = cells.day
    left join assigned using (key)
    where own_amount <> 0 or whole = 0;  -- a unit or two over many days leaves most of them nothing
