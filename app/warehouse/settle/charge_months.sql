-- The (charge, month) to be cut again: all months of a charge that changed, whose run, rate or rule did;
-- the touched months of a charge whose driver did.
create or replace temp table touched_months as
    select distinct date_trunc('month', day)::date as month from gone_usage
    union select distinct date_trunc('month', day)::date from come_usage
    union select distinct date_trunc('month', day)::date from placed_cells
    union select distinct date_trunc('month', day)::date from touched_run_days;

create or replace temp table charge_days as
    select
        charges.*, (charged_from + place::int)::date as day, place, coalesce(charged_to, charged_from) - charged_from + 1 as days,
        case when run_id is null and trim(split_by) <> '' then lower(trim(split_by)) end as driver
    from charges, lateral (select unnest(range(0, coalesce(charged_to, charged_from) - charged_from + 1)) as place) as spread
    where counts;

create or replace temp table months_to_cut as
    select distinct row_key, date_trunc('month', day)::date as month
    from charge_days
    where row_key in (select row_key from keys_charges)
        or exists (select 1 from changed_assignments)
        or exists (select 1 from changed_fx where upper(changed_fx.currency) = upper(charge_days.currency))
        or run_id in (from moved_runs)
        or (driver is not null and date_trunc('month', day) in (from touched_months));

delete from lines
where
    kind = 'charge'
    and (
        origin in (select row_key::varchar from keys_charges)
        or (origin, date_trunc('month', day)::date) in (select row_key::varchar, month from months_to_cut)
    )
;
