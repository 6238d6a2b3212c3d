"""AWS Cost and Usage Report, 2.0 and legacy: one line per account, usage type, resource and hour or day.

The two differ in how they spell the same columns. Bedrock bills its own models in thousands of tokens (`pricing_unit`
says so); models of the Marketplace in `Units`, of which only the third part of the description says that each is a
million tokens, under a product code that says nothing. The model is the id in the resource's ARN, else the billing
name in front of the token type. With discounts, `net_unblended_cost` is what is billed and the discount lines are
part of it; without that column they count by themselves. The list price of Marketplace lines is 0 and means none.
A month is one bill, also where AWS and the Marketplace invoice it apart. `identity_line_item_id` holds within one
export only, and who called is personal: both are left out.
"""

from ingest.source import Source

USED = (
    ("bill_billing_period_start_date", "bill/BillingPeriodStartDate"),
    ("bill_invoice_id", "bill/InvoiceId"),
    ("bill_payer_account_id", "bill/PayerAccountId"),
    ("line_item_usage_start_date", "lineItem/UsageStartDate"),
    ("line_item_usage_end_date", "lineItem/UsageEndDate"),
    ("line_item_usage_account_id", "lineItem/UsageAccountId"),
    ("line_item_line_item_type", "lineItem/LineItemType"),
    ("line_item_line_item_description", "lineItem/LineItemDescription"),
    ("line_item_product_code", "lineItem/ProductCode"),
    ("line_item_usage_type", "lineItem/UsageType"),
    ("line_item_operation", "lineItem/Operation"),
    ("line_item_usage_amount", "lineItem/UsageAmount"),
    ("line_item_unblended_cost", "lineItem/UnblendedCost"),
    ("line_item_net_unblended_cost", "lineItem/NetUnblendedCost"),
    ("line_item_currency_code", "lineItem/CurrencyCode"),
    ("line_item_resource_id", "lineItem/ResourceId"),
    ("pricing_unit", "pricing/unit"),
    ("pricing_public_on_demand_cost", "pricing/publicOnDemandCost"),
    ("product_product_name", "product/ProductName"),
    ("product_region_code", "product/regionCode"),
)
"""The columns as 2.0 and legacy Parquet spell them, and as legacy CSV does."""

REQUIRED = (
    "line_item_usage_start_date",
    "line_item_line_item_type",
    "line_item_usage_type",
    "line_item_unblended_cost",
)

_SPELLED = ",\n".join(f'coalesce({name}, "{legacy.lower()}") as {name}' for name, legacy in USED)

