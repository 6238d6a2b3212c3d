-- Every counting usage row with the dimensions and sums that questions ask for; its share of what its bill says
-- differently.
-- grain: one usage row (a call, or what calls leave of a bucket)
with

    counted as (

        select
            *,
            coalesce(uncached_input_tokens, 0) as uncached,
            coalesce(tool_result_tokens, 0) as tool_result,
            coalesce(cache_read_tokens, 0) as cache_read,
            coalesce(cache_write_tokens, 0) as cache_write,
            coalesce(output_tokens, 0) as output,
            coalesce(reasoning_tokens, 0) as reasoning,
            coalesce(uncached_input_tokens, 0)
            + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)
            + coalesce(reasoning_tokens, 0) as all_tokens,
            case
                when committed is null and capacity_cost is null
                then 0
                else coalesce(committed, 0) + coalesce(capacity_cost, 0)
            end as pooled,
            amount + coalesce(committed, 0) as billable,
            role is not null or status is not null or attempt is not null as reports_retry
        from usage
        where counts and kind <> 'bucket'

    )

select
    counted.day,
    counted.utc_day,
    team_final as team,
    workflow_final as workflow,
    product_final as product,
    feature_final as feature,
    customer_final as customer,
    segment_final as segment,
    region_final as region,
    closed(environment_final, ['production', 'staging', 'test', 'shadow', 'synthetic']) as environment,
    provider_id as provider,
    model_id as model,
    closed(service_tier, ['standard', 'batch', 'flex', 'priority', 'provisioned']) as service_tier,
    closed(
        role,
        [
            'plan',
            'replan',
            'retrieve',
            'memory',
            'tool',
            'answer',
            'summarize',
            'verify',
            'evaluate',
            'guardrail',
            'retry',
            'repair',
            'background',
            'other'
        ]
    ) as role,
    account_id as account,
    counted.project,
    api_key,
    user_id,
    run_id is not null as has_run,
    scopes.scope_id is not null as invoiced,
    run_id,
    session_id,
    tags,
    row_key,
    all_tokens as tokens,
    case when run_id is not null then all_tokens else 0 end as traced_tokens,
    cache_read as raw_cache_read,
    reasoning as raw_reasoning,
    case when token_class = 'retry' then all_tokens else 0 end as class_retry,
    case when token_class = 'evaluator' then all_tokens else 0 end as class_evaluator,
    case when token_class is null then tool_result else 0 end as class_tool_result,
    case when token_class is null then uncached - tool_result else 0 end as class_uncached_input,
    case when token_class is null then cache_read else 0 end as class_cache_read,
    case when token_class is null then cache_write else 0 end as class_cache_write,
    case when token_class is null then reasoning else 0 end as class_reasoning,
    case when token_class is null then output else 0 end as class_output,
    case when reports_retry then all_tokens else 0 end as retry_reported_tokens,
    case when reasoning_tokens is not null then all_tokens else 0 end as reasoning_reported_tokens,
    case when cache_read_tokens is not null then all_tokens else 0 end as cache_reported_tokens,
    case when cache_read_tokens is not null then cache_read + cache_write + uncached else 0 end as cacheable_tokens,
    case when run_id is null then coalesce(requests, 1) else 0 end as loose_requests,
    coalesce(requests, 1) as requests,
    cost_inference + pooled as cost_inference,
    cost_input,
    cost_cached_input,
    cost_output,
    cost_reasoning,
    cost_retry,
    cost_evaluation,
    amount + pooled as cost_usage,
    capacity_cost,
    case
        when scopes.reason = 'below list' and billable > 0
        then
            money(share(units(scopes.difference), units(billable), units(scopes.weight)))
            + case when scopes.top_row_key = counted.row_key then scopes.leftover else 0 end
        when dearer.difference > 0 and billable > 0
        then
            money(share(units(dearer.difference), units(billable), units(dearer.weight)))
            + case when dearer.top_row_key = counted.row_key then dearer.leftover else 0 end
    end as true_up,
    case when scopes.reason is distinct from 'below list' then true_up end as unit_price,
    case when own_cost is null then all_tokens else 0 end as unpriced_tokens,
    case when own_cost is null then 1 else 0 end as unpriced_rows,
    case when amount is not null then 1 else 0 end as known_rows,
    case when latency_ms > 0 then floor(ln(latency_ms) / ln(1.05))::bigint end as latency_bin,
    case when latency_ms > 0 then 1 else 0 end as timed_calls,
    1 as usage_rows,
    case when own_cost is not null and amount is null then own_currency end as unconverted_currency,
    case when own_cost is not null and amount is null then own_cost end as unconverted
from counted
left join
    bill_days
    on bill_days.utc_day = counted.utc_day
    and bill_days.provider = counted.provider_id
    and bill_days.account is not distinct from counted.account_id
    and bill_days.project is not distinct from counted.project
left join bill_scopes as scopes using (scope_id)
left join unit_prices as dearer on dearer.scope_id = bill_days.scope_id and dearer.model = counted.model_id
