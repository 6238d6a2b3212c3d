-- What was metered, what was invoiced, and why they differ; days that no bill covers are not yet invoiced.
-- grain: provider, account, UTC month
with

    true_ups as (

        select utc_day, provider, account, amount, reason
        from spread_days
        union all
        select utc_day, provider, account, amount, reason
        from lines
        where kind in ('true_up', 'prepaid')

    ),

    metered as (

        select
            metered_days.utc_day,
            metered_days.provider,
            metered_days.account,
            metered_days.amount,
            bill_days.scope_id is not null as is_billed
        from metered_days
        left join
            bill_days
            on bill_days.utc_day = metered_days.utc_day
            and bill_days.provider = metered_days.provider
            and bill_days.account is not distinct from metered_days.account
            and bill_days.project is not distinct from metered_days.project

    ),

    tokens as (

        select
            provider,
            account,
            date_trunc('month', utc_day)::date as month,
            sum(tokens) as tokens,
            sum(traced_tokens) as traced
        from metered_days
        group by all

    ),

    cells as (

        select
            provider,
            account,
            date_trunc('month', utc_day)::date as month,
            amount as metered,
            case when is_billed then amount end as invoiced,
            case when is_billed then null else 'not yet invoiced' end as reason,
            case when is_billed then 0 else - amount end as gap,
            null::decimal(38, 12) as true_up
        from metered
        union all
        select
            provider,
            account,
            date_trunc('month', utc_day)::date,
            null,
            amount,
            reason,
            amount,
            case when reason = 'prepaid' then null else amount end
        from true_ups

    ),

    reasons as (

        select provider, account, month, reason, sum(gap) as gap
        from cells
        where reason is not null
        group by provider, account, month, reason

    ),

    totals as (

        select
            provider,
            account,
            month,
            coalesce(sum(metered), 0) as metered,
            sum(invoiced) as invoiced,
            coalesce(sum(true_up), 0) as true_up
        from cells
        group by provider, account, month

    )

select
    totals.provider,
    totals.account,
    strftime(totals.month, '%Y-%m') as month,
    totals.metered,
    totals.invoiced,
    case when totals.invoiced is not null then totals.invoiced - totals.metered end as difference,
    totals.true_up,
    (
        select map_from_entries(list({'key':reasons.reason, 'value':reasons.gap}))
        from reasons
        where
            reasons.provider = totals.provider
            and reasons.account is not distinct from totals.account
            and reasons.month = totals.month
    ) as reasons,
    tokens.traced / nullif(tokens.tokens, 0) as token_coverage
from totals
left join
    tokens
    on tokens.provider = totals.provider
    and tokens.account is not distinct from totals.account
    and tokens.month = totals.month
