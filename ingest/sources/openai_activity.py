"""OpenAI activity export of the old dashboard, until the middle of 2025: one CSV line per key, model and day.

`n_context_tokens_total` holds the cached tokens, which are taken out; cache writes are not counted. Images and speech
have no tokens, only requests. There is no money. Whatever names a person or shows a part of a key is left out.
"""

from ingest.source import Source

SOURCE = Source(
    label="OpenAI activity export (CSV, until 2025)",
    url="https://help.openai.com/en/articles/8554956",
    checked="2026-11-21",
    loads=("usage",),
    reads=("csv",),
    renewal="window",
    rank=22,
    requires=frozenset({
        "timestamp", "model", "num_requests", "n_context_tokens_total", "n_generated_tokens_total",
        "n_cached_context_tokens_total", "usage_type",
    }),
    knows=frozenset({
        "organization_id", "organization_name", "operation", "n_context_tokens_total", "n_generated_tokens_total",
        "api_key_id", "api_key_name", "api_key_redacted", "api_key_type", "project_id", "project_name", "request_type",
        "n_cached_context_tokens_total", "n_context_audio_tokens_total", "n_generated_audio_tokens_total",
        "usage_type", "model", "timestamp", "user", "num_requests", "num_images", "image_size", "num_characters",
    }),
    records="""
        select *, case
            when num_requests is null and n_context_tokens_total is null
            then concat('this counts ', coalesce(usage_type, 'something else'), ', neither tokens nor model calls')
        end as skip
        from staged
    """,
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                epoch_text("timestamp") as started_at,
                'openai' as provider,
                coalesce(model, 'unspecified') as model,
                organization_id as account,
                project_id as project,
                api_key_id as api_key,
                case when not contains("user", '@') then "user" end as user_id,
                num_requests as requests,
                count_left(n_context_tokens_total, n_cached_context_tokens_total, null) as uncached_input_tokens,
                n_cached_context_tokens_total as cache_read_tokens,
                n_generated_tokens_total as output_tokens,
                n_context_audio_tokens_total as audio_input_tokens,
                n_generated_audio_tokens_total as audio_output_tokens,
                usage_type as "tag:usage_type",
                operation as "tag:operation",
                request_type as "tag:request_type",
                image_size as "tag:size"
            from records
        """,
    },
)  # fmt: skip
