"""Anthropic usage report for messages: pages of time buckets, of the Admin API.

One canonical row per bucket and result (model, workspace, key, ... as far as the request grouped by them). The four
input counts exclude each other; cache writes are split into those of five minutes and of one hour. Output includes
thinking, and how much of it is thinking is not said. There is no count of requests and no money; web searches are
billed by the search and stand in the cost report. `workspace_id` is null for the default workspace and where the
request did not group by it. A page does not name its organisation: say --account.
"""

from ingest.source import Source, bucket_results

SOURCE = Source(
    label="Anthropic usage report (Admin API)",
    url="https://platform.claude.com/docs/en/manage-claude/usage-cost-api",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    renewal="window",
    rank=10,
    requires=frozenset({"data", "data[].starting_at", "data[].ending_at", "data[].results"}),
    forbids=frozenset({"data[].results[].amount"}),
    knows=frozenset({"data", "has_more", "next_page"}),
    records=bucket_results(),
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                bucket ->> 'starting_at' as started_at,
                bucket ->> 'ending_at' as ended_at,
                'anthropic' as provider,
                coalesce(result ->> 'model', 'unspecified') as model,
                result ->> 'workspace_id' as project,
                result ->> 'api_key_id' as api_key,
                coalesce(result ->> 'account_id', result ->> 'service_account_id') as user_id,
                nullif(result ->> 'inference_geo', 'not_available') as region,
                result ->> 'uncached_input_tokens' as uncached_input_tokens,
                result ->> 'cache_read_input_tokens' as cache_read_tokens,
                counts_together(
                    result ->> '$.cache_creation.ephemeral_5m_input_tokens',
                    result ->> '$.cache_creation.ephemeral_1h_input_tokens'
                ) as cache_write_tokens,
                result ->> '$.cache_creation.ephemeral_1h_input_tokens' as cache_write_1h_tokens,
                result ->> 'output_tokens' as output_tokens,
                anthropic_tier(result ->> 'service_tier', result ->> 'speed') as service_tier,
                result ->> 'context_window' as "tag:context_window",
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
