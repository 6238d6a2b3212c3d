-- Runs that rows come back to, and the usage rows of those runs.
insert into touched_runs
    select distinct run_id
    from work_usage
    where run_id is not null and run_id not in (select run_id from touched_runs)
        and row_key not in (select row_key from keys_recost);

delete from keys_recost
where row_key in (select row_key from usage where run_id in (select run_id from touched_runs))
;

insert into keys_usage
    select row_key
    from usage
    where run_id in (select run_id from touched_runs) and kind <> 'remainder'
        and row_key not in (select row_key from keys_usage);
