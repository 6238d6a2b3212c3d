-- Cut charges: even over days; a split one over the (pair, day) cells of a calendar month together, in units, the
-- units left
-- over to the largest remainders (equal ones: the earlier day, then the first pair by name).
-- in: charge_days, months_to_cut, usage, runs. out: charge_cells, amounts in the charge's own currency.
create or replace temp table months_cut as
    select
        charge_days.*, date_trunc('month', day)::date as month, even_part(units(amount), place, days) as day_units
    from charge_days
    where (row_key, date_trunc('month', day)::date) in (from months_to_cut);

create or replace temp table driver_months as
    select row_key, month, driver, team, workflow, product, customer, min(day) as first_day, max(day) as last_day, sum(day_units) as month_units, count(*) as days
    from months_cut
    where driver is not null
    group by all;

-- What usage rows drive, by month part, pair and the columns that a charge may name.
create or replace temp table driver_rows as
    select
        spans.first_day, spans.last_day, team_final as team, workflow_final as workflow, product_final as product, customer_final as customer,
        coalesce(sum(amount), 0) as cost,
        sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)) as tokens,
        sum(coalesce(requests, 1)) as requests
    from (select distinct first_day, last_day from driver_months) as spans
    join usage on usage.day between spans.first_day and spans.last_day and usage.counts and usage.kind <> 'bucket'
    group by all;

create or replace temp table driver_runs as
    select spans.first_day, spans.last_day, team, workflow, product, customer, count(*) as runs
    from (select distinct first_day, last_day from driver_months where driver = 'runs') as spans
    join runs on runs.day between spans.first_day and spans.last_day and runs.has_usage
    group by all;

create or replace temp table pairs as
    with matching as (

        select
            months.row_key, months.month, months.driver, months.month_units, months.days, rows.team, rows.workflow,
            case months.driver
                when 'cost' then units(sum(rows.cost)) when 'tokens' then sum(rows.tokens)::hugeint when 'requests' then sum(rows.requests)::hugeint
                when 'even' then 1 else 0
            end as weight
        from driver_months as months
        join driver_rows as rows
            on rows.first_day = months.first_day and rows.last_day = months.last_day
            and (months.team is null or rows.team = months.team) and (months.workflow is null or rows.workflow = months.workflow)
            and (months.product is null or rows.product = months.product) and (months.customer is null or rows.customer = months.customer)
        group by months.row_key, months.month, months.driver, months.month_units, months.days, rows.team, rows.workflow

    ),

    started as (

        select months.row_key, months.month, runs.team, runs.workflow, sum(runs.runs)::hugeint as runs
        from driver_months as months
        join driver_runs as runs
            on runs.first_day = months.first_day and runs.last_day = months.last_day
            and (months.team is null or runs.team = months.team) and (months.workflow is null or runs.workflow = months.workflow)
            and (months.product is null or runs.product = months.product) and (months.customer is null or runs.customer = months.customer)
        where months.driver = 'runs'
        group by months.row_key, months.month, runs.team, runs.workflow

    )

    select
        matching.* replace (greatest(case when matching.driver = 'runs' then coalesce(started.runs, 0) else matching.weight end, 0)::hugeint as weight)
    from matching
    left join started
        on started.row_key = matching.row_key and started.month = matching.month
        and started.team is not distinct from matching.team and started.workflow is not distinct from matching.workflow;

create or replace temp table split_cells as
    with totals as (

        select *, sum(weight) over (partition by row_key, month) as total from pairs

    ),

    cells as (

        select
            totals.row_key, totals.month, days.day, totals.team, totals.workflow, totals.month_units,
            totals.total * totals.days as whole,
            share(totals.month_units, totals.weight, totals.total * totals.days) as part,
            mulmod(abs(totals.month_units::hugeint), totals.weight::hugeint, (totals.total * totals.days)::hugeint) as remainder
        from totals
        join (select row_key, month, day from months_cut) as days on days.row_key = totals.row_key and days.month = totals.month
        where totals.total > 0 and totals.weight > 0

    )

    select
        row_key, day, team, workflow,
        part + case
            when row_number() over (partition by row_key, month order by remainder desc, day, coalesce(team, 'Unassigned'), coalesce(workflow, 'Unassigned'))
                <= abs(month_units) - sum(abs(part)) over (partition by row_key, month)
            then sign(month_units)::hugeint else 0
        end as units
    from cells;

create or replace temp table charge_cells as
    select
        md5(concat_ws('|', cut.row_key, cut.day, coalesce(cells.team, ''), coalesce(cells.workflow, '')))::uuid as key,
        cut.row_key, cut.day, lower(trim(cut.component)) as component, coalesce(upper(cut.currency), getvariable('currency')) as currency,
        money(coalesce(cells.units, cut.day_units)) as own_amount, cut.amount as whole, cut.tags, cut.workflow as own_workflow,
        case when runs.run_id is not null then runs end as run_dimensions, runs.run_id as run_id,
        run_state(runs.is_trusted, runs.is_unverified) as run_state,
        case when runs.run_id is not null then runs.team else coalesce(cut.team, cells.team) end as team,
        case when runs.run_id is not null then runs.workflow else coalesce(cut.workflow, cells.workflow) end as workflow,
        case when runs.run_id is not null then runs.product else cut.product end as product,
        case when runs.run_id is not null then runs.customer else cut.customer end as customer,
        runs.feature, runs.segment, runs.region, runs.environment
    from months_cut as cut
    left join split_cells as cells on cells.row_key = cut.row_key and cells.day = cut.day
    left join runs on runs.run_id = cut.run_id;
