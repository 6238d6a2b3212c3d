"""Codex transcripts: the rollout files (JSON lines) that the command line tool keeps of every session.

A record is a line; lines with a `token_count` count. Their totals add up over the session, so a call is what the total
grew by; a total that did not grow is told again. Where there is no total, or it fell, `last_token_usage` counts. The
input holds what was read from the cache, the output holds reasoning; both are taken out. The model stands on the
`turn_context` in front. A fork begins with what its parent had counted, written within a moment of its own beginning:
that is the parent's. No money is written. What was said is not kept.
"""

import json

from ingest.source import Source

_TEXT = "VARCHAR"
_COUNTS = dict.fromkeys(
    (
        "input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens", "reasoning_output_tokens",
        "total_tokens",
    ),
    _TEXT,
)  # fmt: skip
_LINE = {
    "timestamp": _TEXT,
    "type": _TEXT,
    "payload": {
        **dict.fromkeys(
            (
                "type", "id", "timestamp", "cwd", "model", "model_provider", "forked_from_id", "parent_thread_id",
                "cli_version",
            ),
            _TEXT,
        ),
        "git": {"branch": _TEXT},
        "info": {"total_token_usage": _COUNTS, "last_token_usage": _COUNTS, "model": _TEXT},
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": _TEXT}}},
        "rate_limits": {"plan_type": _TEXT},
    },
}  # fmt: skip

SOURCE = Source(
    label="Codex transcripts",
    url="https://github.com/openai/codex/blob/main/codex-rs/protocol/src/protocol.rs",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    rank=30,
    requires=frozenset({"timestamp", "type", "payload", "payload.type"}),
    otherwise=(frozenset({"timestamp", "type", "payload", "payload.model_provider"}),),
    knows=frozenset({"timestamp", "type", "payload", "ordinal"}),
    records="""
        with
            taken_apart as (
                select line, record ->> 'type' as kind, case
                    -- most lines tell of no tokens: they are not worth taking apart
                    when kind in ('session_meta', 'turn_context')
                        or (kind = 'event_msg' and contains(cast(record as varchar), '"token_count"'))
                    then from_json(record, '{LINE}')
                end as said
                from staged
            ),
            told_apart as (
                select
                    line,
                    kind,
                    said.payload as said,
                    said.timestamp as stamp,
                    try_cast(said.timestamp as timestamp) as moment,
                    coalesce(
                        said.payload.forked_from_id,
                        said.payload.parent_thread_id,
                        said.payload.source.subagent.thread_spawn.parent_thread_id
                    ) as parent
                from taken_apart
                where said is not null
            ),
            begun as (
                select
                    *,
                    -- a fork repeats the beginning of its parent right behind its own
                    kind = 'session_meta' and not coalesce(
                        said.id = lag(parent) over same_kind
                        and abs(epoch_us(moment - lag(moment) over same_kind)) <= 2000000,
                        false
                    ) as begins
                from told_apart
                window same_kind as (partition by kind order by line)
            ),
            numbered as (
                select *, count_if(begins) over (order by line) as session_number from begun
            ),
            told as (
                select
                    *,
                    first_value(case when begins then said end ignore nulls) over whole as session,
                    first_value(case when begins then parent end ignore nulls) over whole as parent_id,
                    first_value(case when begins then moment end ignore nulls) over whole as began,
                    last_value(
                        case when kind = 'turn_context' then said.model end ignore nulls
                    ) over so_far as context_model,
                    said.info.total_token_usage as total,
                    said.info.last_token_usage as newest,
                    last_value(said.info.total_token_usage ignore nulls) over before as previous
                from numbered
                window
                    whole as (
                        partition by session_number order by line
                        rows between unbounded preceding and unbounded following
                    ),
                    so_far as (partition by session_number order by line rows unbounded preceding),
                    before as (
                        partition by session_number order by line rows between unbounded preceding and 1 preceding
                    )
            ),
            counted as (
                select
                    *,
                    total is null
                    or codex_count(total.input_tokens) < codex_count(previous.input_tokens)
                    or codex_count(total.output_tokens) < codex_count(previous.output_tokens) as is_alone,
                    codex_grown(total.input_tokens, previous.input_tokens, newest.input_tokens, is_alone) as input,
                    codex_grown(
                        total.cached_input_tokens, previous.cached_input_tokens, newest.cached_input_tokens, is_alone
                    ) as cache_read,
                    codex_grown(
                        total.cache_write_input_tokens,
                        previous.cache_write_input_tokens,
                        newest.cache_write_input_tokens,
                        is_alone
                    ) as cache_write,
                    codex_grown(total.output_tokens, previous.output_tokens, newest.output_tokens, is_alone) as output,
                    codex_grown(
                        total.reasoning_output_tokens,
                        previous.reasoning_output_tokens,
                        newest.reasoning_output_tokens,
                        is_alone
                    ) as reasoning
                from told
                where kind = 'event_msg' and said.type = 'token_count'
            )
        select
            taken_apart.line,
            counted.* exclude (line, kind, said),
            counted.said.rate_limits.plan_type as plan,
            coalesce(counted.context_model, counted.said.info.model, counted.said.model, session.model) as model,
            cast(json_object('type', taken_apart.kind, 'total', total, 'last', newest) as varchar) as text,
            case
                when counted.line is null
                then concat('no count of tokens (', coalesce(taken_apart.kind, 'without a type'), ')')
                when total is null and newest is null then 'no tokens counted yet'
                when parent_id is not null and moment <= began + interval 1 second
                then 'counted by the session that it was forked from'
                when coalesce(input, 0) = 0 and coalesce(output, 0) = 0 then 'the same total again'
            end as skip
        from taken_apart
        left join counted using (line)
    """.replace("{LINE}", json.dumps(_LINE)),
    selects={
        "usage": """
            select
                line,
                session.id || ':' || coalesce(total.total_tokens, 'line ' || line) as record_id,
                'call' as grain,
                stamp as started_at,
                coalesce(session.model_provider, 'openai') as provider,
                coalesce(model, 'unknown') as model,
                session.cwd as project,
                session.id as session_id,
                session.id as run_id,
                parent_id as parent_run_id,
                input - coalesce(cache_read, 0) - coalesce(cache_write, 0) as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                output - coalesce(reasoning, 0) as output_tokens,
                reasoning as reasoning_tokens,
                session.git.branch as "tag:branch",
                session.cli_version as "tag:client_version",
                plan as "tag:plan"
            from records
        """,
    },
)
