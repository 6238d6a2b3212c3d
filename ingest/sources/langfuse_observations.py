"""Langfuse observations: the blob storage export (`observations_v2`, `observations`) and the table's own export.

A record is an observation. Generations and embeddings are calls; an agent, chain or tool is one only where it has a
cost and nothing below it has, since some SDKs report usage on both. Keys of usage with an underscore
(`input_cached_tokens`, `output_reasoning_tokens`) stand beside `input` and `output`; those with a dot
(`prompt_details.cached_tokens`) are parts of them. A cost of 0 beside tokens means that no price matched. Of several
versions of an observation the one updated last counts. Times have no zone and are UTC; `latency` may be seconds or
milliseconds, the times tell. No provider is named: the model's name tells it. Prompts and answers are not kept.
"""

import json

from ingest.source import Source

_TEXT = "VARCHAR"
_USED = dict.fromkeys(
    (
        "input", "output", "total", "input_cached_tokens", "input_cache_read", "input_cache_creation",
        "input_cache_creation_5m", "input_cache_creation_1h", "input_audio_tokens", "output_reasoning_tokens",
        "output_reasoning", "output_audio_tokens", "prompt_details.cached_tokens", "prompt_details.cache_read",
        "completion_details.reasoning", "completion_details.reasoning_tokens",
    ),
    _TEXT,
)  # fmt: skip
_SNAKE = (
    "id", "trace_id", "project_id", "environment", "type", "parent_observation_id", "start_time", "end_time",
    "completion_start_time", "name", "level", "status_message", "provided_model_name", "usage_details", "cost_details",
    "total_cost", "latency", "time_to_first_token", "prompt_name", "prompt_version", "user_id", "session_id",
    "trace_name", "tags", "release", "metadata", "updated_at",
)  # fmt: skip
_CAMEL = {name: "".join([name.split("_")[0], *map(str.title, name.split("_")[1:])]) for name in _SNAKE}
_ALSO = {"latencyMs": _TEXT, "timeToFirstTokenMs": _TEXT, "model": _TEXT}
_PARTS = ("usage_details", "cost_details", "metadata", "tags")
_RECORD = {
    spelled: "JSON" if name in _PARTS else _TEXT for name, camel in _CAMEL.items() for spelled in (name, camel)
} | _ALSO  # fmt: skip


def _either(name: str) -> str:
    camel = _CAMEL[name]
    if name in _PARTS:
        return f'opened(coalesce(given.{name}, given."{camel}")) as {name}'
    said = f'given.{name}, given."{camel}"' if camel != name else f"given.{name}"
    return f"nullif(coalesce({said}), '') as {name}"


