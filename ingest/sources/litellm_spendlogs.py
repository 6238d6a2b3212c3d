"""LiteLLM spend logs: one record per call attempt, as `/spend/logs?summarize=false` or the table's export gives them.

LiteLLM counts cache reads and writes inside `prompt_tokens` and reasoning inside `completion_tokens`, for every
provider; here they are taken out. `cache_hit` is the gateway's own answer cache, not the provider's prompt cache: such
a record repeats the tokens of the first answer, although none were used. A `spend` of 0 with tokens means that LiteLLM
has no price for the model; it is unknown here, not free. `organization_id` and the project are the gateway's, not the
provider's account, so they are tags. A tool call through the gateway has no tokens; where it cost something, it is a
row with the role `tool`. Some sinks write `metadata` and `request_tags` as text that holds JSON.
"""

from ingest.litellm import OWN, filled
from ingest.source import Source

_TEXT = "VARCHAR"
_USED = {
    "cache_read_input_tokens": _TEXT,
    "cache_creation_input_tokens": _TEXT,
    "prompt_tokens_details": {"cached_tokens": _TEXT, "cache_creation_tokens": _TEXT},
    "completion_tokens_details": {"reasoning_tokens": _TEXT},
}
_ABOUT = {
    "spend_logs_metadata": dict.fromkeys(OWN, _TEXT),
    "usage_object": _USED,
    "additional_usage_values": _USED,
    "error_information": {"error_code": _TEXT, "error_class": _TEXT},
    "guardrail_information": "JSON",
    **dict.fromkeys(
        (
            "user_api_key_team_alias",
            "user_api_key_project_alias",
            "user_api_key_project_id",
            "attempted_retries",
            "attempted_fallbacks",
        ),
        _TEXT,
    ),
}
_CALL = {
    "metadata": "JSON",
    "request_tags": "JSON",
    **dict.fromkeys(
        (
            "request_id", "api_key", "spend", "prompt_tokens", "completion_tokens", "startTime",
            "endTime", "completionStartTime", "request_duration_ms", "model", "model_group",
            "custom_llm_provider", "user", "team_id", "organization_id", "end_user", "cache_hit",
            "session_id", "status", "mcp_namespaced_tool_name", "agent_id",
        ),
        _TEXT,
    ),
}  # fmt: skip

