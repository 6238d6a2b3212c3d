-- Where there is an invoice, what was metered and the true-ups are what was billed (accounting 2.7).
with

    of_rows as (

        select
            bill_days.scope_id,
            sum(usage.amount + coalesce(usage.committed, 0)) as metered,
            coalesce(sum(parts.true_up), 0) as spread
        from bill_days
        join
            usage
            on usage.utc_day = bill_days.utc_day
            and usage.provider_id = bill_days.provider
            and usage.account_id is not distinct from bill_days.account
            and usage.project is not distinct from bill_days.project
        join usage_parts as parts on parts.row_key = usage.row_key and parts.utc_day = usage.utc_day
        where usage.counts and usage.kind <> 'bucket'
        group by bill_days.scope_id

    ),

    of_lines as (

        select bill_days.scope_id, sum(lines.amount) as metered
        from bill_days
        join
            lines
            on lines.kind = 'commitment'
            and lines.utc_day = bill_days.utc_day
            and lines.provider = bill_days.provider
            and lines.account is not distinct from bill_days.account
            and lines.project is not distinct from bill_days.project
        group by bill_days.scope_id

    )

select
    'bill ' || scopes.bill as place,
    'metered '
    || scopes.metered
    || ', rows and lines '
    || (coalesce(of_rows.metered, 0) + coalesce(of_lines.metered, 0)) as detail
from bill_scopes as scopes
left join of_rows using (scope_id)
left join of_lines using (scope_id)
where scopes.metered <> coalesce(of_rows.metered, 0) + coalesce(of_lines.metered, 0)
union all
select
    'bill ' || scopes.bill, 'difference ' || scopes.difference || ', spread over rows ' || coalesce(of_rows.spread, 0)
from bill_scopes as scopes
left join of_rows using (scope_id)
where
    coalesce(of_rows.spread, 0)
    <> case when scopes.reason = 'below list' then scopes.difference else scopes.unit_price end
union all
select 'bill ' || bill, 'billed ' || billed || ', metered ' || metered || ', difference ' || difference
from bill_scopes
where billed <> metered + difference
union all
select 'bills', 'differences posted as lines: ' || posted || ', compared: ' || compared
from
    (
        select
            coalesce(
                (
                    select sum(amount)
                    from lines
                    where kind = 'true_up' and reason not in ('credit', 'tax', 'unconverted')
                ),
                0
            ) as posted,
            coalesce(
                (select sum(difference - unit_price) from bill_scopes where reason is distinct from 'below list'), 0
            ) as compared
    )
where posted <> compared
union all
select 'day ' || coalesce(kept.utc_day, made.utc_day), 'spread ' || coalesce(kept.amount, 0)
from (select utc_day, sum(amount) as amount from spread_days group by utc_day) as kept
full join
    (select utc_day, sum(true_up) as amount from usage_parts where true_up is not null group by utc_day) as made
    on made.utc_day = kept.utc_day
where coalesce(kept.amount, 0) <> coalesce(made.amount, 0)
