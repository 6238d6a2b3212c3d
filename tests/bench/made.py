"""Makes large files: a seeded company of calls, buckets, steps, checks, outcomes, bills, a charge and a rule."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

CALLS_OF_A_RUN = 14

CALLS = """
    select
        'rec-' || (i + $first) as record_id,
        strftime(
            $start::timestamp + to_microseconds((i::hugeint * $days * 86400000000 // $rows)::bigint),
            '%Y-%m-%dT%H:%M:%S.%fZ'
        ) as started_at,
        ['openai', 'openai', 'anthropic', 'anthropic', 'google'][1 + (hash(i) % 5)::int] as provider,
        ['gpt-4o', 'gpt-5-mini', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gemini-2.5-flash'][1 + (hash(i) % 5)::int]
            as model,
        'acct-' || (hash(i) % 5) // 2 as account,
        'key-' || ((i + $first) // 14) % 16 as api_key,
        'run-' || (i + $first) // 14 as run_id,
        1 + (i % 14) // 5 as turn,
        'workflow ' || ((i + $first) // 14) % 12 as workflow,
        case when ((i + $first) // 14) % 8 > 0 then 'team ' || ((i + $first) // 14) % 8 end as team,
        'customer ' || ((i + $first) // 14) % 400 as customer,
        'segment ' || ((i + $first) // 14) % 3 as segment,
        'user ' || hash((i + $first) // 14) % 500 as user_id,
        case
            when hash(i * 19) % 40 = 0 then 'retry'
            else ['plan', 'answer', 'tool', 'verify', 'answer'][1 + (i % 5)::int]
        end as role,
        case when hash(i * 19) % 40 = 0 then 2 else 1 end as attempt,
        case when hash(i * 7) % 50 = 0 then 'error' else 'ok' end as status,
        'production' as environment,
        (500 + hash(i * 3) % 4000)::int as uncached_input_tokens,
        (hash(i * 5) % 3000)::int as cache_read_tokens,
        0 as cache_write_tokens,
        (100 + hash(i * 11) % 900)::int as output_tokens,
        (hash(i * 13) % 200)::int as reasoning_tokens,
        (300 + hash(i * 17) % 9000)::int as latency_ms
    from range($rows) as made(i)
"""
OUTCOMES = """
    select
        'event-' || i as event_id, 'run-' || i as run_id,
        strftime(
            $start::timestamp + to_microseconds((i::hugeint * 14 * $days * 86400000000 // $rows)::bigint)
            + interval 5 minute,
            '%Y-%m-%dT%H:%M:%SZ'
        ) as occurred_at,
        'true' as completed, case when hash(i) % 5 = 0 then 'false' else 'true' end as accepted, 'true' as grounded,
        'true' as policy_passed,
        'true' as safe, '2.50' as revenue, '0.80' as cost_saved, 'USD' as currency,
        case when hash(i) % 20 = 0 then 3 end as human_minutes
    from range($rows // 14) as made(i)
    where hash(i * 23) % 12 > 0
"""
STEPS = """
    select
        'step-' || i as step_id, 'run-' || i as run_id,
        strftime(
            $start::timestamp + to_microseconds((i::hugeint * 14 * $days * 86400000000 // $rows)::bigint),
            '%Y-%m-%dT%H:%M:%S.%fZ'
        ) as started_at,
        ['tool', 'retrieval'][1 + (i % 2)::int] as kind, 'lookup ' || i % 6 as name, 'ok' as status, '0.001' as cost,
        'USD' as currency
    from range($rows // 14) as made(i)
"""
CHECKS = """
    select
        'check-' || i as check_id, 'run-' || i as run_id,
        strftime(
            $start::timestamp + to_microseconds((i::hugeint * 14 * $days * 86400000000 // $rows)::bigint)
            + interval 1 minute,
            '%Y-%m-%dT%H:%M:%SZ'
        ) as decided_at,
        'evaluator' as kind, 'answer quality' as name,
        case when hash(i * 29) % 10 = 0 then 'fail' else 'pass' end as result, '0.0005' as cost, 'USD' as currency
    from range($rows // 14) as made(i)
"""
# What a call of each model of the provider with buckets holds on average, as CALLS makes it.
BUCKETED = ("gpt-4o", "gpt-5-mini")
TOKENS_OF_A_CALL = {"input_tokens": 4000, "input_cached_tokens": 1500, "output_tokens": 650}
UNTRACED = 1.05  # what the provider counts, of what the calls hold
USE_CASES = ("customer_support", "coding", "advertising", "insurance_claims", "sales", "operations")
MONTHS = [(2025, 10), (2025, 11), (2025, 12), *((2026, number) for number in range(1, 10))]


def write(query: str, path: Path, style: str = "header, delimiter ','", **values: object) -> Path:
    """The query's rows as a file: Parquet by the path's ending, else CSV in this style."""
    con = duckdb.connect()
    style = "format parquet" if path.suffix == ".parquet" else f"format csv, {style}"
    for name, value in values.items():
        query = query.replace(f"${name}", repr(value) if isinstance(value, str) else str(value))
    con.execute(f"copy ({query}) to '{path}' ({style})")
    con.close()
    return path


def calls(path: Path, rows: int, days: int, start: str = "2025-10-01", first: int = 0) -> Path:
    """Calls spread evenly over days; their record ids and runs count on from `first`."""
    return write(CALLS, path, rows=rows, days=days, start=start, first=first)


def runs(folder: Path, rows: int, days: int, start: str = "2025-10-01") -> list[Path]:
    """What is told of each run of so many calls: one step, one check, and of most one outcome."""
    queries = {"steps": STEPS, "checks": CHECKS, "outcomes": OUTCOMES}
    return [
        write(query, folder / f"{name}.parquet", rows=rows, days=days, start=start) for name, query in queries.items()
    ]


def buckets(path: Path, rows: int, days: int, start: str = "2025-10-01") -> Path:
    """What the provider of two models counts, by day: somewhat more than so many calls of five models hold."""
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    calls_of_one = UNTRACED * rows / days / 5
    counted = {name: int(tokens * calls_of_one) for name, tokens in TOKENS_OF_A_CALL.items()}
    results = [
        {
            "object": "organization.usage.completions.result",
            "model": model,
            "num_model_requests": int(calls_of_one),
            **counted,
        }
        for model in BUCKETED
    ]
    page = {
        "object": "page",
        "has_more": False,
        "next_page": None,
        "data": [
            {
                "object": "bucket",
                "start_time": int((first + timedelta(days=day)).timestamp()),
                "end_time": int((first + timedelta(days=day + 1)).timestamp()),
                "results": results,
            }
            for day in range(days)
        ],
    }
    path.write_text(json.dumps(page))
    return path


def company(folder: Path, rows: int) -> list[Path]:
    """What stands beside so many calls: workflows, goals, budgets, bills of one provider, a split charge, rules."""
    # A month of each provider: more than its calls cost, and less than its calls and buckets do.
    above, below = rows // 2000, rows // 3800
    texts = {
        "workflows.csv": "workflow,use_case,product,window_days,requires,review_rate_per_hour,currency\n"
        + "".join(
            f"workflow {number},{USE_CASES[number % 6]},product {number % 3},7,completed|accepted,40,USD\n"
            for number in range(12)
        ),
        "baselines.csv": "workflow,total_requests,cost_per_item_before,target_cost_per_trusted_outcome,currency\n"
        + "".join(f"workflow {number},{rows // 150},4,0.6,USD\n" for number in range(12)),
        "budgets.csv": "budget_id,control,dimension,value,metric,period,limit,currency,warn_at\n"
        + "".join(
            f"budget-{number},model,team,team {number},all_in_cost,month,{rows // 800},USD,0.8\n" for number in range(8)
        ),
        "assignments.csv": "rule_id,priority,match_api_key,team\nr1,1,key-0,team 0\nr2,2,key-8,team 0\n",
        "charges.csv": "charge_id,charged_from,charged_to,component,amount,currency,split_by\n"
        f"platform,2025-10-01,2026-09-30,infrastructure,{rows // 80},USD,tokens\n",
        "billed.csv": "billed_id,invoice_id,charged_from,charged_to,provider,account,billed_cost,currency\n"
        + "".join(
            f"b{year}{month:02d},inv{year}{month:02d},{year}-{month:02d}-01,{year}-{month:02d}-28,anthropic,,{above},USD\n"
            f"c{year}{month:02d},jnv{year}{month:02d},{year}-{month:02d}-01,"
            f"{year}-{month:02d}-{monthrange(year, month)[1]},openai,acct-0,{below},USD\n"
            for year, month in MONTHS
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]
