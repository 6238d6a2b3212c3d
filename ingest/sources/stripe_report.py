"""Stripe's itemized reports: one CSV line per balance transaction (Balance change from activity, and its siblings).

Unlike the API's, amounts are in major units. `gross` counts, in the settlement currency; the fee is none of revenue.
Every line is a transaction of its own, so they add up. The run is `payment_metadata[run_id]`, else
`refund_metadata[run_id]`, else that of another line of the same charge or payment. `created_utc` counts, because
`created` is in the report's own time zone: a report without the former needs --timezone.
"""

from ingest.source import Source

_REVENUE = """(
    'charge', 'charge_failure', 'refund', 'refund_failure', 'partial_capture_reversal', 'dispute', 'dispute_reversal'
)"""

SOURCE = Source(
    label="Stripe itemized report (CSV)",
    url="https://docs.stripe.com/reports/report-types/balance",
    checked="2026-11-21",
    loads=("outcomes",),
    reads=("csv",),
    rank=10,
    requires=frozenset({"balance_transaction_id", "gross", "currency", "reporting_category"}),
    knows=frozenset(
        {
            "balance_transaction_id",
            "created_utc",
            "created",
            "available_on_utc",
            "available_on",
            "currency",
            "gross",
            "fee",
            "net",
            "reporting_category",
            "source_id",
            "description",
            "customer_facing_amount",
            "customer_facing_currency",
            "customer_id",
            "charge_id",
            "payment_intent_id",
            "invoice_id",
            "subscription_id",
            "payment_method_type",
            "card_brand",
            "regulatory_tag",
            "automatic_payout_id",
            "automatic_payout_effective_at_utc",
            "automatic_payout_effective_at",
            "trace_id",
            "connected_account_id",
            "payment_metadata[run_id]",
            "refund_metadata[run_id]",
            "payment_metadata[workflow]",
        }
    ),
    records=f"""
        with
            told as (
                select
                    *,
                    coalesce("payment_metadata[run_id]", "refund_metadata[run_id]") as own_run,
                    list_filter([charge_id, payment_intent_id], lambda name: name is not null) as names
                from staged
            ),
            called as (
                select name, arg_min(own_run, line) as run_id
                from (select line, own_run, unnest(names) as name from told)
                where own_run is not null
                group by name
            ),
            found as (
                select told.line, arg_min(called.run_id, called.name) as run_id
                from (select line, unnest(names) as name from told) as told
                join called using (name)
                group by told.line
            )
        select
            told.*,
            coalesce(told.own_run, found.run_id) as run_id,
            case
                when told.reporting_category not in {_REVENUE}
                then concat('this is no sale and no refund (', told.reporting_category, ')')
                when coalesce(told.own_run, found.run_id) is null
                then 'this names no run: no payment_metadata[run_id]'
            end as skip
        from told
        left join found using (line)
    """,
    selects={
        "outcomes": """
            select
                line,
                balance_transaction_id as event_id,
                balance_transaction_id as object_id,
                run_id,
                "payment_metadata[workflow]" as workflow,
                coalesce(created_utc, local_text(created)) as occurred_at,
                case reporting_category
                    when 'charge' then 'paid'
                    when 'refund_failure' then 'refund failed'
                    when 'dispute' then 'disputed'
                    when 'dispute_reversal' then 'dispute won'
                    when 'charge_failure' then 'not paid'
                    else 'refunded'
                end as outcome_type,
                case reporting_category when 'charge' then true when 'charge_failure' then false end as completed,
                case reporting_category when 'charge' then true when 'charge_failure' then false end as accepted,
                case when reporting_category = 'dispute' then true end as escalated,
                case
                    when reporting_category in ('refund', 'dispute') then true
                    when reporting_category in ('refund_failure', 'dispute_reversal') then false
                end as "condition:refunded",
                -- a report may be made with a decimal comma; it groups no thousands
                regexp_replace(gross, '^(-?[0-9]+),([0-9]{1,2})$', '\\1.\\2') as revenue,
                currency,
                customer_id as customer
            from records
        """,
    },
)
