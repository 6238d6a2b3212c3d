"""LiteLLM spend logs: one record per call attempt, as `/spend/logs?summarize=false` or the table's export gives them.

LiteLLM counts cache reads and writes inside `prompt_tokens` and reasoning inside `completion_tokens`, for every
provider; here they are taken out. `cache_hit` is the gateway's own answer cache, not the provider's prompt cache: such
a record repeats the tokens of the first answer, although none were used. A `spend` of 0 with tokens means that LiteLLM
has no price for the model; it is unknown here, not free. `organization_id` and the project are the gateway's, not the
provider's account, so they are tags. A tool call through the gateway has no tokens; where it cost something, it is a
row with the role `tool`. Some sinks write `metadata` and `request_tags` as text that holds JSON.
"""

from ingest.source import Source

SOURCE = Source(
    label="LiteLLM spend logs",
    url="https://docs.litellm.ai/docs/proxy/cost_tracking",
    checked="2026-11-20",
    loads=("usage", "checks"),
    reads=("json",),
    rank=10,
    requires=frozenset({"request_id", "startTime", "model", "spend", "prompt_tokens", "completion_tokens"}),
    knows=frozenset({
        "request_id", "call_type", "api_key", "spend", "prompt_tokens", "completion_tokens", "total_tokens",
        "startTime", "endTime", "completionStartTime", "request_duration_ms", "model", "model_id", "model_group",
        "custom_llm_provider", "api_base", "user", "team_id", "organization_id", "end_user", "metadata", "cache_hit",
        "cache_key", "request_tags", "requester_ip_address", "messages", "response", "proxy_server_request",
        "session_id", "status", "mcp_namespaced_tool_name", "agent_id",
    }),
    records="""
        with
            opened_up as (
                select
                    line,
                    record,
                    opened(record -> 'metadata') as about,
                    list_transform(json_list(opened(record -> 'request_tags')), lambda tag: tag ->> '$') as tags
                from staged
            )
        select
            *,
            about -> 'spend_logs_metadata' as own,
            coalesce(about -> 'usage_object', '{}'::json) as used,
            coalesce(about -> 'additional_usage_values', '{}'::json) as more,
            nullif(record ->> 'mcp_namespaced_tool_name', '') as tool,
            case
                when tool is not null and coalesce(try_cast(record ->> 'spend' as double), 0) = 0
                then 'a tool call of the gateway, free of charge'
            end as skip,
            lower(record ->> 'cache_hit') = 'true' as is_cached,
            coalesce(
                nullif(about ->> '$.spend_logs_metadata.run_id', ''),
                nullif(tagged(tags, 'run'), ''),
                nullif(record ->> 'session_id', '')
            ) as run_id,
            coalesce(
                nullif(about ->> '$.spend_logs_metadata.workflow', ''), nullif(tagged(tags, 'workflow'), '')
            ) as workflow,
            case
                when record ->> 'status' = 'failure' and (
                    about ->> '$.error_information.error_code' = '408'
                    or contains(lower(about ->> '$.error_information.error_class'), 'timeout')
                ) then 'timeout'
                when record ->> 'status' = 'failure' then 'error'
                when record ->> 'status' = 'success' then 'ok'
            end as status
        from opened_up
    """,
    selects={
        "usage": """
            with
                counted as (
                    select
                        *,
                        try_cast(record ->> 'prompt_tokens' as bigint) as prompt,
                        try_cast(record ->> 'completion_tokens' as bigint) as completion,
                        try_cast(coalesce(
                            more ->> '$.cache_read_input_tokens',
                            used ->> '$.cache_read_input_tokens',
                            more ->> '$.prompt_tokens_details.cached_tokens',
                            used ->> '$.prompt_tokens_details.cached_tokens'
                        ) as bigint) as cache_read,
                        try_cast(coalesce(
                            more ->> '$.cache_creation_input_tokens',
                            used ->> '$.cache_creation_input_tokens',
                            more ->> '$.prompt_tokens_details.cache_creation_tokens',
                            used ->> '$.prompt_tokens_details.cache_creation_tokens'
                        ) as bigint) as cache_write,
                        try_cast(coalesce(
                            more ->> '$.completion_tokens_details.reasoning_tokens',
                            used ->> '$.completion_tokens_details.reasoning_tokens'
                        ) as bigint) as reasoning,
                        nullif(record ->> 'custom_llm_provider', '') as said_provider,
                        coalesce(
                            nullif(record ->> 'model', ''), nullif(record ->> 'model_group', ''), 'unknown'
                        ) as said
                    from records
                )
            select
                line,
                record ->> 'request_id' as record_id,
                'call' as grain,
                record ->> 'startTime' as started_at,
                record ->> 'endTime' as ended_at,
                -- a call that failed early names its provider only in front of the model, or not at all
                coalesce(said_provider, nullif(regexp_extract(said, '^([^/]+)/', 1), ''), 'unknown') as provider,
                case
                    when starts_with(said, said_provider || '/') then substr(said, length(said_provider) + 2) else said
                end as model,
                nullif(record ->> 'model_group', record ->> 'model') as model_requested,
                case when try_cast(about ->> 'attempted_fallbacks' as bigint) > 0 then 'fallback' end as route,
                record ->> 'api_key' as api_key,
                record ->> 'user' as user_id,
                record ->> 'session_id' as session_id,
                run_id,
                workflow,
                own ->> 'step' as step,
                own ->> 'task_type' as task_type,
                case when tool is not null then 'tool' else own ->> 'role' end as role,
                own ->> 'product' as product,
                own ->> 'feature' as feature,
                own ->> 'environment' as environment,
                try_cast(about ->> 'attempted_retries' as bigint) + 1 as attempt,
                case when is_cached then 'cached' else status end as status,
                coalesce(
                    nullif(about ->> 'user_api_key_team_alias', ''), nullif(record ->> 'team_id', '')
                ) as team,
                record ->> 'end_user' as customer,
                case when is_cached or tool is not null then 0 else 1 end as requests,
                case
                    when is_cached then 0 else prompt - coalesce(cache_read, 0) - coalesce(cache_write, 0)
                end as uncached_input_tokens,
                case when is_cached then 0 else cache_read end as cache_read_tokens,
                case when is_cached then 0 else cache_write end as cache_write_tokens,
                case when is_cached then 0 else completion - coalesce(reasoning, 0) end as output_tokens,
                case when is_cached then 0 else reasoning end as reasoning_tokens,
                case
                    when is_cached then '0'
                    when try_cast(record ->> 'spend' as double) = 0 and prompt + completion > 0 then null
                    else record ->> 'spend'
                end as cost,
                'USD' as currency,
                record ->> 'request_duration_ms' as latency_ms,
                -- equal to the end where the answer was not streamed: then the first token's time is not known
                case when record ->> 'completionStartTime' <> record ->> 'endTime' then epoch_ms(
                    try_cast(record ->> 'completionStartTime' as timestamp)
                ) - epoch_ms(try_cast(record ->> 'startTime' as timestamp)) end as ttft_ms,
                record ->> 'organization_id' as "tag:organization",
                coalesce(about ->> 'user_api_key_project_alias', about ->> 'user_api_key_project_id') as "tag:project",
                record ->> 'agent_id' as "tag:agent",
                nullif(list_aggregate(list_sort(list_filter(tags, lambda tag: not regexp_matches(
                    tag, '^(run|workflow|User-Agent):'
                ))), 'string_agg', ', '), '') as "tag:request_tags"
            from counted
        """,
        "checks": """
            with
                found as (
                    select
                        *,
                        opened(about -> 'guardrail_information') as said
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
                concat(record ->> 'request_id', ':', nth) as check_id,
                run_id,
                record ->> 'request_id' as record_id,
                coalesce(epoch_text(guard ->> 'end_time'), record ->> 'startTime') as decided_at,
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
