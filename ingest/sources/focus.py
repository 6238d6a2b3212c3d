"""FOCUS 1.0 to 1.4, cost and usage: one line per charge, of any provider that writes it.

What a line costs stands in three places: `BilledCost` is what the invoice says, `EffectiveCost` what it comes to after
purchases are spread, `ListCost` what it would cost without any discount. No version names the model or the token
class; 1.5's draft puts them into `SkuPriceDetails`, AWS into `x_UsageType`, Azure into `x_SkuMeterName`. Azure's own
quantities are blocks of `x_PricingBlockSize`. No line has an id, and lines that look alike are all real. Published
files write NULL as a word and times without a zone; both are read. LiteLLM writes its own totals as FOCUS: those are
no bill. The billing month stands for the invoice where none is named, so that the parts of an export are one bill.
"""

from ingest.source import Source

COLUMNS = frozenset({
    "AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags",
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit",
    "CommitmentProgramEligibilityDetails", "ConsumedQuantity", "ConsumedUnit", "ContractApplied", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "HostProviderName", "InvoiceDetailId", "InvoiceId", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "ServiceProviderName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId",
    "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
    # the providers' own
    "x_ServiceCode", "x_UsageType", "x_Operation", "x_SkuMeterName", "x_SkuMeterCategory", "x_SkuMeterSubcategory",
    "x_PricingBlockSize", "x_PricingUnitDescription",
})  # fmt: skip

SOURCE = Source(
    label="FOCUS cost and usage (1.0 to 1.4)",
    url="https://focus.finops.org/focus-specification/",
    checked="2026-11-21",
    loads=("billed",),
    reads=("csv", "parquet"),
    renewal="window",
    rank=22,
    requires=frozenset({
        "BilledCost", "BillingCurrency", "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart", "EffectiveCost",
        "ServiceCategory",
    }),
    knows=COLUMNS,
    records="""
        with
            given as (select line, nullif(columns(* exclude (line)), 'NULL') from staged),
            opened_up as (
                select
                    *,
                    case when json_valid(skupricedetails) then cast(skupricedetails as json) end as details,
                    cloud_provider(coalesce(serviceprovidername, providername, invoiceissuername)) as provider
                from given
            ),
            told as (
                select
                    *,
                    servicecategory = 'AI and Machine Learning'
                    or servicesubcategory = 'Generative AI'
                    or coalesce(details ->> 'ModelId', details ->> 'TokenDirection') is not null
                    or coalesce(token_block(consumedunit), token_block(pricingunit)) is not null
                    or regexp_matches(
                        lower(concat_ws(
                            ' ', servicename, x_servicecode, x_usagetype, x_skumetercategory, x_skumetersubcategory
                        )),
                        'bedrock|openai|anthropic|vertex ai|gemini|foundry models|tokencount|_tokens_'
                    )
                    or regexp_matches(resourceid, '^arn:aws[a-z-]*:bedrock:') as is_ai
                from opened_up
            )
        select
            *,
            -- tax and credits of an account that uses nothing else are about AI, whatever their own category
            bool_and(is_ai is true) filter (lower(chargecategory) = 'usage') over (
                partition by provider, billingaccountid
            ) is true and lower(chargecategory) <> 'usage' as is_all_ai,
            case
                when billingaccounttype = 'API Key' then 'a total of LiteLLM''s own, not a bill'
                when is_ai is not true and not is_all_ai then 'not about AI'
            end as skip
        from told
    """,
    selects={
        "billed": """
            with
                metered as (
                    select
                        *,
                        concat_ws(' | ', skumeter, x_skumetername, x_usagetype) as meter,
                        coalesce(effectivecost, billedcost) as cost,
                        token_block(consumedunit) as consumed_block,
                        -- Marketplace counts in `Units`; only the words say that each is a million tokens
                        case
                            when regexp_matches(chargedescription, '(?i)million [a-z0-9 ]*tokens') then 1000000
                        end as described_block,
                        case
                            when regexp_matches(x_skumetername, '(?i)token')
                            then try_cast(x_pricingblocksize as decimal(18, 6))
                        end as meter_block
                    from records
                ),
                counted as (
                    select
                        *,
                        case
                            when is_token_price(cost, unblocked(pricingquantity, meter_block))
                            then unblocked(pricingquantity, meter_block)
                            when meter_block > 0 and is_token_price(cost, pricingquantity) then pricingquantity
                            when meter_block is not null then null
                            when consumedquantity is not null and consumed_block is not null
                            then unblocked(consumedquantity, consumed_block)
                            when pricingquantity is not null and token_block(pricingunit) is not null
                            then unblocked(pricingquantity, token_block(pricingunit))
                            when described_block is not null and is_token_price(
                                cost, unblocked(coalesce(consumedquantity, pricingquantity), described_block)
                            ) then unblocked(coalesce(consumedquantity, pricingquantity), described_block)
                        end as tokens
                    from metered
                )
            select
                line,
                coalesce(
                    invoiceid, strftime(moment(year_first(billingperiodstart), 'UTC'), '%Y-%m')
                ) as invoice_id,
                first_day(chargeperiodstart) as charged_from,
                last_day_before(chargeperiodstart, chargeperiodend) as charged_to,
                provider,
                billingaccountid as account,
                subaccountid as project,
                coalesce(
                    details ->> 'ModelId',
                    case
                        when provider = 'aws' then bedrock_model_of(resourceid, x_usagetype)
                        when provider = 'google' then google_model(chargedescription)
                        when meter_block is not null then azure_model(x_skumetername)
                    end
                ) as model,
                coalesce(chargedescription, skumeter, servicename) as line_item,
                coalesce(tokens, consumedquantity, pricingquantity) as quantity,
                case
                    when tokens is not null then 'tokens'
                    when consumedquantity is not null then consumedunit
                    else pricingunit
                end as unit,
                billedcost as billed_cost,
                effectivecost as effective_cost,
                listcost as list_cost,
                billingcurrency as currency,
                chargecategory as charge_category,
                case
                    when tokens is null then null
                    when details ->> 'TokenDirection' = 'Output' then 'output'
                    when details ->> 'TokenCacheAction' = 'Read' then 'cache_read'
                    when details ->> 'TokenCacheAction' = 'Write' then 'cache_write'
                    when details ->> 'TokenCacheAction' = 'Uncached' then 'uncached_input'
                    else coalesce(token_class(meter), token_class(chargedescription))
                end as "tag:token_class",
                chargeclass as "tag:charge_class",
                servicename as "tag:service",
                coalesce(regionid, regionname) as "tag:region",
                skuid as "tag:sku",
                coalesce(commitmentdiscountname, commitmentdiscountid) as "tag:commitment",
                commitmentdiscountstatus as "tag:commitment_status",
                tags as "tag:tags"
            from counted
        """,
    },
    # all lines, also those of other services: an AI charge may have gone since. But not a purchase, which may last for
    # years, nor a correction, which lies in a month that another file tells of
    states="""
        select
            cast(min(started) as date), cast(max(ended - interval 1 microsecond) as date), null::timestamp
        from (
            select
                moment(year_first(chargeperiodstart), 'UTC') as started,
                moment(year_first(chargeperiodend), 'UTC') as ended,
                moment(year_first(billingperiodstart), 'UTC') as billed_since
            from (select distinct chargeperiodstart, chargeperiodend, billingperiodstart from all_records)
        )
        where (started < billed_since) is not true and ended <= started + interval 31 days
    """,
)  # fmt: skip
