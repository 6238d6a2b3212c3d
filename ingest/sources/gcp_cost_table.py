"""Google Cloud console, cost table as CSV: one line per day and SKU, as the table is grouped.

The currency stands in the header, `Subtotal ($)`, and the words of the header follow the viewer's English, programs or
programmes. What is billed is the unrounded subtotal; the other one is rounded to cents. Counts have thousands
separators. The lines at the end that add up, and tax, have no day. A table without `Date` cannot be placed and is not
this format. Days are Google's, Pacific time.
"""

from ingest.source import Source

CURRENCIES = {
    "$": "USD", "US$": "USD", "USD": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "¥": "JPY",
    "JPY": "JPY", "JP¥": "JPY", "₹": "INR", "INR": "INR", "CA$": "CAD", "CAD": "CAD", "A$": "AUD", "AUD": "AUD",
    "R$": "BRL", "BRL": "BRL", "MX$": "MXN", "CHF": "CHF", "SEK": "SEK", "NOK": "NOK", "DKK": "DKK", "PLN": "PLN",
    "₩": "KRW", "KRW": "KRW", "SGD": "SGD",
}  # fmt: skip
WORDS = (
    "List cost", "Cost", "Negotiated savings", "Savings programs", "Savings programmes", "Other savings",
    "Unrounded subtotal", "Subtotal",
)  # fmt: skip
GROUPED = ("Service description", "Date")


def _money(*words: str) -> str:
    """SQL: the first amount under one of these words, in whatever currency the header names."""
    columns = [f'"{word.lower().replace(" ", "_")}_({symbol.lower()})"' for word in words for symbol in CURRENCIES]
    return f"coalesce({', '.join(columns)})"


_CURRENCY = " ".join(
    f"""when "unrounded_subtotal_({symbol.lower()})" is not null then '{code}'""" for symbol, code in CURRENCIES.items()
)
_HEADERS = tuple(frozenset({*GROUPED, f"Unrounded subtotal ({symbol})"}) for symbol in CURRENCIES)

SOURCE = Source(
    label="Google Cloud console cost table (CSV)",
    url="https://cloud.google.com/billing/docs/how-to/cost-table",
    checked="2026-11-21",
    loads=("billed",),
    reads=("csv",),
    renewal="window",
    rank=12,
    requires=_HEADERS[0],
    otherwise=_HEADERS[1:],
    knows=frozenset({
        *GROUPED, "Service ID", "SKU description", "SKU ID", "Usage amount", "Usage unit", "Project ID",
        "Project name", "Cost type", *(f"{word} ({symbol})" for word in WORDS for symbol in CURRENCIES),
    }),
    records="""
        select
            line, date, service_description as service, sku_description as sku, project_id, project_name, usage_unit,
            cost_type,
            ungrouped_by_comma(usage_amount) as usage_amount,
            ungrouped_by_comma({NET}) as net,
            ungrouped_by_comma({LIST}) as list_cost,
            case {CURRENCY} end as currency,
            case
                when date is null and coalesce(
                    lower(service_description) in ('subtotal', 'tax', 'total', 'filtered total'), true
                ) then 'a total row'
                when regexp_matches(
                    concat_ws(' ', service_description, sku_description),
                    '(?i)gemini|generative|vertex ai|claude|anthropic|mistral|llama|embedcontent'
                ) is not true then 'not about AI'
            end as skip
        from staged
    """.replace("{NET}", _money("Unrounded subtotal"))
    .replace("{LIST}", _money("List cost", "Cost"))
    .replace("{CURRENCY}", _CURRENCY),
    selects={
        "billed": """
            with
                classed as (
                    select *, case when usage_unit = 'count' then token_class(sku) end as class from records
                )
            select
                line,
                first_day(date) as charged_from,
                'google' as provider,
                coalesce(project_id, project_name) as project,
                google_model(sku) as model,
                coalesce(sku, service) as line_item,
                usage_amount as quantity,
                case when class is not null then 'tokens' else usage_unit end as unit,
                net as billed_cost,
                list_cost,
                currency,
                case
                    when lower(cost_type) in ('tax', 'adjustment') then lower(cost_type) else 'usage'
                end as charge_category,
                class as "tag:token_class",
                service as "tag:service"
            from classed
        """,
    },
    states="""
        select
            cast(min(moment(year_first(date), 'UTC')) as date), cast(max(moment(year_first(date), 'UTC')) as date),
            null::timestamp
        from all_records
    """,
)  # fmt: skip
