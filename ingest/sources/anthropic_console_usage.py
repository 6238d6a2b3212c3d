"""Anthropic Console usage export: one CSV line per day or hour, model, key, workspace and tier.

The four input counts exclude each other. Keys and workspaces are named, not identified. There is no money and no count
of requests; web searches are billed by the search and stand in the cost export.
"""

from ingest.source import Source

SOURCE = Source(
    label="Anthropic Console usage export (CSV)",
    url="https://support.claude.com/en/articles/9534590",
    checked="2026-11-21",
    loads=("usage",),
    reads=("csv",),
    renewal="window",
    rank=20,
    requires=frozenset({
        "usage_date_utc", "model_version", "usage_input_tokens_no_cache", "usage_input_tokens_cache_read",
        "usage_output_tokens",
    }),
    knows=frozenset({
        "usage_date_utc", "model_version", "api_key", "workspace", "usage_type", "context_window",
        "usage_input_tokens_no_cache", "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h",
        "usage_input_tokens_cache_read", "usage_output_tokens", "web_search_count", "inference_geo", "speed",
    }),
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                usage_date_utc as started_at,
                strftime(
                    moment(usage_date_utc, 'UTC') + case
                        when length(usage_date_utc) > 10 then interval 1 hour else interval 1 day
                    end,
                    '%Y-%m-%dT%H:%M:%SZ'
                ) as ended_at,
                'anthropic' as provider,
                coalesce(undashed(model_version), 'unspecified') as model,
                undashed(workspace) as project,
                undashed(api_key) as api_key,
                nullif(undashed(inference_geo), 'not_available') as region,
                usage_input_tokens_no_cache as uncached_input_tokens,
                usage_input_tokens_cache_read as cache_read_tokens,
                counts_together(
                    usage_input_tokens_cache_write_5m, usage_input_tokens_cache_write_1h
                ) as cache_write_tokens,
                usage_input_tokens_cache_write_1h as cache_write_1h_tokens,
                usage_output_tokens as output_tokens,
                anthropic_tier(undashed(usage_type), speed) as service_tier,
                undashed(context_window) as "tag:context_window"
            from records
        """,
    },
)  # fmt: skip
