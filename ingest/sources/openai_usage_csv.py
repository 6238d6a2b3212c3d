"""OpenAI usage export of the dashboard: one CSV line per bucket, project, model, key and so on; one file per endpoint.

The columns are those of the usage API and count alike: `input_tokens` holds cache reads and writes, which are taken
out. Exports of 2025 do not count cache writes. Counts are written as decimals (`31422.0`). Lines that look alike are
all real. An export of days without anything has only its four time columns, as the cost export then has.
"""

from ingest.source import Source

SOURCE = Source(
    label="OpenAI usage export (CSV)",
    url="https://help.openai.com/en/articles/8554956",
    checked="2026-11-21",
    loads=("usage",),
    reads=("csv",),
    renewal="window",
    rank=20,
    requires=frozenset({"start_time", "end_time", "start_time_iso", "end_time_iso"}),
    forbids=frozenset({"amount_value", "line_item"}),
    knows=frozenset({
        "start_time", "end_time", "start_time_iso", "end_time_iso", "project_id", "num_model_requests", "user_id",
        "api_key_id", "model", "batch", "service_tier", "compute_units", "input_tokens", "output_tokens",
        "input_cached_tokens", "input_cache_write_tokens", "input_cache_write_30m_tokens",
        "input_cache_write_12h_tokens", "input_uncached_tokens", "input_text_tokens", "output_text_tokens",
        "input_cached_text_tokens", "input_audio_tokens", "input_cached_audio_tokens", "output_audio_tokens",
        "input_image_tokens", "input_cached_image_tokens", "output_image_tokens", "api_source", "images", "size",
        "source", "characters", "seconds", "usage_bytes", "num_sessions", "num_requests", "vector_store_id",
        "context_level",
    }),
    records="""
        select *, case
            when coalesce(
                project_id, model, num_model_requests, input_tokens, output_tokens, num_requests, num_sessions,
                usage_bytes
            ) is null then 'an empty day'
            when num_requests is not null and num_model_requests is not null
            then 'this counts web_searches; their model calls are counted by completions'
            when input_tokens is null and num_model_requests is null then concat('this counts ', case
                when usage_bytes is not null then 'vector_stores'
                when num_sessions is not null then 'code_interpreter_sessions'
                when num_requests is not null then 'file_searches'
                else 'something else'
            end, ', neither tokens nor model calls')
        end as skip
        from staged
    """,
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                epoch_text(start_time) as started_at,
                coalesce(epoch_text(end_time), end_time) as ended_at,
                'openai' as provider,
                coalesce(model, 'unspecified') as model,
                project_id as project,
                api_key_id as api_key,
                user_id,
                num_model_requests as requests,
                coalesce(
                    input_uncached_tokens, count_left(input_tokens, input_cached_tokens, input_cache_write_tokens)
                ) as uncached_input_tokens,
                input_cached_tokens as cache_read_tokens,
                input_cache_write_tokens as cache_write_tokens,
                coalesce(output_tokens, case when input_tokens is not null then '0' end) as output_tokens,
                input_audio_tokens as audio_input_tokens,
                input_image_tokens as image_input_tokens,
                output_audio_tokens as audio_output_tokens,
                openai_tier(batch, service_tier) as service_tier,
                api_source as "tag:api_source",
                source as "tag:source",
                size as "tag:size"
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
