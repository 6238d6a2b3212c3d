-- Which context was compiled.
select
    context_pack,
    prompt_version,
    max(context_limit_tokens) as context_limit_tokens,
    bool_or(context_truncated) as context_truncated,
    sum(system_tokens) as system_tokens,
    sum(retrieved_tokens) as retrieved_tokens,
    sum(memory_tokens) as memory_tokens,
    (
        select list(distinct evidence_uri) filter (evidence_uri is not null)
        from
            (
                select evidence_uri
                from steps
                where counts and run_id = $run_id
                union
                select evidence_uri
                from checks
                where counts and run_id = $run_id
                union
                select evidence_uri
                from outcomes
                where counts and run_id = $run_id
            ) as evidence
    ) as evidence
from usage
where counts and kind <> 'bucket' and run_id = $run_id and utc_day between $first_day and $last_day
group by run_id, context_pack, prompt_version
order by context_pack, prompt_version
