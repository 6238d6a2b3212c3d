-- What the files say of steps and checks.
select
    row_key::varchar as key,
    step_id as record,
    coalesce(name, kind) as name,
    status,
    started_at as moment,
    import_id,
    (select imports.file from imports where imports.import_id = steps.import_id) as file,
    line
from steps
where counts and row_key in (select unnest($keys::uuid[]))
union all
select
    row_key::varchar,
    check_id,
    coalesce(name, kind),
    result,
    decided_at,
    import_id,
    (select imports.file from imports where imports.import_id = checks.import_id),
    line
from checks
where counts and row_key in (select unnest($keys::uuid[]))
