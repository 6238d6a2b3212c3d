"""Stripe: webhook events, or objects as the API lists them.

What brings money are charges, payment intents, invoices, checkout sessions, refunds, disputes and balance transactions.
Amounts are in the currency's minor unit. An event repeats the whole object with what it comes to by then, so amounts
stand under an object: the payment (`payment_intent`, else the charge) for what was paid, `<payment>:refunds` for all
that was paid back so far, the dispute for what it holds. The newest amounts of an object count, so a payment that is
seen as charge, intent and invoice counts once. The run is `metadata.run_id`, of the object or of another object of
the same payment in the file.
"""

from ingest.source import Source

_KINDS = "('charge', 'payment_intent', 'invoice', 'checkout.session', 'refund', 'dispute', 'balance_transaction')"
# ISK and UGX have no decimals either, but Stripe writes them with two
_NO_DECIMALS = (
    "('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')"
)
_THREE_DECIMALS = "('BHD', 'JOD', 'KWD', 'OMR', 'TND')"
_PAID_BACK = "('refund', 'partial_capture_reversal', 'charge_failure')"


def _named(key: str) -> str:
    """The id that a field holds, itself or as the object that a request expanded."""
    return f"case when json_type(thing -> '{key}') = 'OBJECT' then thing ->> '$.{key}.id' else thing ->> '{key}' end"


