-- Cost lines that rows decide together: charges and bills.
-- grain: one line
select
    day, team, workflow, product, feature, customer, segment, region,
    closed(environment, ['production', 'staging', 'test', 'shadow', 'synthetic']) as environment,
    provider, model, account, project, run_id, run_id is not null as has_run,
    kind = 'true_up' as invoiced, kind = 'prepaid' as is_prepaid, component,
    case when component = 'inference' then amount end as cost_inference,
    case when component = 'retrieval' then amount end as cost_retrieval,
    case when component = 'tool' then amount end as cost_tool,
    case when component = 'evaluation' then amount end as cost_evaluation,
    case when component = 'observability' then amount end as cost_observability,
    case when component = 'human_review' then amount end as cost_human_review,
    case when component = 'infrastructure' then amount end as cost_infrastructure,
    case when component = 'other' then amount end as cost_other,
    case when component = 'true_up' then amount end as true_up,
    case when run_id is not null then amount end as cost_with_run,
    case when amount is not null then 1 else 0 end as known_rows,
    case when component in ('inference', 'true_up') then 1 else 0 end as model_lines,
    case when component in ('inference', 'true_up') and amount is not null then 1 else 0 end as known_model_lines,
    case when amount is null then currency end as unconverted_currency,
    case when amount is null then own_amount end as unconverted
from lines
