-- Runs that lose or gain a row, by the rows as they were and as they are; and the usage rows of those runs.
-- in: keys_*, incoming_*, old_*, returned_usage. out: touched_runs, keys_near with the rows of those runs.
create or replace temp table touched_runs as
    select run_id from incoming_usage where run_id is not null
    union
    select run_id from returned_usage where run_id is not null
    union
    select run_id from usage where run_id is not null and row_key in (select row_key from keys_usage)
    union
    select run_id from usage where run_id is not null and row_key in (select row_key from keys_near)
    union
    select run_id from steps where row_key in (select row_key from keys_steps)
    union
    select run_id from old_steps
    union
    select run_id from checks where row_key in (select row_key from keys_checks)
    union
    select run_id from old_checks
    union
    select run_id from outcomes where row_key in (select row_key from keys_outcomes)
    union
    select run_id from old_outcomes;

insert into keys_near
    select row_key
    from usage
    where run_id in (select run_id from touched_runs) and kind <> 'remainder'
        and row_key not in (select row_key from keys_usage) and row_key not in (select row_key from keys_near);