SOURCE = Source(
    label="Langfuse observations",
    url="https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields",
    checked="2026-11-21",
    loads=("usage",),
    rank=20,
    requires=frozenset({"id", "trace_id", "type", "start_time", "usage_details"}),
    otherwise=(frozenset({"id", "traceId", "type", "startTime", "usageDetails"}),),
    knows=frozenset(
        {
            *_RECORD,
            "model_id",
            "modelId",
            "model_parameters",
            "modelParameters",
            "input",
            "output",
            "version",
            "bookmarked",
            "public",
            "created_at",
            "createdAt",
            "input_price",
            "output_price",
            "total_price",
            "prompt_id",
            "promptId",
            "usage_pricing_tier_id",
            "usage_pricing_tier_name",
            "tool_calls",
            "tool_call_names",
            "tool_definitions",
        }
    ),
    records="""
        with
            taken_apart as (
                select line, from_json(record, '{RECORD}') as given from staged
            ),
            named as (
                select line, given."latencyMs" as latency_ms, given."timeToFirstTokenMs" as first_ms, {COLUMNS}
                from taken_apart
            ),
            counted as (
                select
                    * exclude (usage_details, cost_details, tags),
                    from_json(usage_details, '{USED}') as used,
                    coalesce(total_cost, cost_details ->> 'total') as said_cost,
                    coalesce(try_cast(said_cost as double), 0) > 0 as is_priced,
                    list_transform(json_list(tags), lambda tag: tag ->> '$') as labels,
                    upper(type) in ('GENERATION', 'EMBEDDING') as is_call
                from named
            ),
            wrappers as (
                select id from counted where is_priced and not is_call
            ),
            below as (
                with recursive
                    tree as (
                        select id as top, id from wrappers
                        union
                        select tree.top, counted.id
                        from tree
                        join counted on counted.parent_observation_id = tree.id
                    )
                select distinct tree.top as id
                from tree
                join counted using (id)
                where counted.is_priced and tree.top <> tree.id
            )
        select
            counted.*,
            cast(json_object('id', id, 'type', type, 'name', name) as varchar) as text,
            case
                when type = 'TRACE' then 'a trace holds no tokens; load its observations'
                when is_call or (is_priced and below.id is null) then null
                when is_priced then concat('its cost stands on the calls below it (', type, ')')
                else concat('no call of a model (', coalesce(type, 'without a type'), ')')
            end as skip
        from counted
        left join below using (id)
    """.replace("{RECORD}", json.dumps(_RECORD))
    .replace("{USED}", json.dumps(_USED))
    .replace("{COLUMNS}", ", ".join(map(_either, _SNAKE)) + ", given.model as model"),
    selects={
        "usage": """
            with
                runs as (
                    select
                        trace_id,
                        min(metadata ->> 'run_id') as run_id,
                        min(metadata ->> 'workflow') as workflow
                    from all_records
                    group by trace_id
                ),
                counted as (
                    select
                        *,
                        try_cast(used."input" as bigint) as input,
                        try_cast(used."output" as bigint) as output,
                        try_cast(used.total as bigint) as total,
                        try_cast(coalesce(used.input_cached_tokens, used.input_cache_read) as bigint) as read_beside,
                        try_cast(coalesce(
                            used."prompt_details.cached_tokens", used."prompt_details.cache_read"
                        ) as bigint) as read_within,
                        try_cast(used.input_cache_creation as bigint) as write_unsplit,
                        try_cast(used.input_cache_creation_5m as bigint) as write_5m,
                        try_cast(used.input_cache_creation_1h as bigint) as write_1h,
                        try_cast(used.input_audio_tokens as bigint) as audio_in,
                        try_cast(used.output_audio_tokens as bigint) as audio_out,
                        try_cast(coalesce(
                            used.output_reasoning_tokens, used.output_reasoning
                        ) as bigint) as reasoning_beside,
                        try_cast(coalesce(
                            used."completion_details.reasoning", used."completion_details.reasoning_tokens"
                        ) as bigint) as reasoning_within,
                        case
                            when coalesce(write_unsplit, write_5m, write_1h) is not null
                            then coalesce(write_unsplit, 0) + coalesce(write_5m, 0) + coalesce(write_1h, 0)
                        end as cache_write,
                        coalesce(input, 0) + coalesce(output, 0) + coalesce(read_beside, 0) + coalesce(cache_write, 0)
                        + coalesce(audio_in, 0) + coalesce(audio_out, 0) + coalesce(reasoning_beside, 0) as added,
                        coalesce(provided_model_name, model, 'unknown') as said,
                        epoch_us(try_cast(end_time as timestamp) - try_cast(start_time as timestamp)) / 1000 as took,
                        -- a latency that is many times the seconds taken is in milliseconds
                        case when try_cast(latency as double) * 1000 > 30 * took then 1 else 1000 end as unit,
                        row_number() over (
                            partition by id order by updated_at desc nulls last, line desc
                        ) = 1 as is_newest
                    from records
                )
            select
                line,
                id as record_id,
                'call' as grain,
                start_time as started_at,
                case when is_newest then coalesce(end_time, start_time) end as ended_at,
                provider_of_model(said) as provider,
                said as model,
                project_id as project,
                case when not contains(user_id, '@') then user_id end as user_id,
                session_id,
                coalesce(metadata ->> 'run_id', runs.run_id, tagged(labels, 'run'), trace_id) as run_id,
                coalesce(
                    metadata ->> 'workflow', runs.workflow, tagged(labels, 'workflow'), trace_name
                ) as workflow,
                name as step,
                case
                    when starts_with(environment, 'langfuse-') or upper(type) = 'EVALUATOR' then 'evaluate'
                    when upper(type) in ('GUARDRAIL', 'TOOL') then lower(type)
                end as role,
                case
                    when upper(level) = 'ERROR' and contains(lower(status_message), 'timeout') then 'timeout'
                    when upper(level) = 'ERROR' then 'error'
                    when level is not null then 'ok'
                end as status,
                case
                    when environment <> 'default' and not starts_with(environment, 'langfuse-') then environment
                end as environment,
                case when not is_call then 0 end as requests,
                input - coalesce(read_within, 0) + coalesce(audio_in, 0) as uncached_input_tokens,
                coalesce(read_beside, read_within) as cache_read_tokens,
                cache_write as cache_write_tokens,
                write_1h as cache_write_1h_tokens,
                output - coalesce(reasoning_within, 0) + coalesce(audio_out, 0) as output_tokens,
                coalesce(reasoning_beside, reasoning_within) as reasoning_tokens,
                audio_in as audio_input_tokens,
                audio_out as audio_output_tokens,
                nullif(concat_ws(':', prompt_name, prompt_version), '') as prompt_version,
                coalesce(try_cast(latency_ms as double), took) as latency_ms,
                coalesce(
                    try_cast(first_ms as double),
                    epoch_us(try_cast(completion_start_time as timestamp) - try_cast(start_time as timestamp)) / 1000,
                    try_cast(time_to_first_token as decimal(18, 6)) * unit
                ) as ttft_ms,
                case when is_priced or added = 0 then said_cost end as cost,
                'USD' as currency,
                case when total <> added then 'the classes do not add up to the total' end as "tag:usage",
                release as "tag:release",
                nullif(list_aggregate(list_sort(list_filter(
                    labels, lambda tag: not regexp_matches(tag, '^(run|workflow):')
                )), 'string_agg', ', '), '') as "tag:tags"
            from counted
            left join runs using (trace_id)
        """,
    },
)
