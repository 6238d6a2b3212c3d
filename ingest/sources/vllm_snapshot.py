"""A reading of `/metrics` of vLLM or SGLang, or of Prometheus's `/federate`, in Prometheus's text form.

Its counters are sums since the server's start, so a reading is one bucket per model: from the start that the reading
names (`process_start_time_seconds`, else a `_created` line) to the time of its samples, else `--as-of`. The next
reading of the same server renews it; after a restart a new one begins.
"""

from ingest.source import Source

SOURCE = Source(
    label="vLLM or SGLang reading (Prometheus text)",
    url="https://docs.vllm.ai/en/stable/usage/metrics/",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    rank=30,
    requires=frozenset({"metric", "labels", "value"}),
    knows=frozenset({"metric", "labels", "value", "at"}),
    records="""
        with
            told as (
                select
                    line,
                    record,
                    record ->> 'metric' as name,
                    regexp_extract(name, '^(vllm|sglang):', 1) as server,
                    record ->> '$.labels.model_name' as model,
                    coalesce(record ->> '$.labels.instance', '') as instance,
                    try_cast(record ->> 'at' as decimal(20, 3)) / 1000 as read_at,
                    try_cast(record ->> 'value' as double) as value,
                    token_counter(name, record ->> '$.labels.source') as counter
                from staged
            ),
            starts as (
                select
                    instance,
                    coalesce(
                        max(value) filter (name = 'process_start_time_seconds'),
                        min(value) filter (regexp_matches(name, '^(vllm|sglang):.*_tokens_created$'))
                    ) as start
                from told
                group by instance
            ),
            sums as (
                select
                    server,
                    model,
                    instance,
                    min(line) as line,
                    max(read_at) as read_at,
                    cast(sum(value) filter (counter = 'prompt') as bigint) as prompt,
                    cast(sum(value) filter (counter = 'computed') as bigint) as computed,
                    cast(coalesce(
                        sum(value) filter (counter = 'by_cache'), sum(value) filter (counter = 'cached')
                    ) as bigint) as cached,
                    cast(sum(value) filter (counter = 'output') as bigint) as output,
                    cast(sum(value) filter (counter = 'requests') as bigint) as requests
                from told
                where counter is not null and model is not null
                group by server, model, instance
            )
        select
            line,
            concat_ws(' ', server, model, instance) as text,
            server, model, instance, prompt, computed, cached, output, requests,
            epoch_text(cast(start as decimal(20, 6))::varchar) as since,
            coalesce(epoch_text(cast(read_at as decimal(20, 6))::varchar), getvariable('as_of')) as until,
            case
                when start is null then 'this does not say since when it counts: no process_start_time_seconds'
                when length(until) = 10 then 'this does not say when it was read: say --as-of'
            end as skip
        from sums join starts using (instance)
        union all by name
        select line, cast(record as varchar) as text, concat('this counts no tokens (', name, ')') as skip
        from told
        where counter is null or model is null
    """,
    selects={
        "usage": """
            select
                line,
                concat_ws('|', server, instance, model, since) as record_id,
                'bucket' as grain,
                since as started_at,
                until as ended_at,
                case server when 'vllm' then 'hosted_vllm' else server end as provider,
                model,
                requests,
                coalesce(computed, prompt - coalesce(cached, 0)) as uncached_input_tokens,
                cached as cache_read_tokens,
                output as output_tokens,
                nullif(instance, '') as "tag:instance"
            from records
        """,
    },
    states="""
        select
            null::date,
            null::date,
            max(epoch_time(cast(try_cast(record ->> 'at' as decimal(20, 3)) / 1000 as varchar)))
        from staged
    """,
)
