-- Assignment rules in the order in which they are tried: the first that fits and names a dimension fills it.
-- grain: one standing rule
select
    row_number() over (order by priority nulls last, rule_id) as place,
    rule_id,
    priority,
    valid_from,
    valid_to,
    match_provider,
    match_account,
    match_project,
    match_api_key,
    match_user_id,
    match_model,
    match_workflow,
    match_tag,
    team,
    product,
    feature,
    workflow,
    customer,
    segment,
    region,
    environment,
    case when valid_from > $today then 'later' when valid_to < $today then 'ended' else 'in force' end as state,
    row_key::varchar as id,
    assignments.import_id,
    imports.file,
    imports.imported_at
from assignments
join imports on imports.import_id = assignments.import_id
where assignments.counts
order by place
