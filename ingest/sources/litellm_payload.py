"""LiteLLM's StandardLoggingPayload: one record per call attempt, as its callbacks write them to S3, GCS or a queue.

Tokens count as in the spend logs: cache reads and writes stand inside `prompt_tokens`, reasoning inside
`completion_tokens`, for every provider. `cache_hit` is the gateway's own answer cache: such a record repeats the
tokens of the first answer, although none were used. A `response_cost` of 0 with tokens means that LiteLLM knows no
price. Times are counts of seconds, in older sinks text. What a guardrail did is a check. What was said is not kept.
"""

from ingest.litellm import OWN, filled
from ingest.source import Source

_TEXT = "VARCHAR"
_ABOUT = {
    "spend_logs_metadata": dict.fromkeys(OWN, _TEXT),
    "usage_object": {
        "cache_read_input_tokens": _TEXT,
        "cache_creation_input_tokens": _TEXT,
        "prompt_tokens_details": {"cached_tokens": _TEXT, "cache_creation_tokens": _TEXT},
        "completion_tokens_details": {"reasoning_tokens": _TEXT},
    },
    "applied_guardrails": ["VARCHAR"],
    **dict.fromkeys(
        (
            "user_api_key_hash", "user_api_key_team_id", "user_api_key_team_alias", "user_api_key_org_id",
            "user_api_key_user_id", "user_api_key_end_user_id", "user_api_key_project_id", "attempted_retries",
            "attempted_fallbacks",
        ),
        _TEXT,
    ),
}  # fmt: skip
_CALL = {
    "metadata": "JSON",
    "request_tags": "JSON",
    "guardrail_information": "JSON",
    "status_fields": {"guardrail_status": _TEXT},
    "error_information": {"error_code": _TEXT, "error_class": _TEXT},
    **dict.fromkeys(
        (
            "id", "trace_id", "session_id", "call_type", "response_cost", "status", "custom_llm_provider",
            "prompt_tokens", "completion_tokens", "startTime", "endTime", "completionStartTime", "model",
            "model_group", "cache_hit", "end_user",
        ),
        _TEXT,
    ),
}  # fmt: skip

