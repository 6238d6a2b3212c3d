"""Anthropic cost report: pages of days, of the Admin API.

One canonical row per day and result. Amounts are text in cents, with fractions. A result says what it is for only where
the request grouped by description; `workspace_id` is null for the default workspace and where the request did not group
by it. What the priority tier costs is not in it. A page does not name its organisation: say --account.
"""

from ingest.source import Source, bucket_results

SOURCE = Source(
    label="Anthropic cost report (Admin API)",
    url="https://platform.claude.com/docs/en/manage-claude/usage-cost-api",
    checked="2026-11-21",
    loads=("billed",),
    reads=("json",),
    renewal="window",
    rank=10,
    requires=frozenset({"data", "data[].starting_at", "data[].ending_at", "data[].results"}),
    forbids=frozenset({"data[].results[].uncached_input_tokens", "data[].results[].output_tokens"}),
    knows=frozenset({"data", "has_more", "next_page"}),
    records=bucket_results(),
    selects={
        "billed": """
            select
                line,
                strftime(moment(bucket ->> 'starting_at', 'UTC'), '%Y-%m-%d') as charged_from,
                coalesce(
                    strftime(moment(bucket ->> 'ending_at', 'UTC') - interval 1 microsecond, '%Y-%m-%d'),
                    bucket ->> 'ending_at'
                ) as charged_to,
                'anthropic' as provider,
                result ->> 'workspace_id' as project,
                result ->> 'model' as model,
                coalesce(result ->> 'description', result ->> 'cost_type') as line_item,
                from_cents(result ->> 'amount') as billed_cost,
                from_cents(result ->> 'list_amount') as list_cost,
                result ->> 'currency' as currency,
                anthropic_class(result ->> 'token_type') as "tag:token_class",
                result ->> 'cost_type' as "tag:cost_type",
                result ->> 'service_tier' as "tag:service_tier",
                result ->> 'context_window' as "tag:context_window",
                nullif(result ->> 'inference_geo', 'not_available') as "tag:inference_geo",
                result ->> 'product' as "tag:product"
            from records
        """,
    },
    states="""
        select
            cast(min(moment(bucket ->> 'starting_at', 'UTC')) as date),
            cast(max(moment(bucket ->> 'ending_at', 'UTC') - interval 1 microsecond) as date),
            null::timestamp
        from (select unnest(json_list(record -> 'data')) as bucket from staged)
    """,
)
