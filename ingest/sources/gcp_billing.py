"""Google Cloud billing export out of BigQuery, standard or detailed: one record per SKU, project, labels and hour.

`cost` is before credits; what is billed is the cost and its credits together. `count` is the unit of tokens, but also
of other things, so the SKU's words decide; hours of stored cache are no tokens. Times are UTC, the invoice's month is
Pacific. The table only grows: late records and corrections, also negative ones, are appended and nothing has an id.
So records count by content, with the time of their export, and a later export of the same days adds what is new.
"""

from ingest.source import Source

SOURCE = Source(
    label="Google Cloud billing export (BigQuery)",
    url="https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage",
    checked="2026-11-21",
    loads=("billed",),
    reads=("json", "parquet"),
    renewal="content",
    rank=20,
    requires=frozenset({
        "service.description", "sku.description", "usage_start_time", "usage_end_time", "cost", "currency",
    }),
    # of Parquet only the columns themselves are seen
    otherwise=(frozenset({
        "service", "sku", "usage_start_time", "usage_end_time", "cost", "currency", "credits", "usage", "invoice",
    }),),
    knows=frozenset({
        "billing_account_id", "service", "sku", "usage_start_time", "usage_end_time", "project", "labels",
        "system_labels", "location", "tags", "resource", "price", "cost", "currency", "currency_conversion_rate",
        "usage", "credits", "invoice", "cost_type", "adjustment_info", "export_time", "cost_at_list",
        "cost_at_effective_price_default", "cost_at_list_consumption_model", "consumption_model", "transaction_type",
        "seller_name", "subscription",
    }),
    records="""
        with
            named as (
                select
                    line, record, opened(record -> 'service') ->> 'description' as service_name,
                    opened(record -> 'sku') ->> 'description' as sku_name
                from staged
            )
        select
            *,
            case
                when regexp_matches(
                    concat_ws(' ', service_name, sku_name),
                    '(?i)gemini|generative|vertex ai|claude|anthropic|mistral|llama|embedcontent'
                ) is not true
                then 'not about AI'
            end as skip
        from named
    """,
    selects={
        "billed": """
            with
                given as (
                    select
                        *,
                        record ->> 'cost' as cost,
                        opened(record -> 'usage') as used,
                        list_transform(
                            json_list(opened(record -> 'credits')), lambda each: each ->> 'amount'
                        ) as credits,
                        list_transform(
                            json_list(opened(record -> 'labels')),
                            lambda each: concat(each ->> 'key', '=', each ->> 'value')
                        ) as labels,
                        case when used ->> 'unit' = 'count' then token_class(sku_name) end as class
                    from records
                )
            select
                line,
                opened(record -> 'invoice') ->> 'month' as invoice_id,
                first_day(record ->> 'usage_start_time') as charged_from,
                last_day_before(record ->> 'usage_start_time', record ->> 'usage_end_time') as charged_to,
                'google' as provider,
                record ->> 'billing_account_id' as account,
                opened(record -> 'project') ->> 'id' as project,
                google_model(sku_name) as model,
                sku_name as line_item,
                used ->> 'amount' as quantity,
                case when class is not null then 'tokens' else used ->> 'unit' end as unit,
                case
                    when len(credits) = 0 then cost
                    -- a credit that is no number rejects its row
                    when len(list_filter(credits, lambda each: try_cast(each as decimal(30, 12)) is null)) > 0
                    then concat(cost, ' with credits ', array_to_string(credits, ', '))
                    else coalesce(cast(
                        try_cast(cost as decimal(30, 12)) + list_sum(list_transform(
                            credits, lambda each: try_cast(each as decimal(30, 12))
                        )) as varchar
                    ), cost)
                end as billed_cost,
                record ->> 'cost_at_list' as list_cost,
                record ->> 'currency' as currency,
                case
                    when record ->> 'cost_type' = 'tax' then 'tax'
                    when record ->> 'cost_type' in ('adjustment', 'rounding_error') then 'adjustment'
                    else 'usage'
                end as charge_category,
                class as "tag:token_class",
                service_name as "tag:service",
                coalesce(
                    opened(record -> 'location') ->> 'region', opened(record -> 'location') ->> 'location'
                ) as "tag:region",
                case when len(credits) > 0 then cost end as "tag:cost_before_credits",
                nullif(array_to_string(labels, ', '), '') as "tag:labels",
                record ->> 'export_time' as "tag:export_time"
            from given
        """,
    },
    states="""
        select null::date, null::date, max(moment(year_first(record ->> 'export_time'), 'UTC')) from staged
    """,
)  # fmt: skip
