"""LiteLLM daily activity: pages of `/user/daily/activity`, or the table `LiteLLM_DailyUserSpend` and its siblings.

A bucket is a day and model. A page's days are broken down by models, keys and teams, which are ways to cut the same
money: the models count, and what they leave of the day is a row without a model. `prompt_tokens` holds cache reads and
writes. Some versions wrap the numbers of a part in `metrics`, some do not. A page shows a part of each day, so all
pages belong in one file. A request with three tags is in three rows of the table by tag, so those are skipped. A
`spend` of 0 with tokens means that LiteLLM knows no price.
"""

import json

from ingest.source import Source

_NUMBERS = (
    "spend", "prompt_tokens", "completion_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "api_requests",
)  # fmt: skip
_METRICS = json.dumps(dict.fromkeys(_NUMBERS, "VARCHAR"))
_SUMS = ", ".join(f"sum(try_cast(numbers.{name} as decimal(38, 12))) as {name}" for name in _NUMBERS)
_LEFT = ", ".join(
    f"{name} := cast(try_cast(whole.{name} as decimal(38, 12)) - coalesce({name}, 0) as varchar)" for name in _NUMBERS
)
_SOME = " or ".join(f"try_cast(numbers.{name} as double) > 0" for name in _NUMBERS)
_ANY = " or ".join(f"coalesce(try_cast(whole.{name} as double), 0) > 0" for name in _NUMBERS)
_ROW = ", ".join(f"{name} := record ->> '{name}'" for name in _NUMBERS)

SOURCE = Source(
    label="LiteLLM daily activity",
    url="https://docs.litellm.ai/docs/proxy/cost_tracking",
    checked="2026-11-21",
    loads=("usage",),
    renewal="window",
    rank=30,
    requires=frozenset({"results", "results[].date", "results[].breakdown"}),
    otherwise=(frozenset({"date", "api_key", "model", "prompt_tokens", "spend", "api_requests"}),),
    knows=frozenset(
        {
            "results",
            "metadata",
            "id",
            "user_id",
            "team_id",
            "tag",
            "request_id",
            "organization_id",
            "end_user_id",
            "agent_id",
            "date",
            "api_key",
            "model",
            "model_group",
            "custom_llm_provider",
            "endpoint",
            "mcp_namespaced_tool_name",
            "prompt_tokens",
            "completion_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "spend",
            "api_requests",
            "successful_requests",
            "failed_requests",
            "created_at",
            "updated_at",
        }
    ),
    records="""
        with
            days as (
                select
                    line as page,
                    unnest(json_list(record -> 'results')) as day,
                    generate_subscripts(json_list(record -> 'results'), 1) as nth
                from staged
            ),
            named as (
                select
                    page,
                    nth,
                    day ->> 'date' as day,
                    from_json(coalesce(day -> 'metrics', day), '{METRICS}') as whole,
                    from_json(day -> '$.breakdown.models', '"MAP(VARCHAR, JSON)"') as models,
                    unnest(coalesce(map_entries(models), []) || [null]) as part
                from days
            ),
            models as (
                select
                    page,
                    nth,
                    day,
                    part.key as model,
                    from_json(coalesce(part.value -> 'metrics', part.value), '{METRICS}') as numbers
                from named
                where part is not null
            ),
            sums as (
                select page, nth, {SUMS} from models group by page, nth
            ),
            lefts as (
                select page, nth, day, null::varchar as model, struct_pack({LEFT}) as numbers
                from named
                left join sums using (page, nth)
                where part is null
            ),
            parts as (
                select *, false as is_empty from models
                union all
                select *, false from lefts where {SOME}
                union all
                select page, nth, day, null, whole, true
                from named
                where part is null and len(coalesce(map_keys(models), [])) = 0 and not ({ANY})
            )
        select
            row_number() over (order by page, nth, model nulls last) as line,
            day,
            model,
            provider_of_model(model) as provider,
            null::varchar as api_key,
            null::varchar as user_id,
            null::varchar as team,
            numbers,
            cast(json_object('date', day, 'model', model, 'metrics', numbers) as varchar) as text,
            case when is_empty then 'an empty day' end as skip
        from parts
        union all
        select
            line,
            record ->> 'date',
            coalesce(nullif(record ->> 'model', ''), nullif(record ->> 'model_group', '')),
            coalesce(nullif(record ->> 'custom_llm_provider', ''), provider_of_model(record ->> 'model')),
            nullif(record ->> 'api_key', ''),
            nullif(record ->> 'user_id', ''),
            nullif(record ->> 'team_id', ''),
            struct_pack({ROW}),
            cast(json_object('date', record ->> 'date', 'model', record ->> 'model') as varchar),
            case
                when (record ->> 'tag') is not null then 'a request with several tags stands in several such rows'
                when nullif(record ->> 'mcp_namespaced_tool_name', '') is not null
                    and coalesce(try_cast(record ->> 'spend' as double), 0) = 0
                then 'a tool call of the gateway, free of charge'
            end
        from staged
        where (record -> 'results') is null
    """.replace("{METRICS}", _METRICS)
    .replace("{SUMS}", _SUMS)
    .replace("{LEFT}", _LEFT)
    .replace("{SOME}", _SOME)
    .replace("{ANY}", _ANY)
    .replace("{ROW}", _ROW),
    selects={
        "usage": """
            with
                counted as (
                    select
                        *,
                        try_cast(try_cast(numbers.prompt_tokens as decimal(38, 12)) as bigint) as prompt,
                        try_cast(try_cast(numbers.completion_tokens as decimal(38, 12)) as bigint) as completion,
                        try_cast(try_cast(numbers.cache_read_input_tokens as decimal(38, 12)) as bigint) as cache_read,
                        try_cast(
                            try_cast(numbers.cache_creation_input_tokens as decimal(38, 12)) as bigint
                        ) as cache_write
                    from records
                )
            select
                line,
                'bucket' as grain,
                day as started_at,
                cast(try_cast(day as date) + interval 1 day as varchar) as ended_at,
                coalesce(provider, 'unknown') as provider,
                coalesce(regexp_replace(model, '^[^/]+/', ''), 'unspecified') as model,
                api_key,
                case when not contains(user_id, '@') then user_id end as user_id,
                team,
                try_cast(try_cast(numbers.api_requests as decimal(38, 12)) as bigint) as requests,
                prompt - coalesce(cache_read, 0) - coalesce(cache_write, 0) as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                completion as output_tokens,
                case
                    when try_cast(numbers.spend as double) = 0 and coalesce(prompt, 0) + coalesce(completion, 0) > 0
                    then null
                    else numbers.spend
                end as cost,
                'USD' as currency
            from counted
        """,
    },
    states="""
        select min(day), max(day), null::timestamp
        from (
            select try_cast(unnest(list_transform(
                case when (record -> 'results') is null then [record] else json_list(record -> 'results') end,
                lambda each: each ->> 'date'
            )) as date) as day
            from staged
        )
    """,
)
