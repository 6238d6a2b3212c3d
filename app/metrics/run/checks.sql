-- Which checks ran.
select
    check_id,
    decided_at,
    kind,
    name,
    version,
    result,
    score,
    threshold,
    condition,
    label,
    decided_by,
    evidence_uri,
    amount,
    import_id,
    (select imports.file from imports where imports.import_id = checks.import_id) as file,
    line
from checks
where counts and run_id = $run_id
order by decided_at, check_id
