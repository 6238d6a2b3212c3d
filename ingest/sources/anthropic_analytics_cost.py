"""Anthropic usage and cost analytics, cost by dimension: pages of flat rows.

One canonical row per row. Amounts are text in cents, with fractions, after discounts and before credits; the list
amount stands beside. A row names only the dimensions that the request grouped by. Rows by role group (`rbac_group_id`)
overlap, since a person may be in several, and cannot be added up. A person is known by id; name and address are left
out. It tells the same money as the cost report, which stands before it where both cover a day.
"""

from ingest.source import Source

SOURCE = Source(
    label="Anthropic cost analytics (Admin or Analytics API)",
    url="https://platform.claude.com/docs/en/manage-claude/usage-cost-analytics-api",
    checked="2026-11-21",
    loads=("billed",),
    reads=("json",),
    renewal="window",
    rank=11,
    requires=frozenset({"data", "data[].starting_at", "data[].ending_at", "data[].cost", "data[].cost.amount"}),
    knows=frozenset({"data", "has_more", "next_page"}),
    records="""
        with
            pages as (select line as page, json_list(record -> 'data') as parts from staged),
            parts as (select page, unnest(parts) as part, generate_subscripts(parts, 1) as nth from pages),
            known as (select *, part -> 'group' as named from parts)
        select
            row_number() over (order by page, nth) as line,
            part,
            named,
            cast(part as varchar) as text,
            case
                when bool_or(named ->> 'rbac_group_id' is not null) over ()
                then 'role groups overlap, so that their rows do not add up; fetch it without rbac_group_id'
            end as skip
        from known
    """,
    selects={
        "billed": """
            select
                line,
                strftime(moment(part ->> 'starting_at', 'UTC'), '%Y-%m-%d') as charged_from,
                coalesce(
                    strftime(moment(part ->> 'ending_at', 'UTC') - interval 1 microsecond, '%Y-%m-%d'),
                    part ->> 'ending_at'
                ) as charged_to,
                'anthropic' as provider,
                named ->> 'organization_id' as account,
                named ->> 'workspace_id' as project,
                named ->> 'model' as model,
                nullif(
                    concat_ws(', ', named ->> 'product', named ->> 'cost_type', named ->> 'token_type'), ''
                ) as line_item,
                part ->> '$.cost.requests' as quantity,
                case when part ->> '$.cost.requests' is not null then 'requests' end as unit,
                from_cents(part ->> '$.cost.amount') as billed_cost,
                from_cents(part ->> '$.cost.list_amount') as list_cost,
                part ->> '$.cost.currency' as currency,
                anthropic_class(named ->> 'token_type') as "tag:token_class",
                named ->> 'cost_type' as "tag:cost_type",
                named ->> 'product' as "tag:product",
                named ->> 'api_key_id' as "tag:api_key",
                named ->> '$.actor.user_id' as "tag:user_id",
                named ->> 'service_tier' as "tag:service_tier",
                named ->> 'context_window' as "tag:context_window",
                nullif(named ->> 'inference_geo', 'not_available') as "tag:inference_geo",
                named ->> 'speed' as "tag:speed"
            from records
        """,
    },
    states="""
        select
            cast(min(moment(part ->> 'starting_at', 'UTC')) as date),
            cast(max(moment(part ->> 'ending_at', 'UTC') - interval 1 microsecond) as date),
            null::timestamp
        from (select unnest(json_list(record -> 'data')) as part from staged)
    """,
)
