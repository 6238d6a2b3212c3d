-- Every model call, with the price, the rules and the line of the import that made its figures.
select
    record_id,
    started_at,
    ended_at,
    provider_id as provider,
    model_id as model,
    role,
    status,
    attempt,
    step,
    turn,
    uncached_input_tokens,
    tool_result_tokens,
    cache_read_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    amount as cost,
    price_id,
    rule_ids,
    import_id,
    line
from usage
where counts and kind <> 'bucket' and run_id = $run_id and utc_day between $first_day and $last_day
order by started_at, record_id
