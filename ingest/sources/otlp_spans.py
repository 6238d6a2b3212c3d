"""OpenTelemetry traces as OTLP JSON: GenAI spans, and OpenInference spans that come in the same envelope.

A record is a span. Only inference spans are calls: a span of an agent, a workflow or a chain may repeat the tokens of
the calls under it. Cache reads and writes are counted inside the input and reasoning inside the output; they are taken
out. Older instrumentations write `gen_ai.system`, `prompt_tokens` and `completion_tokens`; some write numbers as text.
There is no standard attribute for money; a cost of 0 beside tokens means that the instrumentation knows no price. The
run is `run.id`, else the trace; the workflow may stand on another span of the trace. What was said is not kept.
"""

import json

from ingest.source import Source

_TEXT = "VARCHAR"
_ATTRIBUTES = [
    {
        "key": _TEXT,
        "value": {
            "stringValue": _TEXT, "intValue": _TEXT, "doubleValue": _TEXT, "boolValue": _TEXT,
            "arrayValue": {"values": [{"stringValue": _TEXT}]},
        },
    }
]  # fmt: skip
_TRACES = [
    {
        "resource": {"attributes": _ATTRIBUTES},
        "scopeSpans": [
            {
                "spans": [
                    {
                        **dict.fromkeys(("traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano"), _TEXT),
                        "status": {"code": _TEXT},
                        "attributes": _ATTRIBUTES,
                    }
                ]
            }
        ],
    }
]

