"""OpenAI cost export of the dashboard: one CSV line per day, line item, project and so on.

Amounts are whole dollars with up to 36 decimals. Lines that look alike are all real. The times in words are sometimes
without a zone, so the epoch columns count. A line item is `[product | ] name [kind][, class[, more]]`; one without a
class names no model. `1000_tokens` counts thousands. `user_email` is personal and is left out. An export of days
without anything has only its four time columns, as the usage export then has; it is asked which of the two it is.
"""

from ingest.source import Source

SOURCE = Source(
    label="OpenAI cost export (CSV)",
    url="https://help.openai.com/en/articles/8554956",
    checked="2026-11-21",
    loads=("billed",),
    reads=("csv",),
    renewal="window",
    rank=12,
    requires=frozenset({"start_time", "end_time", "start_time_iso", "end_time_iso"}),
    forbids=frozenset({"num_model_requests", "num_requests", "num_sessions", "usage_bytes", "model", "input_tokens"}),
    knows=frozenset({
        "start_time", "end_time", "start_time_iso", "end_time_iso", "amount_value", "amount_currency", "quantity",
        "quantity_unit", "line_item", "user_id", "api_key_id", "project_id", "organization_id", "project_name",
        "organization_name", "user_email", "api_source",
    }),
    records="""
        select *, case when amount_value is null and line_item is null then 'an empty day' end as skip
        from staged
    """,
    selects={
        "billed": """
            select
                line,
                strftime(epoch_time(start_time), '%Y-%m-%d') as charged_from,
                coalesce(
                    strftime(epoch_time(end_time) - interval 1 microsecond, '%Y-%m-%d'), end_time
                ) as charged_to,
                'openai' as provider,
                organization_id as account,
                project_id as project,
                nullif(openai_item(line_item).name, '') as model,
                line_item,
                case when quantity_unit = '1000_tokens' then from_thousands(quantity) else quantity end as quantity,
                case when quantity_unit = '1000_tokens' then 'tokens' else quantity_unit end as unit,
                amount_value as billed_cost,
                amount_currency as currency,
                openai_class(openai_item(line_item).class) as "tag:token_class",
                user_id as "tag:user_id",
                api_key_id as "tag:api_key",
                project_name as "tag:project_name",
                api_source as "tag:api_source"
            from records
        """,
    },
    states="""
        select
            cast(min(epoch_time(start_time)) as date),
            cast(max(epoch_time(end_time) - interval 1 microsecond) as date),
            null::timestamp
        from staged
    """,
)  # fmt: skip
