"""OpenAI usage API: pages of time buckets, for completions and the other endpoints that count tokens.

One canonical row per bucket and result (project, model, key, ... as far as the request grouped by them). OpenAI counts
cache reads and writes inside `input_tokens`; they are taken out. It does not say how much of `output_tokens` is
reasoning. Two equal results in a bucket are both real. A page does not name its organisation: say --account.
"""

from ingest.source import Source

SOURCE = Source(
    label="OpenAI usage API",
    url="https://platform.openai.com/docs/api-reference/usage/completions",
    checked="2026-11-20",
    loads=("usage",),
    reads=("json",),
    renewal="window",
    rank=10,
    requires=frozenset({"data", "data[].start_time", "data[].end_time", "data[].results"}),
    forbids=frozenset({"data[].results[].amount"}),
    knows=frozenset({"object", "data", "has_more", "next_page"}),
    records="""
        with
            pages as (select line as page, json_list(record -> 'data') as buckets from staged),
            buckets as (select page, unnest(buckets) as bucket, generate_subscripts(buckets, 1) as nth from pages),
            listed as (
                select *, case
                    when json_array_length(bucket -> 'results') > 0 then json_list(bucket -> 'results')
                    else [null::json]
                end as results
                from buckets
            ),
            single as (
                select *, unnest(results) as result, generate_subscripts(results, 1) as place from listed
            )
        select
            row_number() over (order by page, nth, place) as line,
            bucket,
            result,
            cast(coalesce(result, bucket) as varchar) as text,
            case
                when result is null then 'an empty day'
                when (result -> 'input_tokens') is null then concat(
                    'this counts ', regexp_extract(result ->> 'object', 'usage\\.([a-z_]+)\\.result', 1), ', not tokens'
                )
            end as skip
        from single
    """,
    selects={
        "usage": """
            with
                counted as (
                    select
                        *,
                        try_cast(result ->> 'input_tokens' as bigint) as input,
                        try_cast(result ->> 'input_cached_tokens' as bigint) as cache_read,
                        try_cast(result ->> 'input_cache_write_tokens' as bigint) as cache_write
                    from records
                )
            select
                line,
                'bucket' as grain,
                epoch_text(bucket ->> 'start_time') as started_at,
                epoch_text(bucket ->> 'end_time') as ended_at,
                'openai' as provider,
                coalesce(result ->> 'model', 'unspecified') as model,
                result ->> 'project_id' as project,
                result ->> 'api_key_id' as api_key,
                result ->> 'user_id' as user_id,
                result ->> 'num_model_requests' as requests,
                coalesce(
                    result ->> 'input_uncached_tokens',
                    cast(input - coalesce(cache_read, 0) - coalesce(cache_write, 0) as varchar)
                ) as uncached_input_tokens,
                result ->> 'input_cached_tokens' as cache_read_tokens,
                result ->> 'input_cache_write_tokens' as cache_write_tokens,
                coalesce(result ->> 'output_tokens', '0') as output_tokens,
                result ->> 'input_audio_tokens' as audio_input_tokens,
                result ->> 'input_image_tokens' as image_input_tokens,
                result ->> 'output_audio_tokens' as audio_output_tokens,
                case
                    when result ->> 'batch' = 'true' then 'batch'
                    when result ->> 'service_tier' = 'default' then 'standard'
                    when result ->> 'service_tier' = 'scale' then 'provisioned'
                    else result ->> 'service_tier'
                end as service_tier,
                result ->> 'api_source' as "tag:api_source"
            from counted
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
