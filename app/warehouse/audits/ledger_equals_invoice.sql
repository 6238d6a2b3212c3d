-- Where there is an invoice, what was metered and the true-ups are what was billed (accounting 2.7).
with

    spread as (

        select
            bill_days.scope_id,
            coalesce(sum(usage_parts.cost_usage), 0) + coalesce(sum(usage_parts.true_up), 0) as amount
        from bill_days
        join
            usage_parts
            on usage_parts.utc_day = bill_days.utc_day
            and usage_parts.provider = bill_days.provider
            and usage_parts.account is not distinct from bill_days.account
            and usage_parts.project is not distinct from bill_days.project
        group by bill_days.scope_id

    )

select
    'bill ' || scopes.bill as place, 'billed ' || scopes.billed || ', ledger ' || coalesce(spread.amount, 0) as detail
from bill_scopes as scopes
left join spread using (scope_id)
where scopes.reason = 'below list' and scopes.billed <> coalesce(spread.amount, 0)
union all
select 'bills', 'differences posted as lines: ' || posted || ', compared: ' || compared
from
    (
        select
            coalesce(
                (select sum(amount) from lines where kind = 'true_up' and reason not in ('credit', 'tax')), 0
            ) as posted,
            coalesce((select sum(difference) from bill_scopes where reason <> 'below list'), 0) as compared
    )
where posted <> compared
