-- The assignment rules of some names, with the file and line that brought each.
select rule_id, imports.file, assignments.line
from assignments
join imports on imports.import_id = assignments.import_id
where assignments.counts and rule_id in (select unnest($rules::varchar[]))
