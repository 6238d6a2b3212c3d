-- The imports that replace more than they name: windowed exports, and whatever was loaded with --replace.
-- `changed` marks those that came or went, since rows under them change sides.
create or replace temp table windows as
    select import_id, source, clock, number, scope, replaces, period_start, period_end, unnest(tables) as table_name,
        import_id in (select import_id from added) or import_id in (select import_id from removed) as changed,
        status = 'standing' as stands
    from imports
    where (replaces or renewal = 'window')
        and (status = 'standing' or import_id in (select import_id from removed));

delete from import_scopes
where import_id in (select import_id from added)
;
insert into import_scopes
    select distinct import_id, lower(trim(provider)), account from incoming_usage
    where import_id in (select import_id from windows)
    union
    select distinct import_id, lower(trim(provider)), account from incoming_billed
    where import_id in (select import_id from windows);
