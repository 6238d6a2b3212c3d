"""OpenInference spans as Phoenix exports them: JSON of its API, or the table of spans as CSV or Parquet.

A record is a span. Spans of kind `LLM` and `EMBEDDING` are calls; agents, chains, retrievers and tools are not. Cache
reads and writes stand inside `llm.token_count.prompt`, reasoning inside `llm.token_count.completion`. A cost of 0
beside tokens means that Phoenix knows no price. Attributes come as dotted names or nested in each other. Prompts and
answers are not kept. OpenInference spans in OTLP JSON are read as OpenTelemetry.
"""

from ingest.source import Source

_NAMES = {
    "kind": "openinference.span.kind",
    "provider": "llm.provider",
    "system": "llm.system",
    "asked_for": "llm.request.model_name",
    "answered": "llm.response.model_name",
    "model": "llm.model_name",
    "prompt": "llm.token_count.prompt",
    "cache_read": "llm.token_count.prompt_details.cache_read",
    "cache_write": "llm.token_count.prompt_details.cache_write",
    "audio_in": "llm.token_count.prompt_details.audio",
    "completion": "llm.token_count.completion",
    "reasoning": "llm.token_count.completion_details.reasoning",
    "audio_out": "llm.token_count.completion_details.audio",
    "cost": "llm.cost.total",
    "session": "session.id",
    "person": "user.id",
    "agent": "agent.name",
    "about": "metadata",
    "embedding_model": "embedding.model_name",
}


def _attribute(column: str, name: str) -> str:
    """SQL: an attribute by its dotted name or nested, of the API's object or of a column of its own."""
    nested = ".".join(f'"{part}"' for part in name.split("."))
    given = f"""attributes ->> '$."{name}"', attributes ->> '$.{nested}', record ->> 'attributes.{name}'"""
    return f"nullif(coalesce({given}), '') as said_{column}"


SOURCE = Source(
    label="OpenInference spans (Phoenix)",
    url="https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md",
    checked="2026-11-21",
    loads=("usage",),
    rank=20,
    requires=frozenset({"context", "span_kind", "start_time", "attributes"}),
    otherwise=(frozenset({"context.span_id", "context.trace_id", "span_kind", "start_time"}),),
    knows=frozenset(
        {
            "id",
            "name",
            "context",
            "context.trace_id",
            "context.span_id",
            "span_kind",
            "parent_id",
            "start_time",
            "end_time",
            "status_code",
            "status_message",
            "attributes",
            "events",
            *(f"attributes.{name}" for name in _NAMES.values()),
        }
    ),
    records="""
        with
            opened_up as (
                select
                    line,
                    record,
                    opened(record -> 'attributes') as attributes,
                    opened(record -> 'context') as context
                from staged
            ),
            named as (
                select
                    line,
                    coalesce(context ->> 'trace_id', record ->> 'context.trace_id') as trace_id,
                    coalesce(context ->> 'span_id', record ->> 'context.span_id') as span_id,
                    record ->> 'name' as name,
                    record ->> 'start_time' as began,
                    record ->> 'end_time' as ended,
                    upper(record ->> 'status_code') as code,
                    {ATTRIBUTES},
                    upper(coalesce(nullif(record ->> 'span_kind', ''), said_kind)) as kind
                from opened_up
            )
        select
            *,
            case when json_valid(said_about) then cast(said_about as json) end as about,
            cast(json_object('trace_id', trace_id, 'span_id', span_id, 'name', name) as varchar) as text,
            case
                when kind is null or kind not in ('LLM', 'EMBEDDING')
                then concat('no call of a model (', coalesce(kind, 'without a kind'), ')')
            end as skip
        from named
    """.replace("{ATTRIBUTES}", ", ".join(_attribute(column, name) for column, name in _NAMES.items())),
    selects={
        "usage": """
            with
                counted as (
                    select
                        *,
                        whole_text(said_prompt) as prompt,
                        whole_text(said_completion) as completion,
                        whole_text(said_cache_read) as cache_read,
                        whole_text(said_cache_write) as cache_write,
                        whole_text(said_reasoning) as reasoning,
                        coalesce(said_answered, said_model, said_embedding_model, said_asked_for, 'unknown') as model
                    from records
                )
            select
                line,
                concat(lower(trace_id), ':', lower(span_id)) as record_id,
                'call' as grain,
                began as started_at,
                ended as ended_at,
                coalesce(
                    telemetry_provider(lower(coalesce(said_provider, said_system))), provider_of_model(model)
                ) as provider,
                model,
                case when said_asked_for <> model then said_asked_for end as model_requested,
                case when not contains(said_person, '@') then said_person end as user_id,
                said_session as session_id,
                coalesce(about ->> 'run_id', lower(trace_id)) as run_id,
                about ->> 'workflow' as workflow,
                case when code = 'ERROR' then 'error' when code = 'OK' then 'ok' end as status,
                prompt - coalesce(cache_read, 0) - coalesce(cache_write, 0) as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                completion - coalesce(reasoning, 0) as output_tokens,
                reasoning as reasoning_tokens,
                whole_text(said_audio_in) as audio_input_tokens,
                whole_text(said_audio_out) as audio_output_tokens,
                epoch_us(
                    moment(year_first(ended), 'UTC') - moment(year_first(began), 'UTC')
                ) / 1000 as latency_ms,
                case
                    when try_cast(said_cost as double) = 0 and coalesce(prompt, 0) + coalesce(completion, 0) > 0
                    then null
                    else said_cost
                end as cost,
                'USD' as currency,
                said_agent as "tag:agent"
            from counted
        """,
    },
)
