-- Bills of one fineness beside finer ones of the same days: they post what the finer ones leave of them, on the days
-- that
-- those do not cover; where they cover all, on all days, beside them.
-- in: keyed_cells, finer_cells; the variable bill_level. out: finer_cells with these bills' cells.
-- Equally fine bills whose days overlap add up, and share one rest.
create or replace temp table level_cells as
    with rows as (

        select side, row_key, min(day) as first_day, max(day) as last_day
        from keyed_cells
        where level = getvariable('bill_level')
        group by side, row_key

    ),

    edges as (

        select *, first_day > max(last_day) over (partition by side order by first_day, last_day, row_key rows between unbounded preceding and 1 preceding) as opens
        from rows

    ),

    periods as (

        select side, row_key, sum(case when opens then 1 else 0 end) over (partition by side order by first_day, last_day, row_key rows unbounded preceding) as period
        from edges

    )

    select cells.*, periods.period
    from keyed_cells as cells
    join periods using (side, row_key)
    where cells.level = getvariable('bill_level');

create or replace temp table finer_days as
    select side, heap, day, min(level) as level from finer_cells group by side, heap, day;

-- What finer bills say of the same days, by heap: what is compared with the metered cost; credits, taxes and purchases
-- each by themselves.
create or replace temp table level_heaps as
    with held as (

        select side, period, heap, sum(amount) as amount from level_cells group by side, period, heap

    ),

    finer as (

        select days.side, days.period, finer_cells.heap, sum(finer_cells.amount) as amount
        from (select distinct side, period, day from level_cells) as days
        join finer_cells on finer_cells.side = days.side and finer_cells.day = days.day
        group by days.side, days.period, finer_cells.heap

    ),

    open as (

        select cells.side, cells.period, cells.heap, bool_or(finer_days.day is null) as has_open
        from level_cells as cells
        left join finer_days on finer_days.side = cells.side and finer_days.heap = cells.heap and finer_days.day = cells.day
        group by cells.side, cells.period, cells.heap

    )

    select held.side, held.period, held.heap, held.amount - finer.amount as rest, open.has_open
    from held
    join finer using (side, period, heap)
    join open using (side, period, heap);

insert into finer_cells by name
    with unmet as (

        select * exclude (period) from level_cells as cells
        where not exists (
            select 1 from level_heaps as heaps
            where heaps.side = cells.side and heaps.period = cells.period and heaps.heap = cells.heap
        )

    ),

    open as (

        select cells.*, heaps.rest, coalesce(finer_days.level, cells.level) as stands_at
        from level_cells as cells
        join level_heaps as heaps
            on heaps.side = cells.side and heaps.period = cells.period and heaps.heap = cells.heap
        left join finer_days on finer_days.side = cells.side and finer_days.heap = cells.heap and finer_days.day = cells.day
        where finer_days.day is null or not heaps.has_open

    ),

    weighed as (

        select
            *, sum(abs(amount)) over heap as total,
            row_number() over (partition by side, period, heap order by abs(amount) desc, day, first_day, clock, number, line) as place,
            coalesce(money(share(units(rest), units(abs(amount)), units(sum(abs(amount)) over heap))), 0) as part
        from open
        window heap as (partition by side, period, heap)

    ),

    given as (

        select * replace (part + case when place = 1 then rest - sum(part) over (partition by side, period, heap) else 0 end as part)
        from weighed

    )

    from unmet
    union all by name
    select
        * exclude (rest, stands_at, total, place, part, period) replace (
            part as amount, part as own_amount, getvariable('currency') as currency, stands_at as level, true as is_rest
        )
    from given;
