"""Makes large files in the formats of others, each with one query: LiteLLM, OTLP, FOCUS, Claude Code."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.bench.made import write

START = "2026-10-01"
DAYS = 30

LITELLM_BYTES = 1010
"""Of one record, about; as LITELLM makes it."""
LITELLM = """
    select format(
        '{{"request_id":"chatcmpl-{}","session_id":"run-{}","call_type":"acompletion","api_key":"{}","spend":{},'
        '"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"startTime":"{}","endTime":"{}",'
        '"completionStartTime":"{}","request_duration_ms":{},"model":"{}","model_group":"support-default",'
        '"custom_llm_provider":"{}","api_base":"https://example.com/v1","user":"svc-{}","team_id":"team-{}",'
        '"organization_id":"org-eu","end_user":"cust-{}","cache_hit":"{}","requester_ip_address":"",'
        '"request_tags":["workflow:refund {}","User-Agent: openai-python"],'
        '"metadata":{{"user_api_key_team_alias":"Team {}","user_api_key_project_id":"proj-7",'
        '"spend_logs_metadata":{{"run_id":"run-{}"}},"attempted_retries":0,"usage_object":{{"prompt_tokens":{},'
        '"completion_tokens":{},"completion_tokens_details":{{"reasoning_tokens":{}}}}},'
        '"additional_usage_values":{{"cache_read_input_tokens":{},"cache_creation_input_tokens":0}}}},'
        '"messages":{{}},"response":{{}},"status":"{}"}}',
        md5(i::varchar), i // 14, sha256((i % 40)::varchar), (cached + fresh + answer) * 0.0000021, cached + fresh,
        answer, cached + fresh + answer, strftime(started, '%Y-%m-%dT%H:%M:%S.%fZ'),
        strftime(started + to_milliseconds(wait), '%Y-%m-%dT%H:%M:%S.%fZ'),
        strftime(started + to_milliseconds(wait // 4), '%Y-%m-%dT%H:%M:%S.%fZ'), wait,
        ['claude-sonnet-4-5', 'gpt-5-mini', 'gemini-2.5-flash'][1 + i % 3],
        ['anthropic', 'openai', 'gemini'][1 + i % 3],
        i % 50, i % 8, i % 400, case when i % 60 = 0 then 'True' else 'False' end, (i // 14) % 12, i % 8, i // 14,
        cached + fresh, answer, answer // 5, cached, case when i % 50 = 0 then 'failure' else 'success' end
    )
    from (
        select
            i, 500 + hash(i * 3) % 4000 as fresh, hash(i * 5) % 3000 as cached, 100 + hash(i * 11) % 900 as answer,
            (300 + hash(i * 17) % 9000)::bigint as wait,
            $start::timestamp + to_microseconds((i::hugeint * $days * 86400000000 // $rows)::bigint) as started
        from range($rows) as made(i)
    )
"""

SPANS_OF_A_LINE = 100
OTLP_BYTES = 102_000
"""Of one line, about; as OTLP makes it."""
OTLP = """
    with
        spans as (
            select
                i // $spans as page,
                format(
                    '{{"traceId":"{}","spanId":"{}","parentSpanId":"","name":"chat {}","kind":3,'
                    '"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":['
                    '{{"key":"gen_ai.operation.name","value":{{"stringValue":"{}"}}}},'
                    '{{"key":"gen_ai.provider.name","value":{{"stringValue":"anthropic"}}}},'
                    '{{"key":"gen_ai.request.model","value":{{"stringValue":"{}"}}}},'
                    '{{"key":"gen_ai.response.model","value":{{"stringValue":"{}"}}}},'
                    '{{"key":"gen_ai.response.id","value":{{"stringValue":"msg_{}"}}}},'
                    '{{"key":"gen_ai.conversation.id","value":{{"stringValue":"conv-{}"}}}},'
                    '{{"key":"gen_ai.usage.input_tokens","value":{{"intValue":"{}"}}}},'
                    '{{"key":"gen_ai.usage.cache_read.input_tokens","value":{{"intValue":"{}"}}}},'
                    '{{"key":"gen_ai.usage.output_tokens","value":{{"intValue":"{}"}}}},'
                    '{{"key":"gen_ai.response.finish_reasons","value":'
                    '{{"arrayValue":{{"values":[{{"stringValue":"stop"}}]}}}}}}],"status":{{"code":1}}}}',
                    md5((i // 10)::varchar), left(md5(i::varchar), 16), model, began::bigint,
                    (began + 1000000 * (300 + hash(i * 17) % 9000))::bigint,
                    case when i % 10 = 0 then 'invoke_agent' else 'chat' end, model, model, md5(i::varchar), i // 10,
                    500 + cached + hash(i * 3) % 4000, cached, 100 + hash(i * 11) % 900
                ) as span
            from (
                select
                    i, ['claude-sonnet-4-5', 'claude-haiku-4-5'][1 + i % 2] as model, hash(i * 5) % 3000 as cached,
                    epoch_ns($start::timestamp) + i::hugeint * $days * 86400000000000 // $rows as began
                from range($rows) as made(i)
            )
        )
    select
        '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"claims-agent"}},'
        || '{"key":"team.id","value":{"stringValue":"claims"}}]},"scopeSpans":[{"scope":{"name":"made"},"spans":['
        || string_agg(span, ',') || ']}]}]}'
    from spans
    group by page
    order by page
"""

FOCUS = """
    select
        cast((1 + hash(i * 3) % 4000) * 0.0001 as decimal(18, 6)) as BilledCost,
        'pay-' || i % 4 as BillingAccountId, 'USD' as BillingCurrency,
        timestamptz '2026-11-01 00:00:00+00' as BillingPeriodEnd,
        timestamptz '2026-10-01 00:00:00+00' as BillingPeriodStart,
        'Usage' as ChargeCategory, cast(null as varchar) as ChargeClass,
        case when is_ai then 'Claude Sonnet input tokens' else 'Compute of one hour' end as ChargeDescription,
        began + interval 1 hour as ChargePeriodEnd, began as ChargePeriodStart,
        cast((1 + hash(i * 3) % 4000) * 0.1 as decimal(18, 6)) as ConsumedQuantity,
        case when is_ai then '1K tokens' else 'Hours' end as ConsumedUnit,
        BilledCost as ContractedCost, BilledCost as EffectiveCost, 'inv-' || i % 4 as InvoiceId, BilledCost as ListCost,
        ConsumedQuantity as PricingQuantity, ConsumedUnit as PricingUnit, 'Example Cloud' as ProviderName,
        'Example Cloud' as PublisherName, 'eu-1' as RegionId, 'res-' || hash(i * 5) % 20000 as ResourceId,
        case when is_ai then 'AI and Machine Learning' else 'Compute' end as ServiceCategory,
        case when is_ai then 'Example AI' else 'Example Machines' end as ServiceName,
        case when is_ai then 'Generative AI' else 'Virtual Machines' end as ServiceSubcategory,
        'sku-' || i % 300 as SkuId, case when is_ai then 'Input Tokens' else 'Hours' end as SkuMeter,
        case
            when is_ai then '{"ModelId":"claude-sonnet-4-5","TokenDirection":"Input","TokenCacheAction":"Uncached"}'
        end as SkuPriceDetails,
        'proj-' || i % 60 as SubAccountId, format('{{"team":"team {}"}}', i % 12) as Tags
    from (
        select
            i, hash(i * 7) % 4 = 0 as is_ai,
            timestamptz '2026-10-01 00:00:00+00' + to_hours((i::hugeint * $days * 24 // $rows)::bigint) as began
        from range($rows) as made(i)
    )
"""

TURN_BYTES = 6_000
"""Of one turn of a transcript, about: what a tool gave, and an answer that is written twice while it is streamed."""
TURNS = 90
"""Turns of one session; one of them is a message of the tool itself."""
TRANSCRIPTS = """
    with
        turns as (
            select
                i, i // $turns as session, i % $turns as turn,
                ['claude-sonnet-4-5-20250929', 'claude-opus-4-5-20251101'][1 + (i // $turns) % 2] as model,
                strftime(
                    $start::timestamp + to_microseconds((i::hugeint * $days * 86400000000 // $rows)::bigint),
                    '%Y-%m-%dT%H:%M:%S.%gZ'
                ) as moment
            from range($rows) as made(i)
        ),
        lines as (
            select session, turn, nth, case
                when nth = 0 then format(
                    '{{"parentUuid":"{}","isSidechain":false,"userType":"external","cwd":"/srv/work-{}",'
                    '"sessionId":"{}","version":"2.1.31","gitBranch":"main","type":"user","message":{{"role":"user",'
                    '"content":[{{"tool_use_id":"toolu_{}","type":"tool_result","content":"{}"}}]}},"uuid":"{}",'
                    '"timestamp":"{}"}}',
                    md5(i::varchar), session % 40, md5(session::varchar), i, repeat(md5(i::varchar) || ' \\n', 110),
                    md5(i || 'u'), moment
                )
                else format(
                    '{{"parentUuid":"{}","isSidechain":false,"userType":"external","cwd":"/srv/work-{}",'
                    '"sessionId":"{}","version":"2.1.31","gitBranch":"main","type":"assistant","message":{{"id":"msg_{}",'
                    '"type":"message","role":"assistant","model":"{}","content":[{{"type":"text","text":"{}"}}],'
                    '"stop_reason":null,"usage":{{"input_tokens":{},"cache_creation_input_tokens":{},'
                    '"cache_read_input_tokens":{},"output_tokens":{},"service_tier":"standard","cache_creation":'
                    '{{"ephemeral_5m_input_tokens":{},"ephemeral_1h_input_tokens":0}}}}}},"requestId":"req_{}",'
                    '"uuid":"{}","timestamp":"{}"}}',
                    md5(i || 'u'), session % 40, md5(session::varchar), md5(i::varchar),
                    case when turn = 0 then '<synthetic>' else model end, repeat(md5(i || 'a'), 9),
                    case when turn = 0 then 0 else 3 + hash(i) % 20 end,
                    case when turn = 0 then 0 else hash(i * 3) % 4000 end,
                    case when turn = 0 then 0 else hash(i * 5) % 90000 end,
                    case when turn = 0 then 0 when nth = 1 then 4 else 10 + hash(i * 7) % 1500 end,
                    case when turn = 0 then 0 else hash(i * 3) % 4000 end, md5(i || 'r'), md5(i || 'x' || nth), moment
                )
            end as line
            from turns, range(3) as parts(nth)
        )
    select
        format('-srv-work-{}', session % 40) as folder, md5(session::varchar) as name,
        string_agg(line, chr(10) order by turn, nth) || chr(10) as text
    from lines
    group by session
"""


def lines(query: str, path: Path, **values: object) -> Path:
    """The query's only column as the lines of a file."""
    return write(query, path, style="header false, quote '', escape '', delimiter '\x1f'", **values)


def litellm(path: Path, megabytes: float) -> Path:
    """Spend logs as JSON lines."""
    return lines(LITELLM, path, rows=int(megabytes * 1e6 / LITELLM_BYTES), days=DAYS, start=START)


def otlp(path: Path, megabytes: float) -> Path:
    """Traces as the collector's file exporter writes them: a line of many spans each."""
    rows = SPANS_OF_A_LINE * max(1, int(megabytes * 1e6 / OTLP_BYTES))
    return lines(OTLP, path, rows=rows, spans=SPANS_OF_A_LINE, days=DAYS, start=START)


def focus(path: Path, rows: int) -> Path:
    """A cloud's bill as Parquet; one line of four is about AI."""
    return write(FOCUS, path, rows=rows, days=DAYS)


def transcripts(root: Path, megabytes: float) -> Path:
    """A folder as Claude Code keeps it: projects/<folder>/<session>.jsonl."""
    query = TRANSCRIPTS
    values = {"rows": int(megabytes * 1e6 / TURN_BYTES), "turns": TURNS, "days": DAYS, "start": repr(START)}
    for name, value in values.items():
        query = query.replace(f"${name}", str(value))
    with duckdb.connect() as con:
        made = con.execute(query)
        while rows := made.fetchmany(50):
            for folder, name, text in rows:
                target = root / "projects" / folder / f"{name}.jsonl"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
    return root
