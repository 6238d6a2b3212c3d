"""OpenAI costs API: pages of days.

One canonical row per day and result. An amount is in whole dollars, as a number or as text with up to 36 decimals. Two
equal results are both real. A line item is `[product | ] name [kind][, class[, more]]`; one without a class names no
model. `1000_tokens` counts thousands. Without grouping by line item a result says nothing but the money.
"""

from ingest.source import Source, bucket_results

SOURCE = Source(
    label="OpenAI costs API",
    url="https://platform.openai.com/docs/api-reference/usage/costs",
    checked="2026-11-21",
    loads=("billed",),
    reads=("json",),
    renewal="window",
    rank=10,
    requires=frozenset({"data", "data[].start_time", "data[].end_time", "data[].results"}),
    forbids=frozenset(
        f"data[].results[].{name}"
        for name in ("input_tokens", "num_model_requests", "num_requests", "num_sessions", "usage_bytes")
    ),
    knows=frozenset({"object", "data", "has_more", "next_page"}),
    records=bucket_results(
        more="""
            openai_item(result ->> 'line_item') as item,
        """,
    ),
    selects={
        "billed": """
            select
                line,
                strftime(epoch_time(bucket ->> 'start_time'), '%Y-%m-%d') as charged_from,
                coalesce(
                    strftime(epoch_time(bucket ->> 'end_time') - interval 1 microsecond, '%Y-%m-%d'),
                    bucket ->> 'end_time'
                ) as charged_to,
                'openai' as provider,
                result ->> 'organization_id' as account,
                result ->> 'project_id' as project,
                nullif(item.name, '') as model,
                result ->> 'line_item' as line_item,
                case
                    when result ->> 'quantity_unit' = '1000_tokens' then from_thousands(result ->> 'quantity')
                    else result ->> 'quantity'
                end as quantity,
                case
                    when result ->> 'quantity_unit' = '1000_tokens' then 'tokens'
                    else result ->> 'quantity_unit'
                end as unit,
                result ->> '$.amount.value' as billed_cost,
                result ->> '$.amount.currency' as currency,
                openai_class(item.class) as "tag:token_class",
                result ->> 'user_id' as "tag:user_id",
                result ->> 'api_key_id' as "tag:api_key",
                result ->> 'api_source' as "tag:api_source"
            from records
        """,
    },
    states="""
        select
            cast(min(epoch_time(bucket ->> 'start_time')) as date),
            cast(max(epoch_time(bucket ->> 'end_time') - interval 1 microsecond) as date),
            null::timestamp
        from (select unnest(json_list(record -> 'data')) as bucket from staged)
    """,
)