SOURCE = Source(
    label="LiteLLM spend logs",
    url="https://docs.litellm.ai/docs/proxy/cost_tracking",
    checked="2026-11-21",
    loads=("usage", "checks"),
    rank=10,
    requires=frozenset({"request_id", "startTime", "model", "spend", "prompt_tokens", "completion_tokens"}),
    knows=frozenset({
        "request_id", "call_type", "api_key", "spend", "prompt_tokens", "completion_tokens", "total_tokens",
        "startTime", "endTime", "completionStartTime", "request_duration_ms", "model", "model_id", "model_group",
        "custom_llm_provider", "api_base", "user", "team_id", "organization_id", "end_user", "metadata", "cache_hit",
        "cache_key", "request_tags", "requester_ip_address", "messages", "response", "proxy_server_request",
        "session_id", "status", "mcp_namespaced_tool_name", "agent_id",
    }),
    records=filled("""
        with
            taken_apart as (
                select line, from_json(record, '{CALL}') as call from staged
            ),
            opened_up as (
                select
                    line,
                    call,
                    from_json(opened(call.metadata), '{ABOUT}') as about,
                    list_transform(json_list(opened(call.request_tags)), lambda tag: tag ->> '$') as tags
                from taken_apart
            ),
            heard as (select *, {OWN} as own from opened_up)
        select
            *,
            about.usage_object as used,
            about.additional_usage_values as more,
            nullif(call.mcp_namespaced_tool_name, '') as tool,
            case
                when tool is not null and coalesce(try_cast(call.spend as double), 0) = 0
                then 'a tool call of the gateway, free of charge'
            end as skip,
            lower(call.cache_hit) = 'true' as is_cached,
            coalesce(
                own.run_id,
                nullif(tagged(tags, 'run'), ''),
                nullif(call.session_id, '')
            ) as run_id,
            coalesce(own.workflow, nullif(tagged(tags, 'workflow'), '')) as workflow,
            case
                when call.status = 'failure' and (
                    about.error_information.error_code = '408'
                    or contains(lower(about.error_information.error_class), 'timeout')
                ) then 'timeout'
                when call.status = 'failure' then 'error'
                when call.status = 'success' then coalesce(own.status, 'ok')
                else own.status
            end as status
        from heard
    """, _CALL, _ABOUT),
    selects={
        "usage": filled("""
            with
                counted as (
                    select
                        *,
                        try_cast(call.prompt_tokens as bigint) as prompt,
                        try_cast(call.completion_tokens as bigint) as completion,
                        try_cast(coalesce(
                            more.cache_read_input_tokens,
                            used.cache_read_input_tokens,
                            more.prompt_tokens_details.cached_tokens,
                            used.prompt_tokens_details.cached_tokens
                        ) as bigint) as cache_read,
                        try_cast(coalesce(
                            more.cache_creation_input_tokens,
                            used.cache_creation_input_tokens,
                            more.prompt_tokens_details.cache_creation_tokens,
                            used.prompt_tokens_details.cache_creation_tokens
                        ) as bigint) as cache_write,
                        try_cast(coalesce(
                            more.completion_tokens_details.reasoning_tokens,
                            used.completion_tokens_details.reasoning_tokens
                        ) as bigint) as reasoning,
                        nullif(call.custom_llm_provider, '') as said_provider,
                        coalesce(
                            nullif(call.model, ''), nullif(call.model_group, ''), 'unknown'
                        ) as said
                    from records
                )
            select
                line,
                call.request_id as record_id,
                'call' as grain,
                call.startTime as started_at,
                call.endTime as ended_at,
                -- a call that failed early names its provider only in front of the model, or not at all
                coalesce(said_provider, nullif(regexp_extract(said, '^([^/]+)/', 1), ''), 'unknown') as provider,
                case
                    when starts_with(said, said_provider || '/') then substr(said, length(said_provider) + 2) else said
                end as model,
                nullif(call.model_group, call.model) as model_requested,
                case
                    when try_cast(about.attempted_fallbacks as bigint) > 0 then 'fallback' else own.route
                end as route,
                call.api_key as api_key,
                coalesce(nullif(call."user", ''), own.user_id) as user_id,
                call.session_id as session_id,
                run_id,
                workflow,
                case when tool is not null then 'tool' else own.role end as role,
                -- LiteLLM counts only its own retries, the caller all
                coalesce(own.attempt, try_cast(about.attempted_retries as bigint) + 1) as attempt,
                case when is_cached then 'cached' else status end as status,
                coalesce(
                    nullif(about.user_api_key_team_alias, ''), nullif(call.team_id, ''), own.team
                ) as team,
                coalesce(nullif(call.end_user, ''), own.customer) as customer,
                -- an agent's loop may be one record of the gateway and many requests
                coalesce(own.requests, case when is_cached or tool is not null then 0 else 1 end) as requests,
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
                    when try_cast(call.spend as double) = 0 and prompt + completion > 0 then null
                    else call.spend
                end as cost,
                'USD' as currency,
                call.request_duration_ms as latency_ms,
                -- equal to the end where the answer was not streamed: then the first token's time is not known
                case when call.completionStartTime <> call.endTime then epoch_ms(
                    try_cast(call.completionStartTime as timestamp)
                ) - epoch_ms(try_cast(call.startTime as timestamp)) end as ttft_ms,
                call.organization_id as "tag:organization",
                coalesce(about.user_api_key_project_alias, about.user_api_key_project_id) as "tag:project",
                call.agent_id as "tag:agent",
                nullif(list_aggregate(list_sort(list_filter(tags, lambda tag: not regexp_matches(
                    tag, '^(run|workflow|User-Agent):'
                ))), 'string_agg', ', '), '') as "tag:request_tags"
            from counted
        """, _CALL, _ABOUT),
        "checks": """
            with
                found as (
                    select
                        *,
                        opened(about.guardrail_information) as said
                    from records
                    where run_id is not null
                ),
                listed as (
                    select *, case when json_type(said) = 'OBJECT' then [said] else json_list(said) end as guards
                    from found
                ),
                single as (
                    select *, unnest(guards) as guard, generate_subscripts(guards, 1) as nth from listed
                )
            select
                line,
                concat(call.request_id, ':', nth) as check_id,
                run_id,
                call.request_id as record_id,
                coalesce(epoch_text(guard ->> 'end_time'), call.startTime) as decided_at,
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
)  # fmt: skip
