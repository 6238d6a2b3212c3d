"""Azure Cost Management export of actual or amortised costs: one line per meter, resource and day.

`Quantity` counts blocks of `UnitOfMeasure`: 5120.4 of a meter of 1K are 5,120,400 tokens. Dates are American,
11/6/2026, unless the file shows a first number above 12. Headers come in two spellings (EA and MCA). The meter's name
holds model, token class and scope in words of its own (`opt` is output, `cd` cached); a meter may count characters,
images, hours or provisioned units, which are no tokens. No line names a deployment, a user or a key. Owners' e-mail
addresses are left out.
"""

from ingest.source import Source

_MONEY = ("CostInBillingCurrency", "Cost", "PreTaxCost")

SOURCE = Source(
    label="Azure cost export (actual or amortised)",
    url="https://learn.microsoft.com/en-us/azure/cost-management-billing/dataset-schema/cost-usage-details-ea",
    checked="2026-11-21",
    loads=("billed",),
    reads=("csv", "parquet"),
    renewal="window",
    rank=20,
    requires=frozenset({"Date", "MeterCategory", "MeterName", "UnitOfMeasure", "Quantity", _MONEY[0]}),
    otherwise=tuple(
        frozenset({"Date", "MeterCategory", "MeterName", "UnitOfMeasure", "Quantity", money}) for money in _MONEY[1:]
    ),
    knows=frozenset({
        "InvoiceSectionName", "AccountName", "AccountOwnerId", "SubscriptionId", "SubscriptionGuid",
        "SubscriptionName", "ResourceGroup", "ResourceGroupName", "ResourceLocation", "Date", "ProductName", "Product",
        "MeterCategory", "MeterSubCategory", "MeterId", "MeterName", "MeterRegion", "UnitOfMeasure", "Quantity",
        "EffectivePrice", "CostCenter", "ConsumedService", "ResourceId", "InstanceId", "Tags", "OfferId",
        "AdditionalInfo", "ServiceInfo1", "ServiceInfo2", "ResourceName", "ReservationId", "ReservationName",
        "UnitPrice", "ProductOrderId", "ProductOrderName", "Term", "PublisherType", "PublisherName", "ChargeType",
        "Frequency", "PricingModel", "AvailabilityZone", "BillingAccountId", "BillingAccountName",
        "BillingCurrencyCode", "BillingCurrency", "Currency", "BillingPeriodStartDate", "BillingPeriodEndDate",
        "BillingProfileId", "BillingProfileName", "InvoiceSectionId", "IsAzureCreditEligible", "PartNumber",
        "PayGPrice", "PlanName", "ServiceFamily", "CostAllocationRuleName", "benefitId", "benefitName", "InvoiceId",
        "CostInUsd", "PaygCostInBillingCurrency", "PricingCurrency", "CostInPricingCurrency",
        "ExchangeRatePricingToBilling", "ExchangeRateDate", *_MONEY,
    }),
    records="""
        with
            spelled as (
                select
                    * replace (
                        coalesce(costinbillingcurrency, cost, pretaxcost) as cost,
                        coalesce(billingcurrencycode, billingcurrency, currency) as currency,
                        coalesce(subscriptionid, subscriptionguid) as subscriptionid,
                        coalesce(resourceid, instanceid) as resourceid,
                        coalesce(productname, product) as product
                    ),
                    getvariable('dates') = 'dmy' or coalesce(
                        bool_or(try_cast(regexp_extract(date, '^([0-9]+)/', 1) as int) > 12) over (), false
                    ) as is_day_first
                from staged
            )
        select
            *,
            case when is_day_first then day_first(date) else month_first(date) end as day,
            case
                when is_day_first then day_first(billingperiodstartdate) else month_first(billingperiodstartdate)
            end as billed_since,
            case
                when regexp_matches(
                    concat_ws(' | ', consumedservice, metercategory, metersubcategory, product),
                    '(?i)cognitiveservices|cognitive services|openai|foundry|provisioned throughput'
                ) is not true and regexp_matches(metername, '(?i)tokens$') is not true
                then 'not about AI'
            end as skip
        from spelled
    """,
    selects={
        "billed": """
            with
                metered as (
                    select
                        *,
                        token_class(metername) as class,
                        -- a meter of tokens says so, or at least input or output; a character is none
                        case
                            when regexp_matches(metername, '(?i)tokens?$') or (
                                class is not null
                                and not regexp_matches(
                                    metername, '(?i)(units?|hours?|sessions?|images?|seconds?|characters?)$'
                                )
                            ) then azure_block(unitofmeasure)
                        end as block,
                        -- prices are known in dollars: other money tells little
                        coalesce(
                            costinusd, case when currency in ('USD', 'EUR', 'GBP', 'CHF') then cost end, '0'
                        ) as usd
                    from records
                ),
                counted as (
                    select
                        *,
                        case
                            when is_token_price(usd, unblocked(quantity, block)) then unblocked(quantity, block)
                            when block > 1 and is_token_price(usd, quantity) then quantity
                        end as tokens
                    from metered
                )
            select
                line,
                invoiceid as invoice_id,
                first_day(day) as charged_from,
                'azure' as provider,
                coalesce(subscriptionid, billingaccountid) as account,
                lower(regexp_extract(resourceid, '([^/]+)/?$', 1)) as project,
                case when block is not null then azure_model(metername) end as model,
                coalesce(metername, product) as line_item,
                coalesce(tokens, quantity) as quantity,
                case when tokens is not null then 'tokens' else unitofmeasure end as unit,
                cost as billed_cost,
                coalesce(paygcostinbillingcurrency, cast(
                    nullif(try_cast(paygprice as decimal(18, 9)), 0) * try_cast(quantity as decimal(18, 9)) as varchar
                )) as list_cost,
                currency,
                case
                    when lower(chargetype) in ('purchase', 'tax', 'credit') then lower(chargetype)
                    when lower(chargetype) in ('refund', 'roundingadjustment', 'adjustment') then 'adjustment'
                    else 'usage'
                end as charge_category,
                case when tokens is not null then class end as "tag:token_class",
                metersubcategory as "tag:meter_subcategory",
                meterid as "tag:meter",
                coalesce(resourcegroup, resourcegroupname) as "tag:resource_group",
                resourcelocation as "tag:region",
                nullif(chargetype, 'Usage') as "tag:charge_type",
                pricingmodel as "tag:pricing_model",
                coalesce(reservationname, benefitname) as "tag:reservation",
                tags as "tag:tags"
            from counted
        """,
    },
    states="""
        select
            cast(min(moment(year_first(day), 'UTC')) as date), cast(max(moment(year_first(day), 'UTC')) as date),
            null::timestamp
        from all_records
        where (moment(year_first(day), 'UTC') < moment(year_first(billed_since), 'UTC')) is not true
    """,
)  # fmt: skip
