"""OpenAI cost export of the dashboard: one CSV line per day, line item, project and so on.

Amounts are whole dollars with up to 36 decimals. Lines that look alike are all real. The times in words are sometimes
without a zone, so the epoch columns count. A line item is `[product | ] name [, class]`; only one with a class names a
model. `1000_tokens` counts thousands. `user_email` is personal and is left out.
"""

from ingest.source import Source

SOURCE = Source(
    label="OpenAI cost export (CSV)",
    url="https://help.openai.com/en/articles/8554956",
    checked="2026-11-20",
    loads=("billed",),
    reads=("csv",),
    renewal="window",
    rank=20,
    requires=frozenset({"start_time", "end_time", "amount_value", "amount_currency", "line_item", "organization_id"}),
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
            with
                parsed as (
                    select
                        *,
                        regexp_extract(line_item, '^(?:[^|]* \\| )?([^|,]+), ([^,]+)$', ['name', 'class']) as item
                    from records
                )
            select
                line,
                strftime(epoch_time(start_time), '%Y-%m-%d') as charged_from,
                strftime(epoch_time(end_time) - interval 1 microsecond, '%Y-%m-%d') as charged_to,
                'openai' as provider,
                organization_id as account,
                project_id as project,
                nullif(item.name, '') as model,
                line_item,
                case
                    when quantity_unit = '1000_tokens'
                    then coalesce(cast(1000 * try_cast(quantity as decimal(30, 12)) as varchar), quantity)
                    else quantity
                end as quantity,
                case when quantity_unit = '1000_tokens' then 'tokens' else quantity_unit end as unit,
                amount_value as billed_cost,
                amount_currency as currency,
                case
                    when item.class in ('input', 'input_tokens', 'input_uncached_tokens') then 'uncached_input'
                    when item.class in ('cached input', 'input_cached_tokens', 'cached_input_tokens') then 'cache_read'
                    when item.class in ('input_cache_write_tokens', 'cache_write_tokens') then 'cache_write'
                    when item.class in ('output', 'output_tokens') then 'output'
                    else nullif(item.class, '')
                end as "tag:token_class",
                user_id as "tag:user_id",
                api_key_id as "tag:api_key",
                project_name as "tag:project_name",
                api_source as "tag:api_source"
            from parsed
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