SOURCE = Source(
    label="OpenTelemetry GenAI spans (OTLP JSON)",
    url="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    rank=20,
    requires=frozenset({"resourceSpans", "resourceSpans[].scopeSpans"}),
    knows=frozenset({"resourceSpans"}),
    records="""
        with
            traces as (
                select
                    line as page,
                    unnest(from_json(record -> 'resourceSpans', '{TRACES}')) as resource
                from staged
            ),
            scopes as (
                select page, resource.resource.attributes as about, unnest(resource.scopeSpans) as scope from traces
            ),
            spans as (
                select page, about, unnest(scope.spans) as span from scopes
            ),
            named as (
                select
                    row_number() over () as line,
                    span,
                    list_transform(span.attributes, lambda each: each.key) as names,
                    list_transform(span.attributes, lambda each: attribute_text(each.value)) as texts,
                    list_transform(about, lambda each: each.key) as resource_names,
                    list_transform(about, lambda each: attribute_text(each.value)) as resource_texts
                from spans
            )
        select
            line,
            span.traceId as trace_id,
            span.spanId as span_id,
            span.name as name,
            span.status.code as code,
            span.startTimeUnixNano as started,
            span.endTimeUnixNano as ended,
            names,
            texts,
            resource_names,
            resource_texts,
            attribute(names, texts, 'gen_ai.workflow.name') as workflow_name,
            lower(coalesce(
                attribute(names, texts, 'gen_ai.operation.name'),
                attribute(names, texts, 'llm.request.type'),
                attribute(names, texts, 'openinference.span.kind')
            )) as operation,
            cast(json_object('traceId', span.traceId, 'spanId', span.spanId, 'name', span.name) as varchar) as text,
            case
                when operation is null then 'a span that names no GenAI operation'
                when operation not in (
                    'chat', 'generate_content', 'text_completion', 'embeddings', 'completion', 'embedding', 'llm'
                ) then concat('no call of a model (', operation, ')')
            end as skip
        from named
    """.replace("{TRACES}", json.dumps(_TRACES)),
    selects={
        "usage": """
            with
                workflows as (
                    select trace_id, arg_min(workflow_name, started) as workflow
                    from all_records
                    where workflow_name is not null
                    group by trace_id
                ),
                counted as (
                    select
                        *,
                        try_cast(coalesce(
                            attribute(names, texts, 'gen_ai.usage.input_tokens'),
                            attribute(names, texts, 'gen_ai.usage.prompt_tokens'),
                            attribute(names, texts, 'llm.token_count.prompt')
                        ) as bigint) as input,
                        try_cast(coalesce(
                            attribute(names, texts, 'gen_ai.usage.cache_read.input_tokens'),
                            attribute(names, texts, 'gen_ai.usage.cache_read_input_tokens'),
                            attribute(names, texts, 'llm.token_count.prompt_details.cache_read')
                        ) as bigint) as cache_read,
                        try_cast(coalesce(
                            attribute(names, texts, 'gen_ai.usage.cache_creation.input_tokens'),
                            attribute(names, texts, 'gen_ai.usage.cache_creation_input_tokens'),
                            attribute(names, texts, 'llm.token_count.prompt_details.cache_write')
                        ) as bigint) as cache_write,
                        try_cast(coalesce(
                            attribute(names, texts, 'gen_ai.usage.output_tokens'),
                            attribute(names, texts, 'gen_ai.usage.completion_tokens'),
                            attribute(names, texts, 'llm.token_count.completion')
                        ) as bigint) as output,
                        try_cast(coalesce(
                            attribute(names, texts, 'gen_ai.usage.reasoning.output_tokens'),
                            attribute(names, texts, 'gen_ai.usage.reasoning_tokens'),
                            attribute(names, texts, 'gen_ai.usage.output_tokens.reasoning'),
                            attribute(names, texts, 'llm.token_count.completion_details.reasoning')
                        ) as bigint) as reasoning,
                        coalesce(
                            attribute(names, texts, 'gen_ai.usage.cost'),
                            attribute(names, texts, 'gen_ai.usage.total_cost'),
                            attribute(names, texts, 'llm.cost.total')
                        ) as said_cost,
                        lower(coalesce(
                            attribute(names, texts, 'gen_ai.provider.name'),
                            attribute(names, texts, 'gen_ai.system'),
                            attribute(names, texts, 'llm.provider'),
                            attribute(names, texts, 'llm.system')
                        )) as vendor,
                        coalesce(
                            attribute(names, texts, 'gen_ai.request.model'),
                            attribute(names, texts, 'llm.request.model_name')
                        ) as asked_for,
                        coalesce(
                            attribute(names, texts, 'gen_ai.response.model'),
                            attribute(names, texts, 'llm.response.model_name'),
                            attribute(names, texts, 'llm.model_name')
                        ) as answered,
                        attribute(names, texts, 'error.type') as trouble,
                        coalesce(
                            attribute(names, texts, 'user.id'), attribute(names, texts, 'enduser.id')
                        ) as person,
                        coalesce(
                            attribute(names, texts, 'openai.response.service_tier'),
                            attribute(names, texts, 'gen_ai.openai.response.service_tier'),
                            attribute(names, texts, 'gen_ai.response.service_tier')
                        ) as tier
                    from records
                )
            select
                line,
                coalesce(
                    attribute(names, texts, 'gen_ai.response.id'), concat(lower(trace_id), ':', lower(span_id))
                ) as record_id,
                'call' as grain,
                nano_time(started) as started_at,
                nano_time(ended) as ended_at,
                coalesce(telemetry_provider(vendor), 'unknown') as provider,
                coalesce(answered, asked_for, 'unknown') as model,
                case when asked_for <> answered then asked_for end as model_requested,
                case when not contains(person, '@') then person end as user_id,
                coalesce(
                    attribute(names, texts, 'gen_ai.conversation.id'), attribute(names, texts, 'session.id')
                ) as session_id,
                coalesce(
                    attribute(names, texts, 'run.id'), attribute(resource_names, resource_texts, 'run.id'),
                    lower(trace_id)
                ) as run_id,
                coalesce(workflow_name, workflows.workflow) as workflow,
                coalesce(
                    attribute(names, texts, 'team.id'), attribute(resource_names, resource_texts, 'team.id')
                ) as team,
                coalesce(
                    attribute(resource_names, resource_texts, 'deployment.environment.name'),
                    attribute(resource_names, resource_texts, 'deployment.environment')
                ) as environment,
                case
                    when contains(lower(trouble), 'timeout') then 'timeout'
                    when code in ('2', 'STATUS_CODE_ERROR') or trouble is not null then 'error'
                    when contains(attribute(names, texts, 'gen_ai.response.finish_reasons'), 'content_filter')
                    then 'refused'
                    when code in ('1', 'STATUS_CODE_OK') then 'ok'
                end as status,
                input - coalesce(cache_read, 0) - coalesce(cache_write, 0) as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                output - coalesce(reasoning, 0) as output_tokens,
                reasoning as reasoning_tokens,
                case tier when 'default' then 'standard' when 'scale' then 'provisioned' else tier end as service_tier,
                epoch_us(nano_time(ended) - nano_time(started)) / 1000 as latency_ms,
                try_cast(
                    attribute(names, texts, 'gen_ai.response.time_to_first_chunk') as decimal(18, 9)
                ) * 1000 as ttft_ms,
                case
                    when try_cast(said_cost as double) = 0 and coalesce(input, 0) + coalesce(output, 0) > 0 then null
                    else said_cost
                end as cost,
                'USD' as currency,
                attribute(resource_names, resource_texts, 'service.name') as "tag:service",
                attribute(names, texts, 'gen_ai.agent.name') as "tag:agent"
            from counted
            left join workflows using (trace_id)
        """,
    },
)
