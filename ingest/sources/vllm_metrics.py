"""Token counters of vLLM or SGLang, as Prometheus answers a range query for them.

Counters only grow, until the server restarts and they begin at nothing: between two samples of a series the difference
was used, and after a fall the whole new value. What lies between samples counts for the day of the earlier one; a row
is a server's model on a day. Prompt tokens include those that the prefix cache answered, which
`prompt_tokens_by_source_total` tells apart; `prefix_cache_hits_total` counts waiting requests again and is not used.
The provider is called hosted_vllm or sglang, as LiteLLM calls it, so that its calls explain these buckets.
"""

from ingest.source import Source

SOURCE = Source(
    label="vLLM or SGLang counters (Prometheus)",
    url="https://docs.vllm.ai/en/stable/usage/metrics/",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    renewal="window",
    rank=30,
    requires=frozenset({"status", "data.resultType", "data.result[].metric", "data.result[].values"}),
    knows=frozenset({"status", "data", "warnings", "infos", "isPartial", "stats"}),
    records="""
        with
            answers as (select line as page, unnest(json_list(record -> '$.data.result')) as series from staged),
            named as (
                select
                    row_number() over (order by page) as nth,
                    series,
                    series ->> '$.metric.__name__' as name,
                    regexp_extract(name, '^(vllm|sglang):', 1) as server,
                    series ->> '$.metric.model_name' as model,
                    coalesce(series ->> '$.metric.instance', series ->> '$.metric.pod') as instance,
                    token_counter(name, series ->> '$.metric.source') as counter,
                    json_array_length(series -> 'values') as samples
                from answers
            ),
            samples as (
                select
                    nth,
                    epoch_time(pair ->> 0) as moment,
                    try_cast(pair ->> 1 as double) as value
                from (select nth, unnest(json_list(series -> 'values')) as pair from named where counter is not null)
            ),
            steps as (
                select
                    nth,
                    lag(moment) over series as since,
                    moment as until,
                    cast(round(
                        case when value >= lag(value) over series then value - lag(value) over series else value end
                    ) as bigint) as used
                from samples
                where isfinite(value)
                window series as (partition by nth order by moment)
            ),
            days as (
                select
                    server,
                    model,
                    instance,
                    cast(since as date) as day,
                    min(since) as since,
                    max(until) as until,
                    sum(used) filter (counter = 'prompt') as prompt,
                    sum(used) filter (counter = 'computed') as computed,
                    coalesce(
                        sum(used) filter (counter = 'by_cache'), sum(used) filter (counter = 'cached')
                    ) as cached,
                    sum(used) filter (counter = 'output') as output,
                    sum(used) filter (counter = 'requests') as requests
                from steps
                join named using (nth)
                where since is not null and model is not null
                group by all
            ),
            told as (
                select *, null::json as series, null::varchar as skip from days
                union all by name
                select series, case
                    when counter is null then concat('this counts no tokens (', coalesce(name, 'no name'), ')')
                    when model is null then 'this names no model'
                    else 'one sample tells no difference'
                end as skip
                from named
                where counter is null or model is null or samples < 2
            )
        select
            row_number() over (order by skip nulls first, server, model, instance, day) as line,
            *,
            coalesce(cast(series as varchar), concat_ws(' ', server, model, instance, day)) as text
        from told
    """,
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                strftime(since, '%Y-%m-%dT%H:%M:%S.%fZ') as started_at,
                strftime(until, '%Y-%m-%dT%H:%M:%S.%fZ') as ended_at,
                case server when 'vllm' then 'hosted_vllm' else server end as provider,
                model,
                requests,
                coalesce(computed, prompt - coalesce(cached, 0)) as uncached_input_tokens,
                cached as cache_read_tokens,
                output as output_tokens,
                instance as "tag:instance"
            from records
        """,
    },
    states="""
        select
            cast(min(moment) as date),
            cast(max(moment) - interval 1 microsecond as date),
            null::timestamp
        from (
            select epoch_time(unnest(json_list(series -> 'values')) ->> 0) as moment
            from (select unnest(json_list(record -> '$.data.result')) as series from staged)
        )
    """,
)
