"""Claude Code transcripts: the JSON lines that the command line tool keeps of every session.

A record is a line. Only lines with `message.usage` are answers of a model. A streamed answer is written several times
under one `message.id` and `requestId`; the one with the most tokens is the whole answer, the others are repeated. Side
questions write an answer of the main chain again, with another request id; forks write it again under their own session
and name where it came from in `forkedFrom`: it stays that session's. The input classes are exclusive; the split of
cache writes by duration stands for their sum; thinking is a part of the output. `<synthetic>` messages are Claude
Code's own. `costUSD` is an estimate of old versions; 0 is no price. What was said is not kept.
"""

import json

from ingest.source import Source

_TEXT = "VARCHAR"
_LINE = {
    **dict.fromkeys(
        (
            "type", "timestamp", "sessionId", "requestId", "version", "cwd", "gitBranch", "isSidechain", "agentId",
            "isApiErrorMessage", "costUSD",
        ),
        _TEXT,
    ),
    "forkedFrom": {"sessionId": _TEXT},
    "message": {
        **dict.fromkeys(("id", "model", "stop_reason"), _TEXT),
        "usage": {
            **dict.fromkeys(
                (
                    "input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
                    "service_tier", "speed", "inference_geo",
                ),
                _TEXT,
            ),
            "cache_creation": {"ephemeral_5m_input_tokens": _TEXT, "ephemeral_1h_input_tokens": _TEXT},
            "output_tokens_details": {"thinking_tokens": _TEXT},
        },
    },
}  # fmt: skip

SOURCE = Source(
    label="Claude Code transcripts",
    url="https://docs.claude.com/en/docs/claude-code/data-usage",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    rank=30,
    requires=frozenset({"sessionId", "timestamp", "message", "message.role"}),
    forbids=frozenset({"payload"}),
    knows=frozenset({
        "type", "timestamp", "sessionId", "requestId", "version", "cwd", "gitBranch", "isSidechain",
        "isApiErrorMessage", "costUSD", "message", "uuid", "parentUuid", "userType", "agentId", "forkedFrom",
        "entrypoint", "slug", "toolUseResult", "sourceToolAssistantUUID", "sourceToolUseID", "isMeta",
        "isCompactSummary", "promptId", "isVisibleInTranscriptOnly", "permissionMode", "error", "summary", "leafUuid",
        "snapshot", "messageId", "isSnapshotUpdate", "content", "subtype", "level", "data", "toolUseID",
        "parentToolUseID", "logicalParentUuid", "compactMetadata", "operation", "attachment", "sessionKind",
        "teamName", "agentName", "imagePasteIds", "origin",
    }),
    records="""
        with
            taken_apart as (
                -- most lines hold no tokens: they are not worth taking apart
                select line, record, case
                    when contains(cast(record as varchar), '"usage"') then from_json(record, '{LINE}')
                end as said
                from staged
            ),
            told_apart as (
                select
                    line,
                    said,
                    said.message.usage as used,
                    coalesce(case when said is null then record ->> 'type' else said.type end, 'without a type') as kind
                from taken_apart
            )
        select
            line,
            said,
            used,
            nullif(said.message.id, '') as id,
            said.requestId as request,
            lower(said.isSidechain) is not distinct from 'true' as is_side,
            try_cast(used.cache_creation.ephemeral_1h_input_tokens as bigint) as write_1h,
            case
                when used.cache_creation is null then try_cast(used.cache_creation_input_tokens as bigint)
                else coalesce(try_cast(used.cache_creation.ephemeral_5m_input_tokens as bigint), 0)
                    + coalesce(write_1h, 0)
            end as cache_write,
            cast(json_object('type', kind, 'id', said.message.id, 'usage', used) as varchar) as text,
            case
                when used is null then concat('no answer of a model (', kind, ')')
                when said.message.model = '<synthetic>' then 'a message of Claude Code itself'
            end as skip
        from told_apart
    """.replace("{LINE}", json.dumps(_LINE)),
    selects={
        "usage": """
            with
                counted as (
                    select
                        *,
                        try_cast(used.input_tokens as bigint) as uncached,
                        try_cast(used.output_tokens as bigint) as output,
                        try_cast(used.cache_read_input_tokens as bigint) as cache_read,
                        try_cast(used.output_tokens_details.thinking_tokens as bigint) as thinking,
                        uncached + output + coalesce(cache_read, 0) + coalesce(cache_write, 0) as total,
                        -- what the main chain says of an answer stands before what side questions say of it
                        bool_and(is_side) over (partition by id) as is_side_only,
                        min(request) filter (not is_side) over (partition by id) as main_request
                    from records
                ),
                grouped as (
                    select *, case
                        when id is null then cast(line as varchar)
                        when is_side_only then null
                        when is_side then main_request
                        else request
                    end as answer
                    from counted
                ),
                placed as (
                    select
                        *,
                        row_number() over (
                            partition by id, answer
                            order by is_side, total desc nulls last, said.forkedFrom.sessionId is not null, line
                        ) = 1 as is_whole,
                        dense_rank() over (partition by id order by answer) as nth
                    from grouped
                )
            select
                line,
                case when nth > 1 then id || ':' || answer else id end as record_id,
                'call' as grain,
                said.timestamp as started_at,
                -- of the records of one answer the one that ended last counts
                case when is_whole then said.timestamp end as ended_at,
                case
                    when starts_with(id, 'msg_bdrk_') then 'aws'
                    when starts_with(id, 'msg_vrtx_') then 'google'
                    else 'anthropic'
                end as provider,
                coalesce(nullif(said.message.model, ''), 'unknown') as model,
                said.cwd as project,
                coalesce(said.forkedFrom.sessionId, said.sessionId) as session_id,
                session_id as run_id,
                case
                    when said.isApiErrorMessage = 'true' then 'error'
                    when said.message.stop_reason = 'refusal' then 'refused'
                end as status,
                uncached as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                case when used.cache_creation is not null then write_1h end as cache_write_1h_tokens,
                output - coalesce(thinking, 0) as output_tokens,
                thinking as reasoning_tokens,
                used.service_tier as service_tier,
                case when used.inference_geo <> 'not_available' then used.inference_geo end as region,
                case when try_cast(said.costUSD as double) = 0 and total > 0 then null else said.costUSD end as cost,
                'USD' as currency,
                said.gitBranch as "tag:branch",
                said.version as "tag:client_version",
                said.agentId as "tag:agent",
                used.speed as "tag:speed"
            from placed
        """,
    },
)  # fmt: skip
