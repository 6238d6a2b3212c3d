-- The invoice lines that are about an account and some days, each with what of it nobody traced.
-- grain: one line of an invoice
with

    posted as (

        select origin, sum(amount) as amount, any_value(reason) as reason
        from lines
        where kind = 'true_up' and reason in ('billed not traced', 'unpriced', 'rounding', 'adjustment')
        group by origin

    )

select
    coalesce(billed.line_item, billed.model, 'line ' || billed.line) as name,
    billed.invoice_id,
    billed.account,
    billed.project,
    billed.model_id as model,
    coalesce(billed.charge_category, 'usage') as category,
    billed.charged_from as first_day,
    coalesce(billed.charged_to, billed.charged_from) as last_day,
    coalesce(billed.effective_cost, billed.billed_cost) as billed,
    upper(coalesce(billed.currency, (select value from meta where key = 'currency'))) as currency,
    posted.amount as not_traced,
    posted.reason,
    case when billed.counts then null else coalesce(billed.aside, 'replaced') end as aside,
    billed.import_id,
    imports.file,
    billed.line
from billed
left join posted on posted.origin = billed.row_key::varchar
left join imports on imports.import_id = billed.import_id
where
    (billed.counts or billed.aside is not null)
    and billed.provider_id = $provider
    and (billed.account is null or $account::varchar is null or billed.account = $account)
    and billed.charged_from <= $until
    and coalesce(billed.charged_to, billed.charged_from) >= $since
    and ($model::varchar is null or billed.model_id is null or billed.model_id = $model)
order by abs(coalesce(billed.effective_cost, billed.billed_cost)) desc, billed.import_id, billed.line
limit $listed
