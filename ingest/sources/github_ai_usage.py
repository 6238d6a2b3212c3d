"""GitHub AI usage report as CSV, and its forerunner of premium requests: a line per day, user and model.

`gross_amount` is what the use is worth, `net_amount` what is billed: the plan's included use is the discount between
them. So the tokens cost the gross amount, and the bill says the net one. Tokens exclude each other; how much of the
output is reasoning is not said. `quantity` counts AI credits or premium requests, which are no model calls, and
`aic_quantity` and `aic_gross_amount` say the same once more: they are left out. Seats are no usage.
"""

from ingest.source import Source

SOURCE = Source(
    label="GitHub AI usage report (CSV)",
    url="https://docs.github.com/en/billing/reference/billing-reports",
    checked="2026-11-21",
    loads=("usage", "billed"),
    reads=("csv",),
    renewal="window",
    rank=20,
    requires=frozenset({"date", "username", "sku", "model", "quantity", "unit_type", "gross_amount", "net_amount"}),
    knows=frozenset({
        "date", "username", "product", "sku", "model", "quantity", "unit_type", "applied_cost_per_quantity",
        "gross_amount", "discount_amount", "net_amount", "exceeds_quota", "total_monthly_quota", "organization",
        "repository", "cost_center_name", "aic_quantity", "aic_gross_amount", "input", "output", "cache_read",
        "cache_write",
    }),
    records="""
        select
            * replace (
                -- a spreadsheet that saves the report writes American days
                regexp_replace(
                    month_first(regexp_replace(date, '^([0-9]+/[0-9]+/)([0-9]{2})$', '\\120\\2')),
                    '^([0-9]{4})-([0-9])-', '\\1-0\\2-'
                ) as date
            ),
            case
                when regexp_matches(unit_type, '(?i)month|seat') then 'a seat, not usage: load it as a charge'
                when regexp_matches(
                    concat_ws(' ', product, sku), '(?i)copilot|coding_agent|ai_credit|premium_request|models|spark'
                ) is not true then 'not about AI'
            end as skip
        from staged
    """,
    selects={
        "usage": """
            select
                line,
                'bucket' as grain,
                first_day(date) as started_at,
                coalesce(
                    strftime(moment(year_first(date), 'UTC') + interval 1 day, '%Y-%m-%dT00:00:00Z'), date
                ) as ended_at,
                'github-copilot' as provider,
                shown_model(regexp_replace(model, '^Auto: *', '')) as model,
                case when starts_with(model, 'Auto:') then 'auto' end as model_requested,
                case when starts_with(model, 'Auto:') then 'selected' end as route,
                organization as account,
                repository as project,
                username as user_id,
                input as uncached_input_tokens,
                cache_read as cache_read_tokens,
                cache_write as cache_write_tokens,
                output as output_tokens,
                gross_amount as cost,
                'USD' as currency,
                sku as "tag:sku",
                cost_center_name as "tag:cost_center"
            from records
        """,
        "billed": """
            select
                line,
                first_day(date) as charged_from,
                'github-copilot' as provider,
                organization as account,
                repository as project,
                shown_model(regexp_replace(model, '^Auto: *', '')) as model,
                sku as line_item,
                quantity,
                unit_type as unit,
                net_amount as billed_cost,
                gross_amount as list_cost,
                'USD' as currency,
                'usage' as charge_category,
                username as "tag:user_id",
                cost_center_name as "tag:cost_center"
            from records
        """,
    },
)  # fmt: skip
