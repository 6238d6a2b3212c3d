"""OpenAI usage API: pages of time buckets, of every endpoint that counts model calls.

One canonical row per bucket and result (project, model, key, ... as far as the request grouped by them). OpenAI counts
cache reads and writes inside `input_tokens`; they are taken out. It does not say how much of `output_tokens` is
reasoning. Two equal results in a bucket are both real. Images, speech and transcription give their requests; their own
units are no tokens. Web searches repeat the model calls of completions, and stores, sessions and file searches have
none: they are skipped, and their money stands in the costs. A page does not name its organisation: say --account.
"""

from ingest.source import Source, bucket_results

SOURCE = Source(
    label="OpenAI usage API",
    url="https://platform.openai.com/docs/api-reference/usage/completions",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    renewal="window",
    rank=10,
    requires=frozenset({"data", "data[].start_time", "data[].end_time", "data[].results"}),
    forbids=frozenset({"data[].results[].amount"}),
    knows=frozenset({"object", "data", "has_more", "next_page"}),
    records=bucket_results(
        more="""
            regexp_extract(result ->> 'object', 'usage\\.([a-z_]+)\\.result', 1) as capability,
        """,
        skips="""
                when capability = 'web_searches'
                then 'this counts web_searches; their model calls are counted by completions'
                when result ->> 'input_tokens' is null and result ->> 'num_model_requests' is null
                then concat('this counts ', coalesce(capability, 'something else'), ', neither tokens nor model calls')
        """,
    ),
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                epoch_text(bucket ->> 'start_time') as started_at,
                coalesce(epoch_text(bucket ->> 'end_time'), bucket ->> 'end_time') as ended_at,
                'openai' as provider,
                coalesce(result ->> 'model', 'unspecified') as model,
                result ->> 'project_id' as project,
                result ->> 'api_key_id' as api_key,
                result ->> 'user_id' as user_id,
                result ->> 'num_model_requests' as requests,
                coalesce(
                    result ->> 'input_uncached_tokens',
                    count_left(
                        result ->> 'input_tokens',
                        result ->> 'input_cached_tokens',
                        result ->> 'input_cache_write_tokens'
                    )
                ) as uncached_input_tokens,
                result ->> 'input_cached_tokens' as cache_read_tokens,
                result ->> 'input_cache_write_tokens' as cache_write_tokens,
                coalesce(
                    result ->> 'output_tokens', case when result ->> 'input_tokens' is not null then '0' end
                ) as output_tokens,
                result ->> 'input_audio_tokens' as audio_input_tokens,
                result ->> 'input_image_tokens' as image_input_tokens,
                result ->> 'output_audio_tokens' as audio_output_tokens,
                openai_tier(result ->> 'batch', result ->> 'service_tier') as service_tier,
                result ->> 'api_source' as "tag:api_source",
                result ->> 'source' as "tag:source",
                result ->> 'size' as "tag:size"
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