SOURCE = Source(
    label="Stripe events and objects",
    url="https://docs.stripe.com/api/events/object",
    checked="2026-11-21",
    loads=("outcomes",),
    reads=("json",),
    rank=10,
    requires=frozenset({"id", "type", "created", "data.object.id", "data.object.object"}),
    otherwise=(
        frozenset({"data", "data[].id", "data[].type", "data[].data.object.object"}),
        frozenset({"data", "data[].id", "data[].object", "data[].created", "data[].currency"}),
        frozenset({"id", "object", "created", "currency", "amount"}),
        frozenset({"id", "object", "created", "currency", "amount_paid"}),
    ),
    forbids=frozenset({"specversion"}),
    knows=frozenset({
        "id", "object", "type", "created", "data", "api_version", "livemode", "pending_webhooks", "request", "account",
        "has_more", "url", "amount", "amount_captured", "amount_received", "amount_refunded", "amount_paid", "currency",
        "customer", "invoice", "payment_intent", "charge", "latest_charge", "metadata", "status", "refunded",
        "disputed", "captured", "paid", "reason", "balance_transaction", "reporting_category", "source", "fee", "net",
    }),
    records=f"""
        with
            given as (
                select line, unnest(case
                    when json_type(record -> 'data') = 'ARRAY' then json_list(record -> 'data') else [record]
                end) as item
                from staged
            ),
            things as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then line
                        else row_number() over (order by line)
                    end as line,
                    item,
                    coalesce(item -> '$.data.object', item) as thing,
                    item ->> 'id' as id,
                    try_cast(item ->> 'created' as bigint) as happened
                from given
            ),
            told as (
                select
                    *,
                    thing ->> 'object' as kind,
                    thing ->> 'status' as status,
                    upper(thing ->> 'currency') as currency,
                    nullif(coalesce(
                        thing ->> '$.metadata.run_id',
                        thing ->> '$.source.metadata.run_id',
                        thing ->> 'client_reference_id'
                    ), '') as own_run,
                    coalesce(
                        {_named("payment_intent")},
                        thing ->> '$.payments.data[0].payment.payment_intent',
                        {_named("charge")},
                        thing ->> 'id'
                    ) as payment,
                    list_filter(
                        [
                            thing ->> 'id', {_named("payment_intent")}, {_named("charge")}, {_named("latest_charge")},
                            {_named("invoice")}, {_named("source")}
                        ],
                        lambda name: name is not null
                    ) as names,
                    try_cast(thing ->> 'amount_refunded' as decimal(24, 0)) as paid_back,
                    try_cast(coalesce(
                        thing ->> 'amount_captured', thing ->> 'amount_received', thing ->> 'amount_paid',
                        thing ->> 'amount_total', thing ->> 'amount'
                    ) as decimal(24, 0)) as amount,
                    case
                        when upper(thing ->> 'currency') in {_NO_DECIMALS} then 1.000::decimal(4, 3)
                        when upper(thing ->> 'currency') in {_THREE_DECIMALS} then 0.001::decimal(4, 3)
                        else 0.010::decimal(4, 3)
                    end as minor_unit
                from things
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
            ),
            refund_states as (
                select
                    this.line,
                    other.thing ->> 'id' as refund,
                    arg_max(
                        case when other.status = 'succeeded' then other.amount else 0 end, (other.happened, other.line)
                    ) as amount
                from told as this
                join told as other
                    on other.payment = this.payment and other.kind = 'refund' and other.happened <= this.happened
                where this.kind = 'refund'
                group by all
            ),
            charge_states as (
                select this.line, arg_max(other.paid_back, (other.happened, other.line)) as paid_back
                from told as this
                join told as other
                    on other.payment = this.payment and other.kind = 'charge' and other.happened <= this.happened
                where this.kind = 'refund'
                group by this.line
            ),
            refunds as (
                select
                    refund_states.line,
                    sum(refund_states.amount) as refunded,
                    coalesce(any_value(charge_states.paid_back), 0) as said
                from refund_states
                left join charge_states using (line)
                group by refund_states.line
            )
        select
            told.*,
            cast(told.item as varchar) as text,
            coalesce(told.own_run, found.run_id) as run_id,
            thing ->> 'reporting_category' as category,
            case
                when status = 'succeeded' then greatest(refunds.refunded, refunds.said) else refunds.refunded
            end as refunds_so_far,
            case
                when kind is null or kind not in {_KINDS}
                then concat('this brings no money (', coalesce(item ->> 'type', kind, 'no object'), ')')
                when kind = 'charge' and status = 'succeeded' and thing ->> 'captured' = 'false'
                then 'authorised, not captured'
                when kind = 'balance_transaction' and not (
                    category in ('charge', 'refund_failure', 'dispute', 'dispute_reversal') or category in {_PAID_BACK}
                ) is not false then concat('this is no sale and no refund (', coalesce(category, thing ->> 'type'), ')')
                when case kind
                    when 'charge' then status not in ('succeeded', 'failed')
                    when 'payment_intent' then status not in ('succeeded', 'canceled')
                    when 'invoice' then status not in ('paid', 'uncollectible', 'void')
                    when 'checkout.session' then thing ->> 'payment_status' not in ('paid', 'no_payment_required')
                    when 'refund' then status not in ('succeeded', 'failed', 'canceled')
                    else false
                end then concat('this decides nothing yet (', coalesce(thing ->> 'payment_status', status), ')')
                when coalesce(told.own_run, found.run_id) is null then 'this names no run: no metadata.run_id'
            end as skip
        from told
        left join found using (line)
        left join refunds using (line)
    """,
    selects={
        "outcomes": f"""
            with
                said as (
                    select
                        *,
                        coalesce(thing ->> 'payment_status', status, '') in (
                            'succeeded', 'paid', 'no_payment_required'
                        ) as is_paid,
                        kind in ('charge', 'payment_intent', 'invoice', 'checkout.session') as is_payment,
                        category in {_PAID_BACK} as is_taken_back
                    from records
                )
            select
                line,
                id as event_id,
                case kind
                    when 'refund' then payment || ':refunds'
                    when 'dispute' then thing ->> 'id'
                    when 'balance_transaction' then thing ->> 'id'
                    else payment
                end as object_id,
                run_id,
                thing ->> '$.metadata.workflow' as workflow,
                epoch_text(cast(happened as varchar)) as occurred_at,
                case
                    when kind = 'dispute' or category = 'dispute' then 'disputed'
                    when category = 'dispute_reversal' then 'dispute won'
                    when kind = 'refund' or is_taken_back then 'refunded'
                    when category = 'refund_failure' then 'refund failed'
                    when is_paid or category = 'charge' then 'paid'
                    else 'not paid'
                end as outcome_type,
                case when is_payment then is_paid when category = 'charge' then true end as completed,
                case when is_payment then is_paid when category = 'charge' then true end as accepted,
                case
                    when kind = 'dispute' or category = 'dispute' or thing ->> 'disputed' = 'true' then true
                end as escalated,
                case
                    when kind = 'charge' and is_paid and paid_back > 0 then true
                    when kind = 'refund' then status = 'succeeded'
                    when kind = 'dispute' and starts_with(status, 'warning') then null
                    when kind = 'dispute' then status <> 'won'
                    when category in ('refund', 'dispute') then true
                    when category in ('refund_failure', 'dispute_reversal') then false
                end as "condition:refunded",
                cast(minor_unit * case
                    when is_payment and is_paid or kind = 'balance_transaction' then amount
                    when kind = 'refund' then -refunds_so_far
                    when kind = 'dispute' and (status = 'won' or starts_with(status, 'warning')) then 0
                    when kind = 'dispute' then -amount
                end as varchar) as revenue,
                currency,
                {_named("customer")} as customer
            from said
            union all by name
            select
                line,
                id || ':refunds' as event_id,
                payment || ':refunds' as object_id,
                run_id,
                epoch_text(cast(happened as varchar)) as occurred_at,
                'refunded' as outcome_type,
                'true' as "condition:refunded",
                cast(-minor_unit * paid_back as varchar) as revenue,
                currency
            from said
            where kind = 'charge' and is_paid and paid_back > 0
        """,
    },
)  # fmt: skip
