"""October 2026 once more, as the company's gateway and its providers would export it. README.md says what differs.

`make` writes the files beside the canonical ones, out of what those hold: the same calls, buckets and invoices in the
formats of others.
"""

import gzip
import json
from pathlib import Path

import duckdb

from sample_data.company.world import IDE_ACCOUNT, MODELS

FIRST, LAST = "2026-10-01", "2026-10-31"

# What LiteLLM calls who bills.
GATEWAY_NAMES = {"google": "vertex_ai"}

OCTOBER = """
    create temp view october as
    select * from read_parquet({usage}) where cast(started_at as date) between date '{first}' and date '{last}'
"""

# One record per call of a workflow. The prompt includes what the cache gave and took, the completion the reasoning.
# LiteLLM states USD: what a provider charged in EUR is converted at the rate of its day. Where the company's figures
# rest on our price book, the gateway knows no price and says 0.
SPEND_LOGS = """
    select json_merge_patch('{{}}', to_json({{
        request_id: record_id,
        call_type: 'acompletion',
        api_key: api_key,
        spend: coalesce(cast(cost * if(usage.currency = 'EUR', rates.rate, 1) as double), 0),
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        startTime: strftime(started_at, '{time}'),
        endTime: strftime(started_at + to_milliseconds(latency_ms), '{time}'),
        completionStartTime: strftime(started_at + to_milliseconds(coalesce(ttft_ms, latency_ms)), '{time}'),
        request_duration_ms: cast(latency_ms as bigint),
        model: model,
        model_group: coalesce(model_requested, model),
        custom_llm_provider: coalesce(map {gateway_names} [provider], provider),
        user: user_id,
        end_user: customer,
        session_id: session_id,
        cache_hit: if(status = 'cached', 'True', 'False'),
        status: if(status in ('error', 'timeout'), 'failure', 'success'),
        metadata: {{
            user_api_key_team_alias: team,
            error_information: case status
                when 'timeout' then {{error_code: '408', error_class: 'Timeout'}}
                when 'error' then {{error_code: '500', error_class: 'InternalServerError'}}
            end,
            usage_object: {{
                prompt_tokens_details: if(cache_read_tokens is not null, {{cached_tokens: cache_read_tokens}}, null),
                cache_creation_input_tokens: cache_write_tokens,
                completion_tokens_details: if(
                    reasoning_tokens is not null, {{reasoning_tokens: reasoning_tokens}}, null
                )
            }},
            spend_logs_metadata: {{
                run_id: run_id, workflow: workflow, step: step, turn: turn, task_type: task_type, intent: intent,
                role: role, attempt: attempt, status: if(status = 'rejected', status, null), route: route,
                account: account, project: project, product: product, feature: feature, segment: segment,
                region: region, environment: environment, requests: requests, service_tier: service_tier,
                tool_result_tokens: tool_result_tokens, system_tokens: system_tokens,
                retrieved_tokens: retrieved_tokens, memory_tokens: memory_tokens, prompt_version: prompt_version,
                context_pack: context_pack, context_limit_tokens: context_limit_tokens,
                context_truncated: context_truncated
            }}
        }}
    }})) as line
    from (
        select
            *,
            uncached_input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as prompt,
            output_tokens + coalesce(reasoning_tokens, 0) as completion
        from october
        where run_id is not null
    ) as usage
    asof left join read_csv({rates}) as rates on usage.started_at >= rates.day
    order by started_at, record_id
"""

# The usage report has no count of requests, which the editors' cost per request needs; the usage analytics have it.
ANALYTICS = """
    select {{
        starting_at: strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'),
        ending_at: strftime(ended_at, '%Y-%m-%dT%H:%M:%SZ'),
        "group": {{model: model, workspace_id: project, api_key_id: api_key}},
        "usage": {{
            uncached_input_tokens: uncached_input_tokens,
            cache_read_input_tokens: cache_read_tokens,
            cache_creation: {{ephemeral_5m_input_tokens: cache_write_tokens, ephemeral_1h_input_tokens: 0}},
            output_tokens: output_tokens,
            total_tokens: uncached_input_tokens + cache_read_tokens + cache_write_tokens + output_tokens,
            requests: requests
        }}
    }}
    from october
    where account = '{account}'
    order by started_at, api_key
"""

