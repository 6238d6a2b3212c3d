"""Anthropic usage and cost analytics, usage by dimension: pages of flat rows.

One canonical row per row. The token counts exclude each other; output includes thinking. A row names only the
dimensions that the request grouped by. Rows by role group (`rbac_group_id`) overlap, since a person may be in several,
and cannot be added up. A person is known by id; name and address are left out. It counts the same tokens as the usage
report, which stands before it where both cover a day.
"""

from ingest.source import Source

SOURCE = Source(
    label="Anthropic usage analytics (Admin or Analytics API)",
    url="https://platform.claude.com/docs/en/manage-claude/usage-cost-analytics-api",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    renewal="window",
    rank=11,
    requires=frozenset(
        {"data", "data[].starting_at", "data[].ending_at", "data[].usage", "data[].usage.output_tokens"}
    ),
    knows=frozenset({"data", "has_more", "next_page"}),
    records="""
        with
            pages as (select line as page, json_list(record -> 'data') as parts from staged),
            parts as (select page, unnest(parts) as part, generate_subscripts(parts, 1) as nth from pages),
            known as (select *, part -> 'group' as named, part -> 'usage' as used from parts)
        select
            row_number() over (order by page, nth) as line,
            part,
            named,
            used,
            cast(part as varchar) as text,
            case
                when bool_or(named ->> 'rbac_group_id' is not null) over ()
                then 'role groups overlap, so that their rows do not add up; fetch it without rbac_group_id'
            end as skip
        from known
    """,
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                part ->> 'starting_at' as started_at,
                part ->> 'ending_at' as ended_at,
                'anthropic' as provider,
                coalesce(named ->> 'model', 'unspecified') as model,
                named ->> 'organization_id' as account,
                named ->> 'workspace_id' as project,
                named ->> 'api_key_id' as api_key,
                named ->> '$.actor.user_id' as user_id,
                nullif(named ->> 'inference_geo', 'not_available') as region,
                used ->> 'requests' as requests,
                used ->> 'uncached_input_tokens' as uncached_input_tokens,
                used ->> 'cache_read_input_tokens' as cache_read_tokens,
                counts_together(
                    used ->> '$.cache_creation.ephemeral_5m_input_tokens',
                    used ->> '$.cache_creation.ephemeral_1h_input_tokens'
                ) as cache_write_tokens,
                used ->> '$.cache_creation.ephemeral_1h_input_tokens' as cache_write_1h_tokens,
                used ->> 'output_tokens' as output_tokens,
                anthropic_tier(named ->> 'service_tier', named ->> 'speed') as service_tier,
                named ->> 'context_window' as "tag:context_window",
                named ->> 'product' as "tag:product"
            from records
        """,
    },
    states="""
        select
            cast(min(moment(part ->> 'starting_at', 'UTC')) as date),
            cast(max(moment(part ->> 'ending_at', 'UTC') - interval 1 microsecond) as date),
            null::timestamp
        from (select unnest(json_list(record -> 'data')) as part from staged)
    """,
)