SOURCE = Source(
    label="AWS Cost and Usage Report (2.0 and legacy)",
    url="https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html",
    checked="2026-11-21",
    loads=("billed",),
    reads=("csv", "parquet"),
    renewal="window",
    rank=20,
    requires=frozenset(REQUIRED),
    otherwise=(frozenset(legacy for name, legacy in USED if name in REQUIRED),),
    knows=frozenset({
        *(name for names in USED for name in names),
        "bill_bill_type", "bill_billing_entity", "bill_billing_period_end_date", "bill_invoicing_entity",
        "bill_payer_account_name", "cost_category", "discount", "discount_bundled_discount",
        "discount_total_discount", "identity_line_item_id", "identity_time_interval", "line_item_availability_zone",
        "line_item_blended_cost", "line_item_blended_rate", "line_item_iam_principal", "line_item_legal_entity",
        "line_item_net_unblended_rate", "line_item_normalization_factor", "line_item_normalized_usage_amount",
        "line_item_tax_type", "line_item_unblended_rate", "line_item_usage_account_name", "pricing_currency",
        "pricing_lease_contract_length", "pricing_offering_class", "pricing_public_on_demand_rate",
        "pricing_purchase_option", "pricing_rate_code", "pricing_rate_id", "pricing_term", "product",
        "product_comment", "product_fee_code", "product_fee_description", "product_from_location",
        "product_from_location_type", "product_from_region_code", "product_instance_family", "product_instance_type",
        "product_instancesku", "product_location", "product_location_type", "product_operation",
        "product_pricing_unit", "product_product_family", "product_servicecode", "product_sku", "product_to_location",
        "product_to_location_type", "product_to_region_code", "product_usagetype", "reservation",
        "reservation_amortized_upfront_cost_for_usage", "reservation_amortized_upfront_fee_for_billing_period",
        "reservation_availability_zone", "reservation_effective_cost", "reservation_end_time",
        "reservation_modification_status", "reservation_net_amortized_upfront_cost_for_usage",
        "reservation_net_amortized_upfront_fee_for_billing_period", "reservation_net_effective_cost",
        "reservation_net_recurring_fee_for_usage", "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_net_unused_recurring_fee", "reservation_net_upfront_value",
        "reservation_normalized_units_per_reservation", "reservation_number_of_reservations",
        "reservation_recurring_fee_for_usage", "reservation_reservation_arn", "reservation_start_time",
        "reservation_subscription_id", "reservation_total_reserved_normalized_units",
        "reservation_total_reserved_units", "reservation_units_per_reservation",
        "reservation_unused_amortized_upfront_fee_for_billing_period", "reservation_unused_normalized_unit_quantity",
        "reservation_unused_quantity", "reservation_unused_recurring_fee", "reservation_upfront_value",
        "resource_tags", "savings_plan_amortized_upfront_commitment_for_billing_period", "savings_plan_end_time",
        "savings_plan_instance_type_family", "savings_plan_net_amortized_upfront_commitment_for_billing_period",
        "savings_plan_net_recurring_commitment_for_billing_period", "savings_plan_net_savings_plan_effective_cost",
        "savings_plan_offering_type", "savings_plan_payment_option", "savings_plan_purchase_term",
        "savings_plan_recurring_commitment_for_billing_period", "savings_plan_region",
        "savings_plan_savings_plan_arn", "savings_plan_savings_plan_effective_cost", "savings_plan_savings_plan_rate",
        "savings_plan_start_time", "savings_plan_total_commitment_to_date", "savings_plan_used_commitment",
        "split_line_item_actual_usage", "split_line_item_net_split_cost", "split_line_item_net_unused_cost",
        "split_line_item_parent_resource_id", "split_line_item_public_on_demand_split_cost",
        "split_line_item_public_on_demand_unused_cost", "split_line_item_reserved_usage",
        "split_line_item_split_cost", "split_line_item_split_usage", "split_line_item_split_usage_ratio",
        "split_line_item_unused_cost", "tags",
    }),
    records="""
        with
            spelled as (select line, product, coalesce(resource_tags, tags) as tags, {SPELLED} from staged),
            named as (
                select
                    *,
                    coalesce(
                        product_product_name,
                        case when json_valid(product) then cast(product as json) ->> 'product_name' end
                    ) as product_name,
                    max(line_item_net_unblended_cost) over () is not null as has_net
                from spelled
            )
        select
            *,
            regexp_replace(product_name, ' *\\(Amazon Bedrock Edition\\)$', '') as product_model,
            case
                when not (
                    regexp_matches(concat_ws(' ', line_item_product_code, product_name), '(?i)bedrock')
                    or regexp_matches(line_item_resource_id, '^arn:aws[a-z-]*:bedrock:') is true
                    or regexp_matches(line_item_usage_type, '(?i)MP:.*(token_?count|_tokens_|TPM)') is true
                ) then 'not about AI'
            end as skip
        from named
    """.replace("{SPELLED}", _SPELLED),
    selects={
        "billed": """
            with
                costed as (
                    select
                        *,
                        case
                            when not has_net then line_item_unblended_cost
                            -- the net cost of the lines that it lowers holds it already
                            when regexp_matches(line_item_line_item_type, 'Discount$')
                            then coalesce(line_item_net_unblended_cost, '0')
                            else coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
                        end as billed,
                        case
                            when regexp_matches(line_item_usage_type, 'TPM') then null
                            when token_block(pricing_unit) is not null then token_block(pricing_unit)
                            when regexp_matches(
                                split_part(line_item_line_item_description, '|', 3), '(?i)million .*tokens'
                            ) then 1000000
                        end as block
                    from records
                ),
                counted as (
                    select
                        *,
                        unblocked(line_item_usage_amount, block) as tokens,
                        block is not null and not is_token_price(line_item_unblended_cost, tokens) as is_unclear
                    from costed
                )
            select
                line,
                strftime(moment(year_first(bill_billing_period_start_date), 'UTC'), '%Y-%m') as invoice_id,
                first_day(line_item_usage_start_date) as charged_from,
                last_day_before(line_item_usage_start_date, line_item_usage_end_date) as charged_to,
                'aws' as provider,
                coalesce(line_item_usage_account_id, bill_payer_account_id) as account,
                nullif(regexp_extract(line_item_resource_id, ':application-inference-profile/(.+)$', 1), '') as project,
                coalesce(
                    bedrock_model_of(line_item_resource_id, line_item_usage_type),
                    case when product_model <> product_name then bedrock_alias(product_model) end
                ) as model,
                coalesce(line_item_line_item_description, line_item_usage_type) as line_item,
                case when not is_unclear then coalesce(tokens, line_item_usage_amount) end as quantity,
                case when block is null then pricing_unit when not is_unclear then 'tokens' end as unit,
                billed as billed_cost,
                case
                    when try_cast(pricing_public_on_demand_cost as double) <> 0 then pricing_public_on_demand_cost
                end as list_cost,
                line_item_currency_code as currency,
                case
                    when line_item_line_item_type in ('Tax', 'Credit') then lower(line_item_line_item_type)
                    when line_item_line_item_type = 'Refund' or ends_with(line_item_line_item_type, 'Discount')
                    then 'adjustment'
                    when ends_with(line_item_line_item_type, 'Fee') then 'purchase'
                    else 'usage'
                end as charge_category,
                case when block is not null then token_class(line_item_usage_type) end as "tag:token_class",
                line_item_usage_type as "tag:usage_type",
                line_item_operation as "tag:operation",
                product_region_code as "tag:region",
                bill_payer_account_id as "tag:payer_account",
                bill_invoice_id as "tag:invoice",
                case
                    when is_unclear then concat_ws(' ', line_item_usage_amount, pricing_unit)
                end as "tag:unclear_quantity",
                nullif(tags, '{}') as "tag:tags"
            from counted
        """,
    },
    # all lines of the billing period: an AI charge may have gone since, and a refund may lie in an earlier month
    states="""
        select
            cast(min(started) as date), cast(max(ended - interval 1 microsecond) as date), null::timestamp
        from (
            select
                moment(year_first(line_item_usage_start_date), 'UTC') as started,
                moment(year_first(line_item_usage_end_date), 'UTC') as ended,
                moment(year_first(bill_billing_period_start_date), 'UTC') as billed_since
            from all_records
        )
        where (started < billed_since) is not true and ended <= started + interval 31 days
    """,
)  # fmt: skip
