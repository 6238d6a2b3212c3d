"""Claude Code analytics of the Admin API: pages of what each person or key did on one UTC day, by model.

One canonical row per day, actor, terminal and model. The four token counts exclude each other; cache writes are not
split, thinking is inside the output. Estimated costs are in cents, and are no bill: what a subscription used is
estimated like the rest. Sessions, lines of code, commits and tool decisions are counts without a run and are not kept.
It is a part of what the usage report and the Console's export count, so those stand before it.
"""

from ingest.source import Source

SOURCE = Source(
    label="Claude Code analytics (Admin API)",
    url="https://platform.claude.com/docs/en/manage-claude/claude-code-analytics-api",
    checked="2026-11-21",
    loads=("usage",),
    reads=("json",),
    renewal="window",
    rank=25,
    requires=frozenset({"data", "data[].date", "data[].actor", "data[].core_metrics"}),
    knows=frozenset({"data", "has_more", "next_page"}),
    records="""
        with
            pages as (select line as page, json_list(record -> 'data') as actors from staged),
            actors as (select page, unnest(actors) as actor, generate_subscripts(actors, 1) as nth from pages),
            listed as (
                select *, case
                    when json_array_length(actor -> 'model_breakdown') > 0 then json_list(actor -> 'model_breakdown')
                    else [null::json]
                end as models
                from actors
            ),
            single as (select *, unnest(models) as used, generate_subscripts(models, 1) as place from listed)
        select
            row_number() over (order by page, nth, place) as line,
            actor,
            used,
            cast(coalesce(used, actor) as varchar) as text,
            case when used is null then 'a day without any model' end as skip
        from single
    """,
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                actor ->> 'date' as started_at,
                strftime(moment(actor ->> 'date', 'UTC') + interval 1 day, '%Y-%m-%dT%H:%M:%SZ') as ended_at,
                'anthropic' as provider,
                coalesce(used ->> 'model', 'unspecified') as model,
                actor ->> 'organization_id' as account,
                actor ->> '$.actor.api_key_name' as api_key,
                actor ->> '$.actor.email_address' as user_id,
                used ->> '$.tokens.input' as uncached_input_tokens,
                used ->> '$.tokens.cache_read' as cache_read_tokens,
                used ->> '$.tokens.cache_creation' as cache_write_tokens,
                used ->> '$.tokens.output' as output_tokens,
                from_cents(used ->> '$.estimated_cost.amount') as cost,
                used ->> '$.estimated_cost.currency' as currency,
                actor ->> 'customer_type' as "tag:customer_type",
                actor ->> 'subscription_type' as "tag:subscription_type",
                actor ->> 'terminal_type' as "tag:terminal_type"
            from records
        """,
    },
    states="""
        select
            cast(min(moment(actor ->> 'date', 'UTC')) as date),
            cast(max(moment(actor ->> 'date', 'UTC')) as date),
            null::timestamp
        from (select unnest(json_list(record -> 'data')) as actor from staged)
    """,
)