# Each line of an invoice, over the month's days and kinds of token in proportion to what they come to at list price.
# Parts are the differences of rounded sums, so that they add up to the line; a part is a whole number of 10^-6.
COSTS = """
    create temp table costs as
    with
        lines as (
            select account, model, cast(billed_cost as decimal(18, 2)) as total
            from read_csv({billed}, all_varchar = true)
            where charged_from = '{first}' and provider in ('anthropic', 'openai')
        ),
        weighed as (
            select
                account, model, cast(started_at as date) as day, kind.name as kind, kind.place as place,
                sum(cast(kind.tokens * kind.price as hugeint)) as weight
            from (
                select
                    account, model, started_at, unnest([
                        {{place: 1, name: 'input', tokens: uncached_input_tokens, price: price[1]}},
                        {{place: 2, name: 'cache_read', tokens: cache_read_tokens, price: price[2]}},
                        {{place: 3, name: 'cache_write', tokens: cache_write_tokens, price: price[3]}},
                        {{place: 4, name: 'output', tokens: output_tokens + coalesce(reasoning_tokens, 0),
                          price: price[4]}}
                    ]) as kind
                from (select *, map {prices} [model] as price from october)
            )
            group by all
        ),
        summed as (
            select
                *,
                sum(weight) over (partition by account, model order by day, place) as reached,
                sum(weight) over (partition by account, model) as whole
            from weighed
            where weight > 0
        )
    select
        account, model, day, kind, place,
        cast(total * 1000000 as hugeint) * cast(reached as hugeint) // cast(whole as hugeint) as sum_here,
        sum_here - coalesce(lag(sum_here) over (partition by account, model order by day, place), 0) as millionths
    from summed
    join lines using (account, model)
"""

# The cost report: cents, with fractions, as text.
COST_REPORT = """
    select {{
        starting_at: strftime(day, '%Y-%m-%dT00:00:00Z'),
        ending_at: strftime(day + 1, '%Y-%m-%dT00:00:00Z'),
        results: list({{
            currency: 'USD',
            amount: cast(cast(millionths as decimal(18, 0)) * 0.0001 as varchar),
            workspace_id: null,
            description: concat(model, ' Usage - ', map {{
                'input': 'Input Tokens', 'cache_read': 'Input Tokens, Cache Hit',
                'cache_write': 'Input Tokens, Cache Write', 'output': 'Output Tokens'
            }} [kind]),
            cost_type: 'tokens',
            context_window: null,
            model: model,
            service_tier: 'standard',
            token_type: map {{
                'input': 'uncached_input_tokens', 'cache_read': 'cache_read_input_tokens',
                'cache_write': 'cache_creation.ephemeral_5m_input_tokens', 'output': 'output_tokens'
            }} [kind],
            inference_geo: null
        }} order by model, place)
    }}
    from costs
    where account = '{account}'
    group by day
    order by day
"""

# The costs API: dollars, by line item.
COSTS_API = """
    select {{
        object: 'bucket',
        start_time: cast(epoch(day) as bigint),
        end_time: cast(epoch(day + 1) as bigint),
        results: list({{
            object: 'organization.costs.result',
            amount: {{value: cast(cast(millionths as decimal(18, 0)) * 0.000001 as varchar), currency: 'usd'}},
            line_item: concat(
                model, ', ', map {{'input': 'input', 'cache_read': 'cached input', 'output': 'output'}} [kind]
            ),
            project_id: null,
            organization_id: account
        }} order by model, place)
    }}
    from costs
    where account = '{account}'
    group by day, account
    order by day
"""


def make(folder: Path) -> None:
    """Writes `folder`/native, from the files of calls, rates and invoices in `folder`."""
    native = folder / "native"
    native.mkdir(exist_ok=True)
    prices = {
        name: [round(price * 1_000) for price in (each.input, each.cache_read, each.cache_write, each.output)]
        for name, each in MODELS.items()
    }
    words = {
        "first": FIRST, "last": LAST, "time": "%Y-%m-%dT%H:%M:%S.%gZ", "gateway_names": GATEWAY_NAMES, "prices": prices,
        "usage": _text(folder / "18_usage.parquet"), "rates": _text(folder / "07_fx.csv"),
        "billed": _text(folder / "14_billed.csv"),
    }  # fmt: skip
    with duckdb.connect() as con:
        con.execute(OCTOBER.format(**words))
        con.execute(COSTS.format(**words))

        def said(query: str, account: str = "") -> list[str]:
            return [row for (row,) in con.execute(query.format(**words, account=account)).fetchall()]

        def pages(query: str, account: str, **about: object) -> str:
            rows = said(f"select cast(to_json(found) as varchar) from ({query}) as found(found)", account)
            head = json.dumps(about)[1:-1]
            return "{" + head + (", " if head else "") + '"data":[\n' + ",\n".join(rows) + '\n],"has_more":false}\n'

        lines = "".join(f"{line}\n" for line in said(SPEND_LOGS))
        packed = gzip.compress(lines.encode(), 9, mtime=0)
        (native / "litellm_spendlogs.jsonl.gz").write_bytes(packed)
        for account in (IDE_ACCOUNT, "larkfield-prod"):
            (native / f"anthropic_cost_{account}.json").write_text(pages(COST_REPORT, account))
        (native / f"anthropic_analytics_usage_{IDE_ACCOUNT}.json").write_text(pages(ANALYTICS, IDE_ACCOUNT))
        (native / "openai_costs.json").write_text(pages(COSTS_API, "org-larkfield", object="page"))


def _text(path: Path) -> str:
    """SQL: the path as text."""
    return "'" + str(path).replace("'", "''") + "'"
