"""Cursor usage events as CSV: one line per model call, in any of the header sets since 2025.

The four token columns exclude each other; `Input (w/ Cache Write)` is what was written to the cache. `Cost` is what
the call is worth, as a number with or without a dollar sign, or a word (Included, Free, -) where nobody says so: then
it is unknown, not nothing. What is billed is `Cost to you` where the export has it; else the cost of calls on demand,
and nothing for included, free and failed ones. So included usage is a discount: worth its cost, billed 0. No event has
an id, lines that look alike are all real, and recent ones still grow.
"""

from ingest.source import Source

TOKENS = ("Input (w/ Cache Write)", "Input (w/o Cache Write)", "Cache Read", "Output Tokens")

SOURCE = Source(
    label="Cursor usage events (CSV)",
    url="https://cursor.com/docs/account/usage",
    checked="2026-11-21",
    loads=("usage", "billed"),
    reads=("csv",),
    renewal="window",
    rank=12,
    requires=frozenset({"Date", "Model", *TOKENS}),
    knows=frozenset({
        "Date", "User", "Cloud Agent ID", "Automation ID", "Kind", "Model", "Max Mode", *TOKENS, "Total Tokens",
        "Requests", "Cost", "Cost to you",
    }),
    records="""
        select
            line,
            date,
            "user" as user_id,
            cloud_agent_id,
            automation_id,
            kind,
            model,
            lower(max_mode) as max_mode,
            ungrouped_by_comma("input_(w/_cache_write)") as cache_write,
            ungrouped_by_comma("input_(w/o_cache_write)") as uncached,
            ungrouped_by_comma(cache_read) as cache_read,
            ungrouped_by_comma(output_tokens) as output,
            requests,
            dollars(cost) as worth,
            case
                when dollars(cost_to_you) is not null then dollars(cost_to_you)
                when regexp_matches(kind, '(?i)includ|free|no charge|error|promo|abort') then '0'
                when regexp_matches(cost, '(?i)includ|free|promo') then '0'
                when kind is not null then dollars(cost)
            end as net,
            null::varchar as skip
        from staged
    """,
    selects={
        "usage": """
            select
                line,
                'call' as grain,
                date as started_at,
                'cursor' as provider,
                model,
                user_id,
                case
                    when regexp_matches(kind, '(?i)error') then 'error'
                    when regexp_matches(kind, '(?i)abort|cancel') then 'cancelled'
                    when kind is not null then 'ok'
                end as status,
                case when try_cast(requests as decimal(18, 6)) > 0 and not contains(requests, '.') then requests end
                    as requests,
                uncached as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                output as output_tokens,
                worth as cost,
                'USD' as currency,
                kind as "tag:kind",
                max_mode as "tag:max_mode",
                requests as "tag:requests",
                cloud_agent_id as "tag:cloud_agent",
                automation_id as "tag:automation"
            from records
        """,
        "billed": """
            select
                line,
                first_day(date) as charged_from,
                'cursor' as provider,
                model,
                coalesce(kind, 'usage') as line_item,
                net as billed_cost,
                worth as list_cost,
                'USD' as currency,
                'usage' as charge_category
            from records
            where net is not null
        """,
    },
)  # fmt: skip
