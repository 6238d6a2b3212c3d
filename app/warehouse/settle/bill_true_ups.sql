-- Lines of their own: what was billed beyond the metered, by the bill's rows; credits, taxes; purchases.
-- in: scoped_cells, bill_scopes, unconverted_bills. out: true_ups.
create or replace temp table true_ups as
    with

        rows as (

            select
                cells.scope_id, cells.row_key, cells.category, sum(cells.amount) as amount, count(*) as days,
                any_value(scopes.difference - scopes.unit_price) as difference, any_value(scopes.reason) as reason,
                min(cells.first_day) as first_day, any_value(cells.clock) as clock, any_value(cells.number) as number, any_value(cells.line) as line
            from scoped_cells as cells
            join bill_scopes as scopes using (scope_id)
            where cells.heap = 'compared' and scopes.difference <> scopes.unit_price
                and scopes.reason in ('billed not traced', 'unpriced', 'rounding', 'adjustment')
            group by cells.scope_id, cells.row_key, cells.category

        ),

-- Usage rows on the side of the difference carry it; else adjustments do; where no row is on its side, all do, evenly.
        ranked as (

            select
                *,
                case when sign(amount) <> sign(difference) then 3 when category = 'usage' then 1 else 2 end as turn
            from rows

        ),

        weighed as (

            select
                *, case when turn = 3 then 1::hugeint else units(abs(amount)) end as weight,
                row_number() over (partition by scope_id order by turn, abs(amount) desc, first_day, clock, number, line) as place
            from ranked
            qualify turn = min(turn) over (partition by scope_id)

        ),

        shared as (

            select *, share(units(difference), weight, (sum(weight) over (partition by scope_id))::hugeint) as part from weighed

        ),

        given as (

            select scope_id, row_key, reason, days, part + case when place = 1 then units(difference) - sum(part) over (partition by scope_id) else 0 end as part
            from shared

        )

    select
        md5(concat_ws('|', cells.row_key, given.reason, cells.day))::uuid as key, 'true_up' as kind, given.reason, cells.row_key::varchar as origin,
        cells.day,
        money(even_part(given.part::hugeint, row_number() over (partition by given.scope_id, given.row_key order by cells.day) - 1, given.days)) as amount,
        getvariable('currency') as currency,
        money(even_part(given.part::hugeint, row_number() over (partition by given.scope_id, given.row_key order by cells.day) - 1, given.days)) as own_amount,
        cells.provider, cells.account, cells.project, cells.model
    from given
    join scoped_cells as cells on cells.scope_id = given.scope_id and cells.row_key = given.row_key
    union all
    select
        md5(concat_ws('|', row_key, category, day))::uuid, case when category = 'purchase' then 'prepaid' else 'true_up' end,
        case when category = 'purchase' then 'prepaid' else category end, row_key::varchar, day, amount, currency, own_amount,
        provider, account, project, model
    from scoped_cells
    where category in ('credit', 'tax', 'purchase')
    union all
    select
        md5(concat_ws('|', row_key, 'unconverted', day))::uuid, case when category = 'purchase' then 'prepaid' else 'true_up' end,
        'unconverted', row_key::varchar, day, null, currency, own_amount, provider, account, project, model
    from unconverted_bills;