SOURCE = Source(
    label="LiteLLM standard logging payload",
    url="https://docs.litellm.ai/docs/proxy/logging_spec",
    checked="2026-11-21",
    loads=("usage", "checks"),
    reads=("json",),
    rank=10,
    requires=frozenset({"id", "response_cost", "startTime", "model", "prompt_tokens", "completion_tokens"}),
    knows=frozenset(
        {
            *_CALL,
            "cost_breakdown",
            "stream",
            "total_tokens",
            "response_time",
            "model_id",
            "api_base",
            "model_map_information",
            "saved_cache_cost",
            "error_str",
            "hidden_params",
            "messages",
            "response",
            "model_parameters",
            "requester_ip_address",
            "user_agent",
            "cache_key",
            "litellm_call_id",
        }
    ),
    records=filled(
        """
        with
            taken_apart as (
                select line, from_json(record, '{CALL}') as call from staged
            ),
            opened_up as (
                select line, call, from_json(opened(call.metadata), '{ABOUT}') as about from taken_apart
            ),
            named as (
                select
                    *,
                    {OWN} as own,
                    about.usage_object as used,
                    list_transform(json_list(opened(call.request_tags)), lambda tag: tag ->> '$') as tags
                from opened_up
            )
        select
            *,
            lower(call.cache_hit) is not distinct from 'true' as is_cached,
            seconds_or_text(call.startTime) as began,
            seconds_or_text(call.endTime) as ended,
            coalesce(
                own.run_id, nullif(tagged(tags, 'run'), ''), nullif(call.session_id, ''),
                nullif(call.trace_id, '')
            ) as run_id,
            cast(json_object('id', call.id, 'model', call.model, 'startTime', call.startTime) as varchar) as text,
            null::varchar as skip
        from named
    """,
        _CALL,
        _ABOUT,
    ),
    selects={
        "usage": filled(
            """
            with
                counted as (
                    select
                        *,
                        try_cast(call.prompt_tokens as bigint) as prompt,
                        try_cast(call.completion_tokens as bigint) as completion,
                        try_cast(coalesce(
                            used.cache_read_input_tokens, used.prompt_tokens_details.cached_tokens
                        ) as bigint) as cache_read,
                        try_cast(coalesce(
                            used.cache_creation_input_tokens, used.prompt_tokens_details.cache_creation_tokens
                        ) as bigint) as cache_write,
                        try_cast(used.completion_tokens_details.reasoning_tokens as bigint) as reasoning,
                        nullif(call.custom_llm_provider, '') as said_provider,
                        coalesce(nullif(call.model, ''), nullif(call.model_group, ''), 'unknown') as said,
                        seconds_or_text(call.completionStartTime) as first_token
                    from records
                )
            select
                line,
                call.id as record_id,
                'call' as grain,
                began as started_at,
                ended as ended_at,
                coalesce(said_provider, nullif(regexp_extract(said, '^([^/]+)/', 1), ''), 'unknown') as provider,
                case
                    when starts_with(said, said_provider || '/') then substr(said, length(said_provider) + 2) else said
                end as model,
                nullif(call.model_group, call.model) as model_requested,
                case
                    when try_cast(about.attempted_fallbacks as bigint) > 0 then 'fallback' else own.route
                end as route,
                about.user_api_key_hash as api_key,
                coalesce(
                    case when not contains(about.user_api_key_user_id, '@') then about.user_api_key_user_id end,
                    own.user_id
                ) as user_id,
                call.session_id as session_id,
                run_id,
                coalesce(own.workflow, nullif(tagged(tags, 'workflow'), '')) as workflow,
                own.role as role,
                coalesce(own.attempt, try_cast(about.attempted_retries as bigint) + 1) as attempt,
                case
                    when is_cached then 'cached'
                    when call.status = 'failure' and (
                        call.error_information.error_code = '408'
                        or contains(lower(call.error_information.error_class), 'timeout')
                    ) then 'timeout'
                    when call.status = 'failure' then 'error'
                    when call.status = 'success' then coalesce(own.status, 'ok')
                    else own.status
                end as status,
                coalesce(
                    nullif(about.user_api_key_team_alias, ''), nullif(about.user_api_key_team_id, ''), own.team
                ) as team,
                coalesce(nullif(call.end_user, ''), about.user_api_key_end_user_id, own.customer) as customer,
                -- an agent's loop may be one record of the gateway and many requests
                coalesce(own.requests, case when is_cached then 0 else 1 end) as requests,
                case
                    when is_cached then 0 else prompt - coalesce(cache_read, 0) - coalesce(cache_write, 0)
                end as uncached_input_tokens,
                {FROM_OWN},
                case when is_cached then 0 else cache_read end as cache_read_tokens,
                case when is_cached then 0 else cache_write end as cache_write_tokens,
                case when is_cached then 0 else completion - coalesce(reasoning, 0) end as output_tokens,
                case when is_cached then 0 else reasoning end as reasoning_tokens,
                case
                    when is_cached then '0'
                    when try_cast(call.response_cost as double) = 0 and prompt + completion > 0 then null
                    else call.response_cost
                end as cost,
                'USD' as currency,
                epoch_ms(try_cast(ended as timestamp)) - epoch_ms(try_cast(began as timestamp)) as latency_ms,
                -- equal to the end where the answer was not streamed: then the first token's time is not known
                case
                    when first_token <> ended
                    then epoch_ms(try_cast(first_token as timestamp)) - epoch_ms(try_cast(began as timestamp))
                end as ttft_ms,
                about.user_api_key_org_id as "tag:organization",
                about.user_api_key_project_id as "tag:project",
                nullif(list_aggregate(list_sort(list_filter(tags, lambda tag: not regexp_matches(
                    tag, '^(run|workflow|User-Agent):'
                ))), 'string_agg', ', '), '') as "tag:request_tags"
            from counted
        """,
            _CALL,
            _ABOUT,
        ),
        "checks": """
            with
                found as (
                    select *, call.status_fields.guardrail_status as overall, opened(call.guardrail_information) as said
                    from records
                    where run_id is not null
                ),
                listed as (
                    select *, case
                        when json_type(said) = 'OBJECT' then [said]
                        when json_type(said) = 'ARRAY' and json_array_length(said) > 0 then json_list(said)
                        when overall in ('success', 'guardrail_intervened', 'guardrail_failed_to_respond')
                            and len(about.applied_guardrails) > 0
                        then list_transform(about.applied_guardrails, lambda guard: json_object(
                            'guardrail_name', guard, 'guardrail_status', overall
                        ))
                        when overall in ('guardrail_intervened', 'guardrail_failed_to_respond')
                        then [json_object('guardrail_status', overall)]
                    end as guards
                    from found
                ),
                single as (
                    select *, unnest(guards) as guard, generate_subscripts(guards, 1) as nth from listed
                )
            select
                line,
                concat(call.id, ':', nth) as check_id,
                run_id,
                call.id as record_id,
                coalesce(epoch_text(guard ->> 'end_time'), began) as decided_at,
                'guardrail' as kind,
                coalesce(guard ->> 'guardrail_name', 'guardrail') as name,
                case guard ->> 'guardrail_status'
                    when 'success' then 'pass'
                    when 'guardrail_intervened' then 'blocked'
                    when 'blocked' then 'blocked'
                    when 'failure' then 'fail'
                    else 'unknown'
                end as result,
                guard ->> 'guardrail_provider' as decided_by
            from single
        """,
    },
)
