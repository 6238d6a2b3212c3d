"""Anthropic Console cost export: one CSV line per day, model, workspace, key and kind of token.

Amounts are dollars, each line rounded to whole cents, so that a sum may be off by half a cent per line. Lines that look
alike are all real. Models stand with the name that the Console shows; `--` stands for nothing. Searches have lines of
their own. Newer exports add the list price, then the key's id.
"""

from ingest.source import Source

SOURCE = Source(
    label="Anthropic Console cost export (CSV)",
    url="https://support.claude.com/en/articles/9534590",
    checked="2026-11-21",
    loads=("billed",),
    reads=("csv",),
    renewal="window",
    rank=12,
    requires=frozenset({"usage_date_utc", "model", "token_type", "cost_usd"}),
    knows=frozenset({
        "usage_date_utc", "model", "workspace", "api_key", "usage_type", "context_window", "token_type", "cost_usd",
        "list_price_usd", "cost_type", "inference_geo", "speed", "api_key_id", "api_key_status",
    }),
    selects={
        "billed": """
            select
                line,
                coalesce(strftime(moment(usage_date_utc, 'UTC'), '%Y-%m-%d'), usage_date_utc) as charged_from,
                'anthropic' as provider,
                undashed(workspace) as project,
                anthropic_model(undashed(model)) as model,
                concat_ws(', ', undashed(model), coalesce(undashed(token_type), undashed(cost_type))) as line_item,
                cost_usd as billed_cost,
                list_price_usd as list_cost,
                'USD' as currency,
                anthropic_class(undashed(token_type)) as "tag:token_class",
                undashed(cost_type) as "tag:cost_type",
                undashed(usage_type) as "tag:usage_type",
                undashed(api_key) as "tag:api_key",
                undashed(api_key_id) as "tag:api_key_id",
                undashed(context_window) as "tag:context_window",
                nullif(undashed(inference_geo), 'not_available') as "tag:inference_geo",
                undashed(speed) as "tag:speed"
            from records
        """,
    },
)  # fmt: skip
